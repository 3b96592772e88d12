"""How long data stays: the rules, what they take next, and taking it away.

`rules` say how long, `due` on which day, `going` who; `rehearsal` counts and announces it; `purging` does it,
only as announced; `certificates` prove it. Rolls leave `aggregates` behind.
"""
