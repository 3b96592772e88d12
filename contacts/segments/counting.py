"""How many: an estimate within a fraction of a second, then the exact number.

`Contact.bucket` is a fixed random number from 0 to 1023: the same queryset on the people of the first buckets
is a fair sample of it. The sample grows while the time allows; when it reaches everybody the answer is exact.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor, log10
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from contacts.models.contact import BUCKETS, ContactQuerySet

FIRST_ANSWER = 0.2  # seconds for an estimate; with the page around it, an answer stays under 0.3
EXACT_ANSWER = 20.0  # seconds that an exact count may take before it is given up
FIRST_SAMPLE = 2_000  # people looked at to begin with
GROWTH = 32  # how much a sample grows at once, at most
QUERY_CANCELED = "57014"
Result = TypeVar("Result")


class TooSlow(Exception):
    """The database did not answer in the time given."""


@dataclass(frozen=True)
class Estimate:
    """A number of people. `buckets` of 1024 were looked at; `sampled` people were found there."""

    value: int
    exact: bool
    buckets: int = BUCKETS
    sampled: int = 0


def count_estimate(queryset: ContactQuerySet, *, seconds: float = FIRST_ANSWER) -> Estimate:
    """Count the people of a queryset within `seconds`, exactly where that is possible.

    When even the smallest sample takes longer, the answer is the planner's guess.
    """
    deadline = time.monotonic() + seconds
    buckets = _first_buckets()
    best: Estimate | None = None
    while True:
        started = time.monotonic()
        try:
            found = timed(sample(queryset, buckets).count, seconds=max(deadline - started, 0.01))
        except TooSlow:
            if best is not None or buckets == 1:
                return best or Estimate(_planner_guess(queryset), exact=False, buckets=0)
            buckets = max(1, buckets // GROWTH)
            deadline = max(deadline, time.monotonic() + seconds / 2)
            continue
        best = scaled(found, buckets)
        took = time.monotonic() - started
        room = (deadline - time.monotonic()) / max(took, 0.001)
        if best.exact or room < 2:
            return best
        # Half of what the time allows: larger samples sometimes take another, slower plan.
        buckets = min(BUCKETS, floor(buckets * min(GROWTH, max(2, room / 2))))


def count_exactly(queryset: ContactQuerySet, *, seconds: float = EXACT_ANSWER) -> Estimate:
    """Count everybody; raises TooSlow."""
    return Estimate(timed(queryset.order_by().count, seconds=seconds), exact=True)


def sample(queryset: ContactQuerySet, buckets: int) -> ContactQuerySet:
    """The people of the queryset who are in the first buckets; all of them for every bucket."""
    return queryset.order_by() if buckets >= BUCKETS else queryset.order_by().filter(bucket__lt=buckets)


def scaled(found: int, buckets: int) -> Estimate:
    """What a number found in some buckets means for everybody, with as many digits as it deserves."""
    if buckets >= BUCKETS:
        return Estimate(found, exact=True, sampled=found)
    return Estimate(_rounded(found * BUCKETS / buckets, found), exact=False, buckets=buckets, sampled=found)


def timed(work: Callable[[], Result], *, seconds: float) -> Result:
    """Run a query that the database stops after `seconds`; raises TooSlow, the transaction stays usable."""
    try:
        with transaction.atomic(), _statement_timeout(seconds):
            return work()
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) == QUERY_CANCELED:
            raise TooSlow from error
        raise


@contextmanager
def _statement_timeout(seconds: float) -> Iterator[None]:
    """Within a savepoint, so that a failure takes settings back; compiled queries (JIT) cost too much."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout'), current_setting('jit')")
        before = cursor.fetchone()
        _set(max(1, round(seconds * 1000)), "off")
        yield
        _set(*before)


def _set(timeout: int | str, jit: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true), set_config('jit', %s, true)",
            [str(timeout), jit],
        )


def _first_buckets() -> int:
    """Buckets that hold about FIRST_SAMPLE people, from the planner's statistics of the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'contacts_contact'::regclass")
        people: float = cursor.fetchone()[0]
    return min(BUCKETS, max(1, round(BUCKETS * FIRST_SAMPLE / max(people, 1))))


def _planner_guess(queryset: ContactQuerySet) -> int:
    """Rows that the planner expects; often wrong by several times, but there at once."""
    sql, parameters = queryset.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        expected: float = cursor.fetchone()[0][0]["Plan"]["Plan Rows"]
    return _rounded(expected, 1)


def _rounded(value: float, found: int) -> int:
    """Two digits, three when thousands of people were found: the error is about 1/√found."""
    if value < 1:
        return 0
    digits = 3 if found >= 2_500 else 2
    step = 10 ** max(0, floor(log10(value)) - digits + 1)
    return int(round(value / step) * step)
