"""What a demonstration is made from: its size, its seed and its day. Everything else follows."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

HISTORY_DAYS = 720
"""How far back the campaign began."""
ACTS_DAYS = 210
"""How far back what people did is kept: opens, calls, changed preferences."""
PEOPLE_AT_LEAST = 50


@dataclass(frozen=True)
class Plan:
    """`contacts` people, the same for the same `seed` and `today`.

    `salt` tells a second demonstration in one database from the first; it is empty in an empty database.
    """

    contacts: int
    seed: int
    today: date
    salt: str = field(default="")

    def rng(self, what: str) -> random.Random:
        """The random numbers of one part: another part drawing more of them changes nothing here."""
        return random.Random(f"{self.seed}/{self.salt}/{what}")  # noqa: S311 - invented people

    @property
    def sql_seed(self) -> int:
        """Seed of `staging.demo_draw`."""
        return zlib.crc32(f"{self.seed}/{self.salt}".encode())

    @property
    def now(self) -> datetime:
        """The demonstration's present, the beginning of `today`: all that happened, happened before."""
        return self.at(0)

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def at(self, days_ago: int, hour: int = 0, minute: int = 0) -> datetime:
        """A moment in the installation's time zone; days to come are negative."""
        return timezone.make_aware(datetime.combine(self.day(days_ago), time(hour, minute)))


def apportion(total: int, weights: list[float]) -> list[int]:
    """Share `total` out in whole numbers that add up to it (largest remainders)."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(weights)), key=lambda index: (shares[index] - exact[index], index))
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares
