"""Telling other programs what happened here.

events.py      what can be told
outbox.py      `emit`: written in the transaction of the fact, or not at all
signing.py     secrets and signatures
calling.py     one call to one address
delivering.py  what is due: claimed, called, noted, tried again for a day
service.py     webhooks made, changed, given another secret; a delivery sent again
"""
