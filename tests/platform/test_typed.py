"""What is typed into addresses and forms is a value of ours, or nothing: never an accident."""

from datetime import UTC, datetime

import pytest

from campaign_crm.platform.typed import line_of, moment_of, number_of, numbers_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("0", 0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("١٢", None),
        ("9" * 19, None),
        ("9" * 5000, None),
    ],
)
def test_a_number_is_one_that_a_row_can_have(text: str, number: int | None) -> None:
    assert number_of(text) == number


def test_of_several_the_numbers_are_kept() -> None:
    assert numbers_of(["3", "x", "", "4"]) == [3, 4]


def test_a_line_is_trimmed_cut_and_without_nul() -> None:
    assert line_of(" a\x00bcd ", at_most=3) == "abc"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-45T00:00:00", "\x00"])
def test_what_names_no_moment_is_none(text: str) -> None:
    assert moment_of(text) is None


def test_a_moment_has_a_zone() -> None:
    assert moment_of("2026-11-01T10:00:00+00:00") == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert moment_of("2026-11-01T11:00:00") == datetime(2026, 11, 1, 10, tzinfo=UTC), "Paris, in winter"
