"""Stored opens and clicks judged again by the rules of today, in bounded batches, counters as deltas.

Each hit is judged by the signals kept beside it and by its message's other hits of those seconds. Hits of
before rules had numbers kept no signals: they stay as they were judged. Running twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaign_crm.platform.database import acting_as
from campaign_crm.platform.locks import wait_for_turn
from tracking.ingest.classify import RULES, classify, find_neighbours
from tracking.ingest.corrections import Judged, correct
from tracking.ingest.neighbours import COLUMNS, read_hits, stored_beside
from tracking.ingest.signals import Beside

BATCH = 5_000

# By moment, so that hits of the same seconds are in one batch but at its edges.
_NEXT = f"""
SELECT {COLUMNS} FROM tracking_interaction i
WHERE i.kind IN ('open', 'click') AND i.rules > 0
    AND (i.at, i.event_id) > (%(at)s, %(event_id)s::uuid) AND i.at >= %(at)s AND i.at < %(until)s
    AND (%(campaign)s::bigint IS NULL OR i.campaign_id = %(campaign)s)
ORDER BY i.at, i.event_id LIMIT %(limit)s
"""  # noqa: S608 - our own text
NO_MESSAGE = (None, None)
_FIRST_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Progress:
    """After a batch: how far it went, how many hits were looked at, how many changed class."""

    at: datetime
    looked_at: int
    changed: int


def reclassify(
    *, since: datetime, until: datetime, campaign: int | None = None, batch: int = BATCH
) -> Iterator[Progress]:
    """Judge again hits from `since` to before `until`, of one campaign or of all; a transaction a batch."""
    place: tuple[datetime, Any] = (since, _FIRST_ID)
    while True:
        with acting_as("crm_system"):
            wait_for_turn("tracking.store")
            hits = read_hits(
                _NEXT,
                {
                    "at": place[0],
                    "event_id": str(place[1]),
                    "until": until,
                    "campaign": campaign,
                    "limit": batch,
                },
            )
            changed = correct(_judged_again(hits)) if hits else 0
        if not hits:
            return
        place = (hits[-1].at, hits[-1].event_id)
        yield Progress(place[0], len(hits), changed)


def _judged_again(hits: list[Judged]) -> list[Judged]:
    """Those that differ from what is stored, by today's rules and what their neighbours say anew.

    Hits of whoever withdrew their agreement belong to no message that is known: they keep what was said of
    them.
    """
    of_messages = [hit.of_message for hit in hits if hit.message[1:] != NO_MESSAGE]
    beside = find_neighbours([*of_messages, *(one.of_message for one in stored_beside(of_messages))])
    again = [
        hit if hit.message[1:] == NO_MESSAGE else hit.beside(beside.get(hit.event_id, Beside.NOTHING))
        for hit in hits
    ]
    return [
        new
        for old, new in zip(hits, again, strict=True)
        if new.rules != RULES
        or new.signals != old.signals
        or classify(new.kind, new.signals) != old.hit_class
    ]
