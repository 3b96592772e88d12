"""When people came: files on one day, the others one by one, more and more of them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from campaign_crm.shell.demo.origins import ORIGINS, Origin
from campaign_crm.shell.demo.plan import HISTORY_DAYS, Plan, apportion

BY_WEEKDAY = (1.0, 1.1, 1.05, 1.0, 0.9, 0.7, 0.8)
RALLIES = (412, 288, 171, 97, 44, 23, 9)  # days ago: the site is busy on the evening of one
MORNING, EVENING, NIGHT = 6 * 3600, 21 * 3600, 22 * 3600 - 60  # seconds, UTC: one day in France all year
IMPORT_AT = 9 * 3600
ROWS_A_SECOND = 4_000  # of an import


class Arrival(NamedTuple):
    """Somebody comes: their place in ORIGINS, the day (ISO) and the second of that day, in UTC."""

    origin: int
    day: str
    second: int


def arrivals(plan: Plan) -> Iterator[Arrival]:
    """Everybody's arrival, oldest first: `plan.contacts` of them."""
    rng = plan.rng("arrivals")
    totals = apportion(plan.contacts, [origin.share for origin in ORIGINS])
    days = [_days(plan, origin, total, rng) for origin, total in zip(ORIGINS, totals, strict=True)]
    for ago in range(HISTORY_DAYS, 0, -1):
        today: list[tuple[int, int]] = []
        for index, origin in enumerate(ORIGINS):
            number = days[index][ago - 1]
            if origin.arrived is not None:
                today += [(IMPORT_AT + place // ROWS_A_SECOND, index) for place in range(number)]
            else:
                today += [(rng.randrange(MORNING, EVENING), index) for _ in range(number)]
        today.sort()
        day = plan.day(ago).isoformat()
        for second, index in today:
            yield Arrival(index, day, second)


def moment(day: str, second: int) -> str:
    """A moment as PostgreSQL reads it."""
    return f"{day} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}+00"


def _days(plan: Plan, origin: Origin, total: int, rng: Random) -> list[int]:
    """How many came on each day, by days ago from 1."""
    if origin.arrived is not None:
        return [total if ago == origin.arrived else 0 for ago in range(1, HISTORY_DAYS + 1)]
    return apportion(total, [_busy(plan, origin, ago, rng) for ago in range(1, HISTORY_DAYS + 1)])


def _busy(plan: Plan, origin: Origin, ago: int, rng: Random) -> float:
    noise = rng.uniform(0.6, 1.4)
    if ago > origin.since:
        return 0.0
    growth = 0.25 + (1 - ago / HISTORY_DAYS) ** 3
    rally = 3.0 if ago in RALLIES else 1.6 if ago + 1 in RALLIES else 1.0
    return growth * BY_WEEKDAY[plan.day(ago).weekday()] * rally * noise
