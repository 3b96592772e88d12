"""What a dead worker held: claimed rows go back to the queue, handed rows become openly uncertain."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from messaging.dispatch.quarantine import GIVEN_UP_AT, POISON

REAP_LIMIT = 5_000  # rows a statement

LEASE_ENDED = gettext_noop("The worker stopped between handing over and the answer")

_REAP = """
WITH ended AS (
    SELECT ledger_month, campaign_id, contact_id, occasion FROM messaging_delivery
    WHERE state IN ('claimed', 'handed') AND lease_until < now()
    ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE messaging_delivery d
    SET state = CASE WHEN d.state = 'handed' THEN 'unknown'
            WHEN d.losses + 1 >= %(most)s THEN 'failed' ELSE 'queued' END,
        answer = CASE WHEN d.state = 'handed' THEN %(answer)s
            WHEN d.losses + 1 >= %(most)s THEN %(poison)s ELSE d.answer END,
        attempts = d.attempts + CASE d.state WHEN 'claimed' THEN 0 ELSE 1 END,
        losses = d.losses + CASE d.state WHEN 'claimed' THEN 1 ELSE 0 END,
        settled_at = CASE WHEN d.state = 'claimed' AND d.losses + 1 < %(most)s THEN NULL ELSE now() END,
        lease_until = NULL
    FROM ended
    WHERE d.ledger_month = ended.ledger_month AND d.campaign_id = ended.campaign_id
        AND d.contact_id = ended.contact_id AND d.occasion = ended.occasion
        AND d.state IN ('claimed', 'handed') AND d.lease_until < now()
    RETURNING d.state
)
SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'unknown'), count(*)
FROM moved
"""


class Reaped(NamedTuple):
    requeued: int
    uncertain: int


def reap() -> Reaped:
    """Take back every row whose lease has ended, by the database's clock."""
    requeued = uncertain = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                _REAP,
                {"limit": REAP_LIMIT, "answer": LEASE_ENDED, "most": GIVEN_UP_AT, "poison": POISON},
            )
            queued, unknown, moved = cursor.fetchone()
        requeued += queued
        uncertain += unknown
        if moved < REAP_LIMIT:
            return Reaped(requeued, uncertain)
