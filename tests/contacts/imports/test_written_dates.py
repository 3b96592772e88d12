"""Days as people write them in address books; what may be read two ways is not guessed."""

from __future__ import annotations

from datetime import date

import pytest

from contacts.imports.written_dates import read_birth_date, read_serial_day, read_written_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("17/05/1980", date(1980, 5, 17)),
        ("17/05/80", date(1980, 5, 17)),
        ("17 mai 1980", date(1980, 5, 17)),
        ("1er août 1961", date(1961, 8, 1)),
        ("May 17, 1980", date(1980, 5, 17)),
        ("31/02/80", None),
        ("17/05/20", None),  # a child, or somebody of a hundred years
        ("1961", None),
        ("nobody knows", None),
        ("", None),
    ],
)
def test_a_day_of_birth(text: str, day: date | None) -> None:
    assert read_birth_date(text) == day


def test_a_moment_of_another_program() -> None:
    assert read_written_date("Mar 3, 2023 4:05 PM") == date(2023, 3, 3)
    assert read_written_date("3/4/23", True) == date(2023, 3, 4)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("29358", date(1980, 5, 17)),
        ("29358.0", date(1980, 5, 17)),
        ("45292,5417", date(2024, 1, 1)),
        ("1980", None),  # a year
        ("293580", None),
    ],
)
def test_a_day_that_a_spreadsheet_left_as_its_number(text: str, day: date | None) -> None:
    assert read_serial_day(text) == day
