"""When a recurring import is looked at next, in the time zone of the installation."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from contacts.models import RecurringImport

Every = RecurringImport.Every


def next_time(*, every: str, at: time, weekday: int, after: datetime) -> datetime:
    """Return the first moment after `after` that the schedule names.

    `at` is local time; of an hourly schedule only its minutes count. `weekday`: 0 is Monday. A time that the
    change to summer time leaves out comes an hour later, one that comes twice is taken the first time.
    """
    local = timezone.localtime(after)
    if every == Every.HOUR:
        # In UTC: an hour that the clock shows twice has two looks.
        start = after.replace(minute=at.minute, second=0, microsecond=0)
        return start if start > after else start + timedelta(hours=1)
    day = local.date()
    for _day in range(8):
        if every == Every.DAY or day.weekday() == weekday:
            moment = timezone.make_aware(datetime.combine(day, at))
            if moment > after:
                return moment
        day += timedelta(days=1)
    raise AssertionError("A week has every weekday.")


def next_of(recurring: RecurringImport, *, after: datetime | None = None) -> datetime:
    """Return the next look at a place after a moment (now)."""
    return next_time(
        every=recurring.every,
        at=recurring.at,
        weekday=recurring.weekday,
        after=after or timezone.now(),
    )
