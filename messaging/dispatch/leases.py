"""What a dead worker held: claimed rows go back to the queue, handed rows become openly uncertain."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext_noop

REAP_LIMIT = 5_000  # rows a statement

LEASE_ENDED = gettext_noop("The worker stopped between handing over and the answer")

_REAP = """
WITH ended AS (
    SELECT ledger_month, campaign_id, contact_id, occasion FROM messaging_delivery
    WHERE state IN ('claimed', 'handed') AND lease_until < now()
    ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE messaging_delivery d
    SET state = CASE d.state WHEN 'claimed' THEN 'queued' ELSE 'unknown' END,
        answer = CASE d.state WHEN 'claimed' THEN d.answer ELSE %(answer)s END,
        attempts = d.attempts + CASE d.state WHEN 'claimed' THEN 0 ELSE 1 END,
        settled_at = CASE d.state WHEN 'claimed' THEN NULL ELSE now() END,
        lease_until = NULL
    FROM ended
    WHERE d.ledger_month = ended.ledger_month AND d.campaign_id = ended.campaign_id
        AND d.contact_id = ended.contact_id AND d.occasion = ended.occasion
        AND d.state IN ('claimed', 'handed') AND d.lease_until < now()
    RETURNING d.state
)
SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'unknown') FROM moved
"""


class Reaped(NamedTuple):
    requeued: int
    uncertain: int


def reap() -> Reaped:
    """Take back every row whose lease has ended, by the database's clock."""
    requeued = uncertain = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_REAP, {"limit": REAP_LIMIT, "answer": LEASE_ENDED})
            queued, unknown = cursor.fetchone()
        requeued += queued
        uncertain += unknown
        if queued + unknown < REAP_LIMIT:
            return Reaped(requeued, uncertain)
