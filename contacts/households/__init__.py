"""Households: people who share an address and a name, a phone or an e-mail; computed, and put right by hand.

sharing    who shares what with whom, found by indexes
finding    the households of some people, or of everyone, written again
service    corrections, which are never computed away
"""
