"""How a row of the ledger may move. The trigger of migration 0002 refuses every other change."""

from __future__ import annotations

from messaging.enums import DeliveryState as State

TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.CLAIMED, State.SUPPRESSED, State.CANCELLED, State.EXPIRED}),
    State.CLAIMED: frozenset(
        {State.HANDED, State.QUEUED, State.FAILED, State.SUPPRESSED, State.CANCELLED, State.EXPIRED}
    ),
    State.HANDED: frozenset({State.ACCEPTED, State.RETRY_WAIT, State.FAILED, State.UNKNOWN}),
    State.RETRY_WAIT: frozenset(
        {State.QUEUED, State.CLAIMED, State.SUPPRESSED, State.CANCELLED, State.EXPIRED}
    ),
    State.UNKNOWN: frozenset({State.ACCEPTED, State.ABANDONED, State.QUEUED}),
    State.ACCEPTED: frozenset({State.DELIVERED, State.BOUNCED, State.COMPLAINED}),
    State.DELIVERED: frozenset({State.BOUNCED, State.COMPLAINED}),
}
"""From each state, the states that may follow; a state that is not a key is final.

`claimed → failed` is a message that could not be built: it was surely never handed over.
"""

WAITING = (State.QUEUED, State.RETRY_WAIT)
LEASED = (State.CLAIMED, State.HANDED)
