"""How many people each source gained and lost, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from contacts.models import Source, SourceGrowth


@dataclass(frozen=True)
class Growth:
    """People gained and lost within some time."""

    gained: int = 0
    lost: int = 0

    @property
    def net(self) -> int:
        return self.gained - self.lost

    def __add__(self, other: Growth) -> Growth:
        return Growth(self.gained + other.gained, self.lost + other.lost)


def growth_by_day(*, days: int, source: Source | None = None) -> dict[date, Growth]:
    """Every one of the last `days` days, today included, the oldest first, in local time."""
    first = timezone.localdate() - timedelta(days=days - 1)
    counted = {
        row["day"]: Growth(row["gained"], row["lost"])
        for row in _since(first, source)
        .annotate(day=TruncDate("hour"))
        .values("day")
        .annotate(gained=Sum("gained"), lost=Sum("lost"))
        .order_by("day")
    }
    every = (first + timedelta(days=number) for number in range(days))
    return {day: counted.get(day, Growth()) for day in every}


def growth_by_source(*, days: int) -> list[tuple[Source, Growth]]:
    """Sources that gained or lost anybody in the last `days` days, the largest change first."""
    first = timezone.localdate() - timedelta(days=days - 1)
    rows = list(
        _since(first, None).values("source").annotate(gained=Sum("gained"), lost=Sum("lost")).order_by()
    )
    sources = Source.objects.in_bulk([row["source"] for row in rows])
    found = [(sources[row["source"]], Growth(row["gained"], row["lost"])) for row in rows]
    return sorted(found, key=lambda one: (-(one[1].gained + one[1].lost), one[0].name))


def _since(first: date, source: Source | None) -> QuerySet[SourceGrowth]:
    start = timezone.make_aware(datetime.combine(first, time()))
    found = SourceGrowth.objects.filter(hour__gte=start)
    return found.filter(source=source) if source is not None else found


def fold() -> int:
    """Add the rows of an hour up to one; returns how many went. Readers see either, never both."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLD)
        return int(cursor.fetchone()[0])


# Rows written meanwhile are not seen, and not deleted: they wait for the next time.
_FOLD = """
WITH several AS (
    SELECT source_id, hour FROM contacts_sourcegrowth GROUP BY source_id, hour HAVING count(*) > 1
), gone AS (
    DELETE FROM contacts_sourcegrowth AS own USING several
    WHERE own.source_id = several.source_id AND own.hour = several.hour
    RETURNING own.source_id, own.hour, own.gained, own.lost
), folded AS (
    INSERT INTO contacts_sourcegrowth (source_id, hour, gained, lost)
    SELECT source_id, hour, sum(gained), sum(lost) FROM gone GROUP BY source_id, hour
)
SELECT count(*) FROM gone
"""
