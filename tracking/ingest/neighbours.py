"""What the hits of one message say of each other: some come in one batch, the rest in the next.

Scanners follow the links of a message within seconds, that which no reader sees among them. So a batch is
looked at together with what is stored of its messages. A hit that was taken for a person's, until others of
the same seconds came in, is put right, and taken back from the counters.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from messaging.content.addresses import HIDDEN_LINK
from tracking.enums import InteractionKind
from tracking.ingest.classify import BURST, MessageHit, MessageKey, find_neighbours
from tracking.ingest.corrections import Judged, correct
from tracking.ingest.signals import Beside, Signals

# What `read_hits` reads of a row `i`.
COLUMNS = """i.campaign_id, i.contact_id, i.visitor, i.at, i.link_number, i.event_id, i.kind, i.hit_class,
    i.department, i.signals::text, i.rules"""
# Two looks into the index (campaign, kind, contact, visitor): one for people, one for nobody's messages.
_STORED = f"""
WITH asked AS (
    SELECT * FROM json_to_recordset(%(messages)s) AS given (campaign bigint, contact bigint, visitor bigint)
)
SELECT {COLUMNS}
FROM asked JOIN tracking_interaction i ON i.campaign_id = asked.campaign AND i.contact_id = asked.contact
WHERE i.kind = %(kind)s AND i.at BETWEEN %(since)s AND %(until)s AND i.rules > 0
UNION ALL
SELECT {COLUMNS}
FROM asked JOIN tracking_interaction i ON i.campaign_id = asked.campaign AND i.visitor = asked.visitor
WHERE i.kind = %(kind)s AND i.contact_id IS NULL AND i.at BETWEEN %(since)s AND %(until)s AND i.rules > 0
"""  # noqa: S608 - our own text
# A handful in an index of their own: looking for each open's would cost more than storing it.
_TRAPS = f"""
SELECT {COLUMNS} FROM tracking_interaction i
WHERE i.kind = 'click' AND i.link_number = {HIDDEN_LINK} AND i.at BETWEEN %(since)s AND %(until)s
"""  # noqa: S608 - our own text


def settle(hits: Sequence[MessageHit]) -> dict[uuid.UUID, Beside]:
    """What the neighbours of these hits say of them, by event id.

    Before the hits are inserted, in the same transaction and turn: stored hits of the same seconds are put
    right here.
    """
    if not hits:
        return {}
    stored = stored_beside(hits)
    found = find_neighbours([*hits, *(one.of_message for one in stored)])
    correct([one.beside(found[one.event_id]) for one in stored if one.event_id in found])
    return found


def stored_beside(hits: Sequence[MessageHit]) -> list[Judged]:
    """Stored hits of the same messages, within `BURST` of any, that may say something of these."""
    if not hits:
        return []
    window = {"since": min(hit.at for hit in hits) - BURST, "until": max(hit.at for hit in hits) + BURST}
    traps = [one for one in read_hits(_TRAPS, window) if one.message in {hit.message for hit in hits}]
    trapped = {one.message for one in traps} | {hit.message for hit in hits if hit.link == HIDDEN_LINK}
    clicked = {hit.message for hit in hits if hit.link is not None} | trapped
    found = [*traps, *_of_messages(clicked, InteractionKind.CLICK, window)]
    found += _of_messages(trapped, InteractionKind.OPEN, window)
    return list({one.event_id: one for one in found}.values())


def _of_messages(
    messages: Iterable[MessageKey], kind: InteractionKind, window: dict[str, datetime]
) -> list[Judged]:
    asked = [
        {"campaign": campaign, "contact": contact, "visitor": visitor}
        for campaign, contact, visitor in messages
    ]
    if not asked:
        return []
    return read_hits(_STORED, {"messages": json.dumps(asked), "kind": kind.value} | window)


def read_hits(statement: str, given: dict[str, Any]) -> list[Judged]:
    """Stored hits, by a statement that selects `COLUMNS`."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return [_judged(*row) for row in cursor.fetchall()]


def _judged(
    campaign: int,
    contact: int | None,
    visitor: int | None,
    at: datetime,
    link: int | None,
    event_id: uuid.UUID,
    kind: str,
    hit_class: str,
    department: str,
    signals: str | None,
    rules: int,
) -> Judged:
    return Judged(
        at=at,
        event_id=event_id,
        message=(campaign, contact, visitor if contact is None else None),
        link=link,
        kind=InteractionKind(kind),
        hit_class=hit_class,
        department=department,
        signals=Signals.from_json(json.loads(signals) if signals else None),
        rules=rules,
    )
