"""A message that breaks its workers is set apart: everybody else's must leave.

Each row counts how often a worker was lost, or failed, while it held the row before any hand-over (`losses`).
With two of them it is claimed in a small group, with four alone, so that its neighbours of before pass and it
is left (`ledger.Suspicion`).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from messaging.dispatch.ledger import KEYS_A_STATEMENT, Claim, Key, columns

GIVEN_UP_AT = 7
"""Losses after which a row ends as failed: the last three of them were its own, nobody else was beside it."""

ASKED_AGAIN = 60.0  # seconds

UNMADE = gettext_noop("Its messages cannot be made; the log says how it failed")
POISON = gettext_noop("Workers broke off at this message again and again before it could leave")

_NOTE_LOSS = """
UPDATE messaging_delivery d
SET losses = d.losses + 1, lease_until = NULL,
    state = CASE WHEN d.losses + 1 >= %(most)s THEN 'failed' ELSE 'queued' END,
    answer = CASE WHEN d.losses + 1 >= %(most)s THEN %(answer)s ELSE d.answer END,
    settled_at = CASE WHEN d.losses + 1 >= %(most)s THEN now() END,
    due_at = now() + make_interval(secs => %(seconds)s)
FROM unnest(%(contacts)s::bigint[], %(occasions)s::text[]) AS k (contact_id, occasion)
WHERE d.ledger_month = %(month)s AND d.campaign_id = %(campaign)s
    AND d.contact_id = k.contact_id AND d.occasion = k.occasion
    AND d.state = 'claimed' AND d.token = %(token)s
"""


def note_losses(claim: Claim, keys: Sequence[Key]) -> None:
    """This worker failed at these claimed rows: they wait, and end once they have failed often enough."""
    if not keys:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, len(keys), KEYS_A_STATEMENT):
            contacts, occasions = columns(keys[start : start + KEYS_A_STATEMENT])
            cursor.execute(
                _NOTE_LOSS,
                {
                    "month": claim.ledger.month,
                    "campaign": claim.ledger.campaign,
                    "token": claim.token,
                    "contacts": contacts,
                    "occasions": occasions,
                    "most": GIVEN_UP_AT,
                    "answer": POISON,
                    "seconds": ASKED_AGAIN,
                },
            )
