"""Hours of text messages and calls, place by place, in Python and in the SQL of the gate."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.models import AreaTime
from contacts.rules import hours
from contacts.services.elections import write_area_times

PARIS = ZoneInfo("Europe/Paris")
AREAS = [
    "",
    "75",
    "57",
    "971",
    "974",
    "986",
    "987",
    "988",
    "polynesie francaise",
    "japon",
    "etats unis",
    "CA",
]


@pytest.mark.parametrize(
    ("area", "moment", "expected"),
    [
        ("", "2027-03-15T08:00", True),  # a Monday
        ("", "2027-03-15T07:59", False),
        ("", "2027-03-15T19:59", True),
        ("", "2027-03-15T20:00", False),
        ("", "2027-03-20T12:00", True),  # Saturday
        ("", "2027-03-21T12:00", False),  # Sunday
        ("", "2027-05-01T12:00", False),  # Labour Day
        ("", "2027-12-26T12:00", False),  # a Sunday anyway
        ("67", "2028-12-26T12:00", False),  # Saint Stephen's, in Alsace-Moselle alone
        ("75", "2028-12-26T12:00", True),
        ("974", "2027-12-20T09:00", False),  # Réunion: the abolition of slavery
        ("974", "2027-03-15T17:30", False),  # half past eight in the evening there
        ("974", "2027-03-15T06:00", True),  # nine in the morning there
        ("987", "2027-03-15T20:00", True),  # nine in the morning in Papeete
    ],
)
def test_by_day_from_monday_to_saturday_on_no_holiday(area: str, moment: str, expected: bool) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=PARIS)
    assert hours.is_open(at, area, latest=20) is expected


def test_the_data_protection_role_may_extend_them() -> None:
    at = datetime(2027, 3, 15, 21, 30, tzinfo=PARIS)
    assert not hours.is_open(at, "", latest=20)
    assert hours.is_open(at, "", latest=22)


def test_in_a_country_of_many_zones_it_is_an_hour_only_where_it_is_everywhere() -> None:
    assert not hours.is_open(datetime(2027, 3, 15, 15, tzinfo=PARIS), "etats unis", latest=20)


def test_every_place_is_written_down_and_kept_up(db: None) -> None:
    written = AreaTime.objects.count()
    assert written > 600
    assert write_area_times() == written == AreaTime.objects.count()


@pytest.mark.django_db
@settings(max_examples=150, deadline=None)
@given(
    area=st.sampled_from(AREAS),
    minutes=st.integers(0, 365 * 24 * 60),
    latest=st.sampled_from([20, 21, 22]),
)
def test_the_gate_reads_the_same_hours(area: str, minutes: int, latest: int) -> None:
    moment = datetime.combine(date.today(), time(), PARIS) + timedelta(minutes=minutes)  # noqa: DTZ011
    row = "(SELECT %(area)s::text AS department, 0::bigint AS contact_id) d"
    now = "%(now)s::timestamptz"
    closed = hours.closed_sql("d", latest=str(latest), now=now)
    opens = hours.opens_sql("d", now=now)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {closed}, {opens} FROM {row}", {"area": area, "now": moment})
        is_closed, opens_at = cursor.fetchone()
    assert is_closed is not hours.is_open(moment, area, latest=latest)
    assert moment < opens_at <= moment + timedelta(days=5)
    if len(hours.zones_of(area)) == 1:
        assert hours.is_open(opens_at, area, latest=latest)
        assert not hours.is_open(opens_at - timedelta(minutes=1), area, latest=latest)
