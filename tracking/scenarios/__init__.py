"""What happens by itself after something that a person did: a trigger, then ordered steps.

Every act is a row of this database: a step, its act and the person's progress are committed together, so that
whoever is killed loses and repeats nothing. Messages go through the ledger and its hand-over checks.
"""
