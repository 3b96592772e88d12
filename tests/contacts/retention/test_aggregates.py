"""Frozen figures of polling stations: nobody can be found in them."""

from __future__ import annotations

import hypothesis
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Purge, StationAggregate
from contacts.models.retention import SMALLEST_CELL
from contacts.retention.aggregates import (
    BANDS,
    UNKNOWN_AGE,
    ages_words,
    cells_of,
    freeze_stations,
    stations_csv,
)
from contacts.retention.due import due_of_source
from contacts.retention.rehearsal import announce
from tests.contacts.retention.conftest import Electors

Counts = dict[tuple[str, int], int]
COUNTS = st.dictionaries(
    st.tuples(st.sampled_from(["F", "M", ""]), st.integers(0, UNKNOWN_AGE)), st.integers(0, 40)
)


PATIENT = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])


@PATIENT
@given(COUNTS)
def test_no_cell_has_fewer_than_ten_people_and_nobody_is_counted_twice(counts: Counts) -> None:
    cells = cells_of(counts)
    too_few = any(
        0 < sum(people for (sex, _band), people in counts.items() if sex == one) < SMALLEST_CELL
        for one in ("F", "M")
    )
    for cell in cells:
        assert cell.people >= SMALLEST_CELL
        assert cell.people == sum(
            people
            for (sex, band), people in counts.items()
            if cell.first <= band <= cell.last and (too_few or sex == cell.sex)
        )
    for one in cells:
        for other in cells:
            if one is not other and one.sex == other.sex:
                assert one.last < other.first or other.last < one.first


@PATIENT
@given(COUNTS)
def test_only_too_few_people_are_left_out(counts: Counts) -> None:
    everybody = sum(counts.values())
    missing = everybody - sum(cell.people for cell in cells_of(counts))
    assert 0 <= missing < SMALLEST_CELL
    if everybody < SMALLEST_CELL:
        assert cells_of(counts) == []


def test_the_smallest_joins_its_smaller_neighbour() -> None:
    cells = cells_of({("F", 0): 12, ("F", 1): 3, ("F", 2): 30, ("M", 4): 15})
    assert [(cell.sex, cell.first, cell.last, cell.people) for cell in cells] == [
        ("F", 0, 1, 15),
        ("F", 2, 2, 30),
        ("M", 4, 4, 15),
    ]


def test_a_sex_of_too_few_people_is_counted_with_the_other() -> None:
    (cell,) = cells_of({("F", 0): 4, ("M", 0): 15, ("", UNKNOWN_AGE): 1})
    assert (cell.sex, cell.people, cell.ages) == ("", 20, (None, BANDS[-1][1]))


@pytest.mark.django_db
def test_a_roll_is_frozen_by_station_with_the_ages_of_the_vote(roll, electors: Electors) -> None:
    electors(11, gender="F", age=30)
    electors(10, gender="M", age=80)
    electors(2, gender="M", age=None, birth_date_raw="00/00/1940")
    electors(3, gender="M", age=40, left_on=timezone.localdate())
    purge = announce(due_of_source(roll), timezone.localdate())
    assert freeze_stations(purge) == 23
    rows = StationAggregate.objects.filter(purge=purge).select_related("commune", "polling_station")
    assert [(row.sex, ages_words(row), row.electors) for row in rows.order_by("sex")] == [
        ("F", "25 to 34", 11),
        ("M", "75 and over", 12),
    ]
    lines = list(stations_csv(rows.order_by("sex")))
    assert lines[1].strip() == "60057;Beauvais;Mairie;F;25;34;;11"


@pytest.mark.django_db
def test_a_citizen_of_the_union_on_two_lists_is_one_person(roll, electors: Electors) -> None:
    electors(9)
    for kind in (2, 3):
        electors(1, birth_name="Twice", roll_kind=kind)
    purge = announce(due_of_source(roll), timezone.localdate())
    assert freeze_stations(purge) == 10


@pytest.mark.django_db
def test_the_database_refuses_a_small_cell(roll, station, electors: Electors) -> None:
    electors(1)
    purge: Purge = announce(due_of_source(roll), timezone.localdate())
    with pytest.raises(IntegrityError), transaction.atomic():
        StationAggregate.objects.create(purge=purge, commune=station.parent, electors=9)
