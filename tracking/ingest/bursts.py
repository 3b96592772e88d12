"""Scanners follow the links of a message within seconds: some in one batch of hits, the rest in the next.

So a batch is looked at together with what is stored of its messages. A click that was taken for a person's,
until others of the same seconds came in, is put right, and taken back from the counters.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import connection

from messaging.content.tokens import PersonalMark
from tracking.enums import Metric
from tracking.ingest.classify import BURST, Click, find_bursts
from tracking.ingest.hits import Understood

CounterKey = tuple[int, str, int | None, str]

# Two looks into the index (campaign, kind, contact, visitor): one for people, one for nobody's messages.
_STORED = """
WITH asked AS (
    SELECT * FROM json_to_recordset(%(messages)s) AS given (campaign bigint, contact bigint, visitor bigint)
)
SELECT i.campaign_id, i.contact_id, i.visitor, i.at, i.link_number, i.event_id
FROM asked JOIN tracking_interaction i ON i.campaign_id = asked.campaign AND i.contact_id = asked.contact
WHERE i.kind = 'click' AND i.at BETWEEN %(since)s AND %(until)s
UNION ALL
SELECT i.campaign_id, i.contact_id, i.visitor, i.at, i.link_number, i.event_id
FROM asked JOIN tracking_interaction i ON i.campaign_id = asked.campaign AND i.visitor = asked.visitor
WHERE i.kind = 'click' AND i.contact_id IS NULL AND i.at BETWEEN %(since)s AND %(until)s
"""
_PUT_RIGHT = """
UPDATE tracking_interaction SET hit_class = 'scanner'
WHERE event_id = ANY(%(events)s::uuid[]) AND at BETWEEN %(since)s AND %(until)s
      AND kind = 'click' AND hit_class = 'human'
RETURNING campaign_id, contact_id, visitor, ledger_month, department, link_number
"""
_STILL_CLICKED = """
SELECT EXISTS (
    SELECT FROM tracking_interaction
    WHERE campaign_id = %(campaign)s AND kind = 'click' AND hit_class = 'human'
          AND (contact_id = %(contact)s OR contact_id IS NULL AND visitor = %(visitor)s)
          AND at >= %(month)s::date - interval '1 day')
"""


def settle_bursts(understood: Iterable[Understood]) -> tuple[set[uuid.UUID], Counter[CounterKey]]:
    """Event ids of these hits that are a scanner's, and what the counters have too much.

    Before the hits are inserted, in the same transaction and turn: stored clicks of the same burst are put
    right here.
    """
    clicks = [_click(found) for found in understood if found.link is not None]
    if not clicks:
        return set(), Counter()
    window = {
        "since": min(click.at for click in clicks) - BURST,
        "until": max(click.at for click in clicks) + BURST,
    }
    stored = _stored({click.message for click in clicks}, window)
    bursts = find_bursts([*clicks, *stored])
    earlier = [click.event_id for click in stored if click.event_id in bursts]
    return bursts, _put_right(earlier, window) if earlier else Counter()


def _click(found: Understood) -> Click:
    mark = found.mark
    of = (mark.contact, None) if isinstance(mark, PersonalMark) else (None, mark.number)
    return Click((mark.campaign, *of), found.hit.at, found.link or 0, found.hit.event_id)


def _stored(messages: set[tuple[int, int | None, int | None]], window: dict[str, Any]) -> list[Click]:
    asked = [
        {"campaign": campaign, "contact": contact, "visitor": visitor}
        for campaign, contact, visitor in messages
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORED, {"messages": json.dumps(asked)} | window)
        return [
            Click((campaign, contact, visitor), at, link or 0, event_id)
            for campaign, contact, visitor, at, link, event_id in cursor.fetchall()
        ]


def _put_right(events: list[uuid.UUID], window: dict[str, Any]) -> Counter[CounterKey]:
    """Stored clicks become a scanner's; the deltas that take them back from what counts people."""
    deltas: Counter[CounterKey] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(_PUT_RIGHT, {"events": [event.hex for event in events]} | window)
        rows = cursor.fetchall()
        for campaign, _contact, _visitor, _month, department, link in rows:
            deltas[campaign, Metric.CLICKS, link, department] -= 1
            deltas[campaign, Metric.SET_ASIDE, None, department] += 1
        for campaign, contact, visitor, month, department in {row[:5] for row in rows}:
            of_message = {"campaign": campaign, "contact": contact, "visitor": visitor, "month": month}
            cursor.execute(_STILL_CLICKED, of_message)
            if not cursor.fetchone()[0]:
                deltas[campaign, Metric.UNIQUE_CLICKS, None, department] -= 1
    return deltas
