"""Estimates from a sample of buckets, exact numbers, and queries that take too long."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from contacts.models import Contact
from contacts.segments import counting
from contacts.segments.counting import (
    Estimate,
    TooSlow,
    count_estimate,
    count_exactly,
    sample,
    scaled,
    timed,
)

pytestmark = pytest.mark.django_db


def people(count: int) -> None:
    """One person a bucket, in turn."""
    Contact.objects.bulk_create(
        Contact(last_name=f"P{number}", gender="F" if number % 4 == 0 else "M", bucket=number % 1024)
        for number in range(count)
    )


def test_a_small_base_is_counted_exactly_at_once() -> None:
    people(60)
    estimate = count_estimate(Contact.objects.filter(gender="F"))
    assert (estimate.value, estimate.exact) == (15, True)


def test_a_large_base_is_sampled_and_the_sample_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    people(4096)
    monkeypatch.setattr(counting, "_first_buckets", lambda: 64)
    monkeypatch.setattr(counting, "GROWTH", 1)  # never grows
    slow = iter([0.0, 0.0, 0.19, 0.19, 0.19, 0.19])
    monkeypatch.setattr(counting.time, "monotonic", lambda: next(slow))
    estimate = count_estimate(Contact.objects.filter(gender="F"))
    assert estimate == Estimate(value=1000, exact=False, buckets=64, sampled=64)  # truth: 1,024


def test_a_fast_sample_grows_until_everybody_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    people(2048)
    monkeypatch.setattr(counting, "_first_buckets", lambda: 4)
    assert count_estimate(Contact.objects.filter(gender="F"), seconds=5) == Estimate(512, True, 1024, 512)


def test_a_sample_is_the_same_people_each_time() -> None:
    people(1024)
    first = set(sample(Contact.objects.order_by("-last_name"), 8).values_list("bucket", flat=True))
    assert first == set(range(8))
    assert sample(Contact.objects.all(), 1024).count() == 1024


@pytest.mark.parametrize(
    ("found", "buckets", "value"),
    [(0, 8, 0), (1, 8, 130), (123, 8, 16_000), (2_600, 8, 333_000), (7, 1024, 7)],
)
def test_an_estimate_shows_no_more_digits_than_it_deserves(found: int, buckets: int, value: int) -> None:
    assert scaled(found, buckets) == Estimate(value, buckets == 1024, buckets, found)


def test_a_query_that_takes_too_long_is_given_up_and_the_transaction_lives() -> None:
    people(3)
    with pytest.raises(TooSlow):
        count_exactly(_slow_people(), seconds=0.1)
    assert Contact.objects.count() == 3
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


def test_settings_return_after_a_query_in_time() -> None:
    assert timed(Contact.objects.count, seconds=5) == 0
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone()[0] == "0"


def test_another_database_error_is_not_taken_for_slowness() -> None:
    def refuse() -> None:
        raise OperationalError("the server went away")

    with pytest.raises(OperationalError, match="went away"):
        timed(refuse, seconds=1)


def test_when_no_sample_is_fast_enough_the_planner_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    people(3)
    monkeypatch.setattr(counting, "_first_buckets", lambda: 64)
    estimate = count_estimate(_slow_people(), seconds=0.05)
    assert (estimate.exact, estimate.buckets) == (False, 0)
    assert estimate.value >= 0


def _slow_people() -> Any:
    """People whose condition takes a third of a second each."""
    nap = RawSQL("(SELECT pg_sleep(0.3) IS NOT NULL AND contacts_contact.id > 0)", [], BooleanField())
    return Contact.objects.filter(nap)
