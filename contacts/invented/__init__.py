"""Invented people and files, for the demo, the tests and the benchmarks: deterministic by seed, nobody real.

Names are the frequent ones of France, joined at random; addresses end in example.org or example.com; numbers
are of the range that the regulator keeps for fiction (+33 6 39 98 xx xx).
"""
