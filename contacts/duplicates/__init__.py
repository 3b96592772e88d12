"""Guessing which people of the base are one person, for somebody to decide: nothing here merges anything.

candidates   pairs worth comparing: people who share an address, a number, a day, a place with a name (SQL)
facts        what is known of the people of these pairs, a few queries for thousands of them
names        whether two names may be one person's: spelling, swapped columns, short forms, marriage
forenames    short forms and frequent forenames
judging      evidence of a pair, and how probable it is that it is one person
evidence     the same in words for screens
finding      all of it for some people or for everyone, written as `DuplicatePair`
nightly      the same for whoever came or changed other than by an import

Certain rules, which do merge, are those of imports (`contacts/imports/people/match_sql.py`). Why it is done
this way: `docs/decisions/0005-matching.md`.
"""
