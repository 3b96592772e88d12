"""What single cells mean: dates, names, numbers; and that the fast ways agree with the careful ones."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.imports.people.names import name_key, split_name
from contacts.imports.people.numbers import points_of, read_phone, values_of
from contacts.imports.values import (
    doubtful_day,
    month_comes_first,
    read_civility,
    read_date,
    read_gender,
    read_yes_no,
)
from contacts.services.addresses import InvalidAddress, normalise_phone


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("17/05/1980", date(1980, 5, 17)),
        ("7-5-1980", date(1980, 5, 7)),
        ("17.05.1980 00:00", date(1980, 5, 17)),
        ("1980-05-17", date(1980, 5, 17)),
        ("19800517", date(1980, 5, 17)),
        ("1980-05-17T00:00:00", date(1980, 5, 17)),
        ("00/00/1953", None),
        ("31/02/1980", None),
        ("1961", None),
        ("0/0/00", None),
        ("--05-17", None),
        ("17/05/1780", None),
        ("", None),
    ],
)
def test_dates(text, day) -> None:
    assert read_date(text) == day


def test_american_dates_are_told_by_their_middle_part() -> None:
    assert month_comes_first(["5/17/1980", "1/2/1950"])
    assert not month_comes_first(["17/5/1980", "1/2/1950"])
    assert read_date("5/17/1980", True) == read_date("17/5/1980") == date(1980, 5, 17)


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Léa Martin", "Léa", "Martin"),
        ("MARTIN Léa", "Léa", "MARTIN"),
        ("Léa MARTIN DURAND", "Léa", "MARTIN DURAND"),
        ("Martin, Léa", "Léa", "Martin"),
        ("Jean de la Tour", "Jean", "de la Tour"),
        ("Marie-Claude d'Almeida", "Marie-Claude", "d'Almeida"),
        ("Léa", "Léa", ""),
        ("", "", ""),
    ],
)
def test_a_name_in_one_column(full, first, last) -> None:
    assert split_name(full) == (first, last)


def test_the_key_of_a_name_does_not_mind_order_case_accents_and_hyphens() -> None:
    keys = {
        name_key("Marie-Claude", "Lefèvre"),
        name_key("LEFEVRE", "marie claude"),
        name_key("", "Lefèvre Marie Claude"),
    }
    assert keys == {"claude lefevre marie"}


def test_titles_sexes_and_boxes() -> None:
    assert [read_civility(text) for text in ("M.", "Madame", "Mlle", "Dr")] == [
        ("M", "M"),
        ("Mme", "F"),
        ("Mme", "F"),
        ("", ""),
    ]
    assert [read_gender(text) for text in ("F", "Homme", "féminin", "?")] == ["F", "M", "F", ""]
    assert [read_yes_no(text) for text in ("Oui", "x", "NON", "0", "perhaps")] == [
        True,
        True,
        False,
        False,
        None,
    ]


def test_several_values_in_one_cell() -> None:
    assert values_of("a@example.org ::: b@example.org; c@example.org") == [
        "a@example.org",
        "b@example.org",
        "c@example.org",
    ]


def careful(text):
    try:
        return normalise_phone(text)
    except InvalidAddress:
        return None


@given(st.from_regex(r"(0|\+33 ?|0033|\+33\(0\))[1-9]([ .-]?[0-9]{2}){4}", fullmatch=True))
def test_the_short_way_to_a_french_number_agrees_with_the_library(text) -> None:
    assert read_phone(text) == careful(text)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("06 39 98 12 34", "+33639981234"),
        ("639981234", "+33639981234"),
        ("0692 12 34 56", "+262692123456"),
        ("+32 470 12 34 56", "+32470123456"),
        ("12", None),
        ("call me", None),
    ],
)
def test_numbers(text, e164) -> None:
    found = read_phone(text)
    assert (found.e164 if found else None) == e164


def test_a_day_that_could_be_read_in_two_orders_is_named_unless_another_decides() -> None:
    assert doubtful_day(["Léa", "5/7/1980", "6/6/1980"]) == "5/7/1980"
    assert doubtful_day(["5/7/1980", "17/5/1980"]) == ""
    assert doubtful_day(["5/7/1980", "5/17/1980"]) == ""
    assert doubtful_day(["6/6/1980", "1980-05-07"]) == ""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("639981234.0", "+33639981234"),
        ("33639981234.0", "+33639981234"),
        ("6,39981234E+08", "+33639981234"),
        ("3.3639981234e+10", "+33639981234"),
        ("6,4E+08", None),  # digits are lost: nobody knows whose number it was
        ("3.3639981E+10", None),
    ],
)
def test_numbers_that_a_spreadsheet_took_for_amounts(text, number) -> None:
    found = read_phone(text)
    assert (found.e164 if found else None) == number


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        ("06.39.98.12.34 / 03 53 01 23 45", ["06.39.98.12.34", "03 53 01 23 45"]),
        ("0639981234 ou 0639981235", ["0639981234", "0639981235"]),
        ("a@example.org et b@example.org; c@example.org", [f"{one}@example.org" for one in "abc"]),
        ("06/39/98/12/34", ["06/39/98/12/34"]),
        ("Léa et Paul Martin <lea@example.org>", ["Léa et Paul Martin <lea@example.org>"]),
    ],
)
def test_several_addresses_or_numbers_of_a_cell(cell, points) -> None:
    assert points_of(cell) == points
