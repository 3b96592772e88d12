"""A canton is one place whether a roll gives its number, its name or both; so is a constituency."""

import pytest

from contacts.imports.rolls.cantons import number_of, seat_of
from contacts.invented.rolls import COLUMNS
from contacts.models import Territory
from tests.support.imports import import_file

pytestmark = pytest.mark.django_db

CODE = "code canton du bureau de vote"
LABEL = "libellé canton du bureau de vote"
SEAT = "code circonscription législative du bureau de vote"
BY_CODE = {CODE: "01", LABEL: ""}
BY_NAME = {CODE: "", LABEL: "Beauvais-1"}
BY_BOTH = {CODE: "01", LABEL: "Beauvais-1"}


@pytest.fixture
def bring(places, elector, roll_file, roll_source):
    """Import a roll of stations with these cantons; the code is a column where one of them has it."""

    def run(*cantons, first_station=1):
        electors = [
            elector(prénoms=f"Léa {number}", code_du_bureau_de_vote=f"{number:04d}") | canton
            for number, canton in enumerate(cantons, first_station)
        ]
        has_code = any(one.get(CODE) for one in electors)
        columns = [*COLUMNS, CODE] if has_code else COLUMNS
        import_file(roll_file(electors, columns=columns), kind="roll", source=roll_source)

    return run


def cantons(kind="canton"):
    """(code, name, number of stations) of each."""
    return [
        (one.code, one.name, Territory.objects.inside(one.pk).filter(kind="polling_station").count())
        for one in Territory.objects.filter(kind=kind).order_by("code")
    ]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (BY_NAME, BY_BOTH, "60-01"),
        (BY_BOTH, BY_NAME, "60-01"),
        (BY_CODE, BY_BOTH, "60-01"),
        (BY_BOTH, {CODE: "6001", LABEL: ""}, "60-01"),
        (BY_BOTH, {CODE: "60-1", LABEL: "Canton de BEAUVAIS 1"}, "60-01"),
        (BY_NAME, {CODE: "", LABEL: "CANTON DE BEAUVAIS 1"}, "60-beauvais-1"),
    ],
)
def test_whichever_of_number_and_name_comes_first_the_canton_is_one(bring, first, second, code) -> None:
    bring(first)
    canton = Territory.objects.get(kind="canton").pk
    bring(second, first_station=2)
    assert cantons() == [(code, "Beauvais-1", 2)]
    assert Territory.objects.get(kind="canton").pk == canton  # segments and grants that name it go on


def test_once_both_are_known_either_finds_it(bring) -> None:
    bring(BY_NAME)
    bring(BY_BOTH, first_station=2)
    bring(BY_CODE, first_station=3)
    bring(BY_NAME, first_station=4)
    assert cantons() == [("60-01", "Beauvais-1", 4)]


def test_one_roll_that_has_the_number_in_some_rows_only_brings_one_canton(bring) -> None:
    bring(BY_NAME, BY_BOTH, BY_CODE)
    assert cantons() == [("60-01", "Beauvais-1", 3)]


def test_two_numbers_of_one_name_and_two_names_stay_two(bring) -> None:
    bring({CODE: "10", LABEL: "Beauvais"}, {CODE: "11", LABEL: "Beauvais"}, BY_BOTH)
    assert cantons() == [("60-01", "Beauvais-1", 1), ("60-10", "Beauvais", 1), ("60-11", "Beauvais", 1)]


def test_a_number_alone_is_a_canton_of_that_number(bring) -> None:
    bring({CODE: "", LABEL: "Canton n° 2"}, {CODE: "2", LABEL: ""})
    assert cantons() == [("60-02", "Canton 02", 2)]


def test_a_constituency_is_one_by_its_code_or_its_name(bring) -> None:
    bring({SEAT: "60-01"}, {SEAT: "1ère circonscription"}, {SEAT: "Première circonscription de l'Oise (60)"})
    assert cantons("constituency") == [("60-01", "1re circonscription de l'Oise", 3)]


@pytest.mark.parametrize(
    ("text", "department", "number"),
    [
        ("1", "60", "01"),
        ("60", "60", "60"),
        ("0601", "06", "01"),
        ("601", "06", "01"),  # a spreadsheet took the zero away
        ("16", "01", "16"),
        ("2A03", "2A", "03"),
        ("97112", "971", "12"),
        ("Canton 60-61", "60", "61"),
        ("Beauvais-1", "60", ""),
        ("", "60", ""),
    ],
)
def test_numbers_of_cantons(text, department, number) -> None:
    assert number_of(text, department) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("60-01", "01"),
        ("6007", "07"),
        ("2e circonscription (60)", "02"),
        ("Circonscription n° 3", "03"),
        ("Troisième circonscription", "03"),
        ("Oise 4", "04"),
        ("Oise", ""),
        ("00", ""),
    ],
)
def test_numbers_of_constituencies(text, number) -> None:
    assert seat_of(text, "60") == number
