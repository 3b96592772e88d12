"""How often people are written to: what they receive, the organisation's caps, each person's own choice.

Political messages only: a confirmation or a ticket answers the person and never counts.
"""
