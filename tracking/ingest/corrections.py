"""Stored hits judged again: their class put right, and the counters with it, as deltas.

Totals follow each hit; messages opened, clicked or fetched follow whether a message still has one such hit.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection

from tracking.enums import Device, HitClass, InteractionKind, Metric, Reader
from tracking.ingest.classify import RULES, MessageHit, MessageKey, classify
from tracking.ingest.signals import Beside, Signals
from tracking.models import CampaignCounter

CounterKey = tuple[int, str, int | None, str]
"""(campaign, metric, link, department)"""

TOTALS = {InteractionKind.OPEN: Metric.OPENS, InteractionKind.CLICK: Metric.CLICKS}
FIRSTS = {
    (InteractionKind.OPEN, HitClass.HUMAN): Metric.UNIQUE_OPENS,
    (InteractionKind.CLICK, HitClass.HUMAN): Metric.UNIQUE_CLICKS,
    (InteractionKind.OPEN, HitClass.PRIVACY_PROXY): Metric.PROXY_OPENS,
}
"""What the first hit of a kind and class counts for its message."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A stored hit as the table has it; `device` and `reader` only where they are to be written."""

    at: datetime
    event_id: uuid.UUID
    message: MessageKey
    link: int | None
    kind: InteractionKind
    hit_class: str
    department: str
    signals: Signals
    rules: int
    device: Device | None = None
    reader: Reader | None = None

    @property
    def of_message(self) -> MessageHit:
        return MessageHit(self.message, self.at, self.link, self.event_id)

    def beside(self, beside: Beside) -> Judged:
        return replace(self, signals=replace(self.signals, beside=beside))


def total_of(kind: str, hit_class: str) -> Metric | None:
    """What each hit counts for by itself; None of what a proxy fetched."""
    if hit_class == HitClass.HUMAN:
        return TOTALS[InteractionKind(kind)]
    return None if (kind, hit_class) in FIRSTS else Metric.SET_ASIDE


def count_hit(
    counters: Counter[CounterKey], campaign: int, link: int | None, department: str, metric: Metric, by: int
) -> None:
    """Add a hit to the counters: the link is told of clicks of people alone."""
    counters[campaign, metric, link if metric == Metric.CLICKS else None, department] += by


def correct(hits: Sequence[Judged]) -> int:
    """Judge these by their signals and write what differs; returns how many changed class.

    In the caller's transaction, in the turn "tracking.store": nobody else counts meanwhile.
    """
    if not hits:
        return 0
    classes = {hit.event_id: classify(hit.kind, hit.signals) for hit in hits}
    moved = [hit for hit in hits if classes[hit.event_id] != hit.hit_class]
    messages = {hit.message for hit in moved}
    before = _firsts(messages)
    _write(hits, classes)
    deltas = _firsts(messages)
    deltas.subtract(before)
    for hit in moved:
        for hit_class, by in ((hit.hit_class, -1), (classes[hit.event_id], 1)):
            metric = total_of(hit.kind, hit_class)
            if metric is not None:
                count_hit(deltas, hit.message[0], hit.link, hit.department, metric, by)
    add_to_counters(deltas)
    return len(moved)


def add_to_counters(deltas: Counter[CounterKey]) -> None:
    CampaignCounter.objects.bulk_create(
        CampaignCounter(
            campaign_id=campaign, metric=metric, link_number=link, department=department, delta=delta
        )
        for (campaign, metric, link, department), delta in deltas.items()
        if delta
    )


_WRITE = """
UPDATE tracking_interaction i
SET hit_class = given.hit_class, signals = given.signals, rules = given.rules,
    device = coalesce(given.device, i.device), reader = coalesce(given.reader, i.reader)
FROM json_to_recordset(%s) AS given (
    at timestamptz, event_id uuid, hit_class text, signals jsonb, rules smallint, device text, reader text)
WHERE i.at = given.at AND i.event_id = given.event_id
"""
# The department is that of the earliest hit, as it was when it was counted.
_FIRSTS = """
WITH asked AS (
    SELECT * FROM json_to_recordset(%s) AS given (campaign bigint, contact bigint, visitor bigint)
),
found AS (
    SELECT i.* FROM asked JOIN tracking_interaction i
        ON i.campaign_id = asked.campaign AND i.contact_id = asked.contact
    UNION ALL
    SELECT i.* FROM asked JOIN tracking_interaction i
        ON i.campaign_id = asked.campaign AND i.visitor = asked.visitor AND i.contact_id IS NULL
)
SELECT DISTINCT ON (campaign_id, kind, hit_class, contact_id, visitor)
    campaign_id, kind, hit_class, department
FROM found WHERE kind IN ('open', 'click') AND hit_class IN ('human', 'privacy_proxy')
ORDER BY campaign_id, kind, hit_class, contact_id, visitor, at, event_id
"""


def _firsts(messages: Iterable[MessageKey]) -> Counter[CounterKey]:
    """How many of these messages count as opened, clicked, fetched."""
    asked = [
        {"campaign": campaign, "contact": contact, "visitor": visitor}
        for campaign, contact, visitor in messages
        if (contact, visitor) != (None, None)  # of whoever withdrew: no message of theirs is known
    ]
    counted: Counter[CounterKey] = Counter()
    if not asked:
        return counted
    with connection.cursor() as cursor:
        cursor.execute(_FIRSTS, [json.dumps(asked)])
        for campaign, kind, hit_class, department in cursor.fetchall():
            metric = FIRSTS.get((InteractionKind(kind), HitClass(hit_class)))
            if metric is not None:
                counted[campaign, metric, None, department] += 1
    return counted


def _write(hits: Sequence[Judged], classes: dict[uuid.UUID, HitClass]) -> None:
    rows = [
        {
            "at": hit.at.isoformat(),
            "event_id": hit.event_id.hex,
            "hit_class": classes[hit.event_id].value,
            "signals": hit.signals.as_json(),
            "rules": RULES,
            "device": hit.device,
            "reader": hit.reader,
        }
        for hit in hits
    ]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [json.dumps(rows)])
