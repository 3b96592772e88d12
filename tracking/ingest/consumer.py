"""From the stream to the database: in bulk, exactly once by event id, counters in the same transaction."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg2.extras import execute_values

from campaign_crm.platform.database import ensure_partition
from messaging.content.tokens import BadToken, PersonalMark
from tracking.enums import HitClass, InteractionKind, Metric
from tracking.ingest import stream
from tracking.ingest.classify import find_bursts
from tracking.ingest.hits import Hit, Understood, understand
from tracking.models import CampaignCounter

logger = logging.getLogger(__name__)

BATCH = 5_000
METRICS = {
    InteractionKind.OPEN: (Metric.OPENS, Metric.UNIQUE_OPENS),
    InteractionKind.CLICK: (Metric.CLICKS, Metric.UNIQUE_CLICKS),
}
CounterKey = tuple[int, str, int | None, str]

# Inserts what is new, and says of each new row whether it is the first of its kind from a person for its
# message. Rows of one statement do not see each other, so firsts inside the batch are ranked by the query.
# A click's own department is unknown for a measured person: it is read from the delivery.
INSERT = """
WITH incoming (at, event_id, kind, hit_class, contact_id, campaign_id, ledger_month, occasion_number,
               link_number, variant, department, visitor, user_agent) AS (VALUES %s),
located AS (
    SELECT i.*, coalesce(d.occasion, '') AS occasion,
           CASE WHEN i.contact_id IS NULL THEN i.department ELSE coalesce(d.department, '') END AS place
    FROM incoming i
    LEFT JOIN messaging_delivery d ON i.occasion_number = 0 AND d.ledger_month = i.ledger_month
         AND d.campaign_id = i.campaign_id AND d.contact_id = i.contact_id AND d.occasion = ''
),
stored AS (
    INSERT INTO tracking_interaction (at, event_id, kind, hit_class, contact_id, campaign_id, ledger_month,
                                      occasion, link_number, variant, department, visitor, user_agent)
    SELECT at, event_id, kind, hit_class, contact_id, campaign_id, ledger_month, occasion,
           link_number, variant, place, visitor, user_agent
    FROM located ON CONFLICT DO NOTHING
    RETURNING *
)
SELECT s.kind, s.hit_class, s.campaign_id, s.link_number, s.department,
       s.hit_class = 'human'
       AND row_number() OVER (PARTITION BY s.campaign_id, s.kind, s.contact_id, s.visitor, s.hit_class
                              ORDER BY s.at, s.event_id) = 1
       AND NOT EXISTS (
           SELECT 1 FROM tracking_interaction earlier
           WHERE earlier.campaign_id = s.campaign_id AND earlier.kind = s.kind AND earlier.hit_class = 'human'
             AND earlier.contact_id IS NOT DISTINCT FROM s.contact_id
             AND earlier.visitor IS NOT DISTINCT FROM s.visitor) AS is_first
FROM stored s
"""
TEMPLATE = (
    "(%s::timestamptz, %s::uuid, %s, %s, %s::bigint, %s::bigint, %s::date, %s::numeric, %s::smallint,"
    " %s::smallint, %s, %s::bigint, %s)"
)


def drain(*, limit: int = 50 * BATCH) -> int:
    """Store waiting hits, at most `limit`; returns how many were read. Safe to run twice at once."""
    count = stream.drain_spool(store)
    consumer = f"{socket.gethostname()}-{os.getpid()}"
    while count < limit:
        entries = stream.read(consumer, BATCH)
        if not entries:
            break
        store(_readable(entries))
        stream.acknowledge([entry_id for entry_id, _fields in entries])
        count += len(entries)
    return count


def store(hits: Sequence[Hit]) -> None:
    """Write hits as Interactions and their counters, in one transaction; known event ids change nothing."""
    understood = list(_understood(hits))
    if not understood:
        return
    bursts = find_bursts(understood)
    rows = [_row(hit, scanner=hit.hit.event_id in bursts) for hit in understood]
    with transaction.atomic():
        for month in {hit.hit.at.strftime("%Y-%m-01") for hit in understood}:
            ensure_partition("tracking_interaction", month)
        with connection.cursor() as cursor:
            new = execute_values(cursor, INSERT, rows, template=TEMPLATE, page_size=BATCH, fetch=True)
        _count(new)


def _readable(entries: Iterable[stream.StreamEntry]) -> list[Hit]:
    hits = []
    for entry_id, fields in entries:
        try:
            hits.append(Hit.from_fields(fields))
        except (KeyError, ValueError):
            logger.error("Ingest entry %s is not a hit; dropped", entry_id)
    return hits


def _understood(hits: Iterable[Hit]) -> Iterable[Understood]:
    for hit in hits:
        try:
            yield understand(hit)
        except (BadToken, ValueError):  # its key was retired while it waited
            logger.error("Hit %s has a token that no longer opens; dropped", hit.event_id)


def _row(found: Understood, *, scanner: bool) -> tuple[Any, ...]:
    mark, hit = found.mark, found.hit
    personal = isinstance(mark, PersonalMark)
    at: datetime = hit.at
    return (
        at,
        str(hit.event_id),
        found.kind.value,
        HitClass.SCANNER.value if scanner else hit.hit_class.value,
        mark.contact if isinstance(mark, PersonalMark) else None,
        mark.campaign,
        mark.ledger_month,
        mark.occasion if isinstance(mark, PersonalMark) else 0,
        found.link,
        mark.variant,
        "" if isinstance(mark, PersonalMark) else mark.department,
        None if personal else mark.number,  # type: ignore[union-attr]
        hit.user_agent,
    )


def _count(rows: Iterable[tuple[str, str, int, int | None, str, bool]]) -> None:
    """Add counter deltas for rows that were really inserted."""
    deltas: Counter[CounterKey] = Counter()
    for kind, hit_class, campaign, link, department, is_first in rows:
        total, unique = METRICS[InteractionKind(kind)]
        if hit_class == HitClass.HUMAN:
            deltas[campaign, total, link, department] += 1
            if is_first:
                deltas[campaign, unique, None, department] += 1
        else:
            deltas[campaign, Metric.SET_ASIDE, None, department] += 1
    CampaignCounter.objects.bulk_create(
        CampaignCounter(
            campaign_id=campaign, metric=metric, link_number=link, department=department, delta=delta
        )
        for (campaign, metric, link, department), delta in deltas.items()
    )
