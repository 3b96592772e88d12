"""When a place is looked at next."""

from datetime import UTC, datetime, time

import pytest
from django.utils import timezone

from contacts.imports.recurring.schedule import next_time

FRIDAY = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)  # 10.30 in Paris


@pytest.mark.parametrize(
    ("every", "at", "weekday", "local"),
    [
        ("hour", time(3, 45), 0, "2026-11-27 10:45"),
        ("hour", time(3, 30), 0, "2026-11-27 11:30"),
        ("day", time(3), 0, "2026-11-28 03:00"),
        ("day", time(22, 15), 0, "2026-11-27 22:15"),
        ("week", time(3), 0, "2026-11-30 03:00"),
        ("week", time(22), 4, "2026-11-27 22:00"),
        ("week", time(10, 30), 4, "2026-12-04 10:30"),
    ],
)
def test_next_look(settings, every: str, at: time, weekday: int, local: str) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    found = next_time(every=every, at=at, weekday=weekday, after=FRIDAY)
    assert f"{timezone.localtime(found):%Y-%m-%d %H:%M}" == local


def test_summer_time_leaves_no_day_out(settings) -> None:
    settings.TIME_ZONE = "Europe/Paris"
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)
    first = next_time(every="day", at=time(2, 30), weekday=0, after=before)  # 2.30 does not exist on the 28th
    second = next_time(every="day", at=time(2, 30), weekday=0, after=first)
    days = [timezone.localtime(one).date().isoformat() for one in (first, second)]
    assert days == ["2027-03-28", "2027-03-29"]
