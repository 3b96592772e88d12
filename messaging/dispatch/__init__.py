"""From an audience to handed-over messages, every recipient accounted for.

PostgreSQL is the queue; Celery only ticks it. `freeze` turns the audience into ledger rows; `pump` claims
them in chunks, `gate` asks the last questions and commits the intent, the provider is called outside any
transaction, and `outcomes` writes what it said. `leases` takes back what a dead worker held. A row moves only
as `states.TRANSITIONS` allows, which a trigger holds: no message is ever handed over twice by itself.
"""
