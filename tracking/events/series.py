"""The days of a series: every week, every two weeks, or the same weekday of each month.

Hours stay what the clock of the place shows: a meeting at 19:00 stays at 19:00 when summer time begins.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tracking.models import EventSeries

MOST = 60
"""Dates of one series: a year of weeks, and no calendar filled by a wrong year."""

Rule = EventSeries.Rule
STEPS = {Rule.WEEKLY: timedelta(weeks=1), Rule.FORTNIGHTLY: timedelta(weeks=2)}


def dates_of(first: date, rule: str, until: date) -> list[date]:
    """The dates of a series, `first` included, `MOST` at most; `first` alone when `until` is before it.

    Monthly: "the second Tuesday". A fifth one is left out of the months that have four.
    """
    if rule == Rule.MONTHLY:
        following = _same_weekdays(first, until)
    else:
        step = STEPS[Rule(rule)]
        following = (first + number * step for number in range(1, MOST))
    return [first, *(day for day in following if day <= until)][:MOST]


def _same_weekdays(first: date, until: date) -> Iterator[date]:
    """The same weekday of the months after, as the first, second… of its month."""
    weeks = (first.day - 1) // 7
    month = first.replace(day=1)
    while (month := (month + timedelta(days=32)).replace(day=1)) <= until:
        day = month + timedelta(days=(first.weekday() - month.weekday()) % 7 + 7 * weeks)
        if day.month == month.month:
            yield day


def moved(moment: datetime, by: timedelta, zone: str) -> datetime:
    """The same hour on the clock of the place, some days later."""
    local = moment.astimezone(ZoneInfo(zone))
    day = local.date() + by
    return local.replace(year=day.year, month=day.month, day=day.day)
