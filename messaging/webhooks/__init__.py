"""What providers report by themselves: verified, kept once, answered, and read in the background.

`address` makes the secret address of an account, `middleware` answers it, `receiving` verifies a call and
keeps it (in PostgreSQL, else in the spool of this machine), `reading` understands what was kept and has
`messaging.dispatch.reported` and `effects` draw the consequences.
"""
