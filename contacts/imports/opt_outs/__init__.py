"""Opt-out files: addresses and numbers that must not be written to. They create nobody.

rows      one row read: which addresses, numbers or hashes it names, why, since when
sql       the statements over the staging tables
engine    reading, preview, chunks
"""
