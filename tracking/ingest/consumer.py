"""From the stream to the database: in bulk, exactly once by event id, counters in the same transaction."""

from __future__ import annotations

import logging
import os
import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import NamedTuple

from django.db import DataError, IntegrityError, transaction

from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.locks import wait_for_turn
from campaign_crm.platform.models import Organisation
from messaging.content.tokens import BadToken
from tracking.enums import HitClass, InteractionKind
from tracking.ingest import spool, stream
from tracking.ingest.corrections import FIRSTS, CounterKey, add_to_counters, count_hit, total_of
from tracking.ingest.handed import with_moments
from tracking.ingest.hits import Hit, Understood, understand
from tracking.ingest.neighbours import settle
from tracking.ingest.rows import NewRow, insert, row_of
from tracking.ingest.signals import Beside

logger = logging.getLogger(__name__)

BATCH = 5_000


def drain(*, limit: int = 50 * BATCH) -> int:
    """Store waiting hits, at most `limit`; returns how many were read. Safe to run twice at once."""
    count = spool.drain(store, batch=BATCH)
    name = f"{socket.gethostname()}-{os.getpid()}"
    with ThreadPoolExecutor(max_workers=1) as ahead:  # reads the next batch while PostgreSQL stores this one
        coming = ahead.submit(_next_batch, name)
        while (batch := coming.result()).ids:
            count += len(batch.ids)
            if count < limit:
                coming = ahead.submit(_next_batch, name, frozenset(batch.ids))
            _store(batch.understood)
            stream.acknowledge(batch.ids)
            if count >= limit:
                break
    return count


class _Batch(NamedTuple):
    """Entries of the stream, and what of them is a hit."""

    ids: list[str]
    understood: list[Understood]


def _next_batch(consumer: str, held: frozenset[str] = frozenset()) -> _Batch:
    """What waits, but for what is `held`: a batch that takes long would be taken over from oneself."""
    entries = [entry for entry in stream.read(consumer, BATCH) if entry[0] not in held]
    return _Batch([entry_id for entry_id, _fields in entries], _understood(_readable(entries)))


def store(hits: Sequence[Hit]) -> None:
    """Write hits as Interactions and their counters; known event ids change nothing.

    One transaction, unless PostgreSQL refuses a value: then halves of it, until the hit that is refused is
    alone and is set aside, so that it holds up nobody else's.
    """
    _store(_understood(hits))


def _store(understood: list[Understood]) -> None:
    if not understood:
        return
    try:
        _write(understood)
    except (DataError, IntegrityError, OverflowError) as error:
        if len(understood) == 1:
            refused = understood[0].hit
            logger.error("Hit %s cannot be stored (%s); set aside", refused.event_id, type(error).__name__)
            stream.set_aside(refused.to_fields(), reason=type(error).__name__)
            return
        middle = len(understood) // 2
        _store(understood[:middle])
        _store(understood[middle:])


@transaction.atomic
def _write(understood: list[Understood]) -> None:
    """Insert and count. Two batches of one message must not both find themselves first: one at a time.

    Messages that left before counting was switched off still have their links: what they bring is not kept.
    """
    if not Organisation.current().counting_enabled:
        return
    wait_for_turn("tracking.store")
    for month in {(found.hit.at.year, found.hit.at.month) for found in understood}:
        ensure_partition("tracking_interaction", date(*month, 1).isoformat())
    beside = settle([found.of_message for found in understood])
    judged = with_moments(understood)
    rows = insert([row_of(one, beside=beside.get(one.hit.event_id, Beside.NOTHING)) for one in judged])
    _count(rows)


def _readable(entries: Iterable[stream.StreamEntry]) -> list[Hit]:
    hits = []
    for entry_id, fields in entries:
        try:
            hits.append(Hit.from_fields(fields))
        except (KeyError, TypeError, ValueError):
            logger.error("Ingest entry %s is not a hit; set aside", entry_id)
            stream.set_aside(fields, reason="not a hit")
    return hits


def _understood(hits: Iterable[Hit]) -> list[Understood]:
    found = []
    for hit in hits:
        try:
            found.append(understand(hit))
        except (BadToken, ValueError):  # its key was retired while it waited
            logger.error("Hit %s has a token that no longer opens; set aside", hit.event_id)
            stream.set_aside(hit.to_fields(), reason="bad token")
    return found


def _count(rows: Iterable[NewRow]) -> None:
    """Write the counters of rows that were really inserted."""
    counters: Counter[CounterKey] = Counter()
    for row in rows:
        metric = total_of(row.kind, row.hit_class)
        if metric is not None:
            count_hit(counters, row.campaign, row.link, row.department, metric, 1)
        first = FIRSTS.get((InteractionKind(row.kind), HitClass(row.hit_class)))
        if row.is_first and first is not None:
            counters[row.campaign, first, None, row.department] += 1
    add_to_counters(counters)
