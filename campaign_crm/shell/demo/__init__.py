"""An invented campaign to try the product on: people, sources, consents, rolls, mailings and what came back.

Deterministic by seed and day. People are drawn in Python and copied into a staging table; everything after
that is set-based SQL (`sql/`), so that a million people take minutes. Nobody is real: names are the frequent
ones of France joined at random, addresses end in reserved domains, numbers are those kept for fiction.
"""
