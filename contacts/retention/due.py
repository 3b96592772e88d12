"""On which day which data goes by which rule, and the terms that decided it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max

from contacts.enums import RetentionRuleName, SourceKind
from contacts.models import Purge, RetentionRule, Source
from contacts.retention.rules import days_after, months_by_kind_and_relationship

NOTICE = timedelta(days=14)


@dataclass(frozen=True)
class Due:
    """What a rule takes: on which day at the earliest, and the terms it follows from (JSON-ready)."""

    rule: RetentionRuleName
    source: Source | None
    day: date
    terms: dict[str, Any]

    def announced_on(self, today: date) -> date:
        """The day on which it goes when it is announced today.

        A licence ends on its day, whenever it is announced; everything else leaves the whole notice.
        """
        notice = timedelta(days=1) if self.rule == RetentionRuleName.RENTAL else NOTICE
        return max(self.day, today + notice)


def due_by(day: date) -> Iterator[Due]:
    """Everything that goes until a day."""
    for source in Source.objects.filter(kind__in=[SourceKind.ROLL, SourceKind.BROKER_RENTAL]).order_by("pk"):
        found = due_of_source(source)
        if found is not None and found.day <= day:
            yield found
    yield due_of_last_sign(day)


def due_of_source(source: Source) -> Due | None:
    """When the data of a roll or a rented file goes; None when nothing says so."""
    if source.kind == SourceKind.BROKER_RENTAL and source.licence_ends_on is not None:
        terms = {"licence_ends_on": source.licence_ends_on.isoformat()}
        return Due(RetentionRuleName.RENTAL, source, source.licence_ends_on + timedelta(days=1), terms)
    last_vote, days = last_vote_of(source), days_after(RetentionRuleName.ROLL)
    if source.kind != SourceKind.ROLL or last_vote is None or days is None:
        return None
    terms = {"last_vote": last_vote.isoformat(), "days": days}
    return Due(RetentionRuleName.ROLL, source, last_vote + timedelta(days=days), terms)


def due_of_last_sign(day: date) -> Due:
    """People who gave no sign of life for too long on a day."""
    terms = {
        "months": [[term.kind, term.relationship, term.months] for term in months_by_kind_and_relationship()]
    }
    return Due(RetentionRuleName.LAST_SIGN, None, day, terms)


def last_vote_of(source: Source) -> date | None:
    """The last voting day of the elections that a source is kept for."""
    day: date | None = source.elections.aggregate(day=Max("rounds__day"))["day"]
    return day


def is_stale(purge: Purge) -> bool:
    """True when a purge was counted by other terms than those of today: it must be announced anew."""
    if purge.source is None:
        now: Due | None = due_of_last_sign(purge.due_on)
    else:
        now = due_of_source(purge.source)
    if now is None or now.rule != purge.rule or now.terms != purge.terms:
        return True
    return RetentionRule.objects.filter(rule=purge.rule, changed_at__gt=purge.counted_at).exists()
