"""Who is merged by itself and who is not: names that fit at one address, homonyms, couples, twins."""

import pytest
from django.db import connection
from rapidfuzz.distance import OSA

from contacts.models import Contact, DuplicatePair, EmailAddress, Source
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db

HEADER = [
    *["Prénom", "Nom", "Nom de naissance", "Email", "Mobile", "Téléphone fixe", "Date de naissance"],
    *["Lieu de naissance", "Adresse", "CP", "Ville", "Civilité"],
]


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def second(db) -> Source:
    return Source.objects.create(name="Second", kind="address_book", lawful_basis="none")


@pytest.fixture
def people_after(tmp_path, book, second):
    """Import one person, then others from another source; how many people there are."""

    def imported(first: dict[str, str], *others: dict[str, str]) -> int:
        for name, source, people in (("a", book, [first]), ("b", second, others)):
            rows = [HEADER, *([one.get(column, "") for column in HEADER] for one in people)]
            import_file(write_rows(tmp_path / f"{name}.csv", rows), kind="address-book", source=source)
        return Contact.objects.count()

    return imported


LEA = {"Prénom": "Léa", "Nom": "Martinez", "Email": "lea@example.org", "Mobile": "06 39 98 12 34"}
AT = {"Email": "lea@example.org"}
CALLED = {"Mobile": "06 39 98 12 34"}


@pytest.mark.parametrize("point", [AT, CALLED], ids=["e-mail", "mobile"])
@pytest.mark.parametrize(
    ("known", "given"),
    [
        ({}, {"Prénom": "Léa", "Nom": "Martines"}),
        ({}, {"Prénom": "LEA", "Nom": "Matrinez"}),
        ({}, {"Prénom": "Léa", "Nom": "Martinez-Durand"}),
        ({"Nom": "de la Tour"}, {"Prénom": "Léa", "Nom": "Delatour"}),
        ({"Nom": "de la Tour"}, {"Prénom": "Léa", "Nom": "TOUR"}),
        ({"Nom": "Saint-Martin"}, {"Prénom": "Léa", "Nom": "St Martin"}),
        ({"Nom": "de Ste-Marie"}, {"Prénom": "Léa", "Nom": "SAINTE MARIE"}),
        ({"Nom de naissance": "Petit"}, {"Prénom": "Léa", "Nom": "Petit"}),
        ({"Nom": "Petit"}, {"Prénom": "Léa", "Nom": "Martin", "Nom de naissance": "PETIT"}),
    ],
    ids=[
        *["a letter", "two letters swapped", "double name", "particle joined", "particle lost"],
        *["saint", "feminine saint"],
        *["birth name instead", "birth name told"],
    ],
)
def test_names_that_fit_at_one_address_or_number_are_one_person(people_after, known, given, point) -> None:
    assert people_after(LEA | known, given | point) == 1


DAY = {"Date de naissance": "17/05/1980"}


@pytest.mark.parametrize("point", [AT, CALLED], ids=["e-mail", "mobile"])
@pytest.mark.parametrize(
    ("known", "given", "people"),
    [
        ({}, {"Prénom": "Léa-Marie"}, 2),
        ({"Prénom": "Léa-Marie"}, {"Prénom": "Léa"}, 2),
        ({}, {"Prénom": "Léa Marie"}, 2),
        ({}, {"Prénom": "Léa Marie"} | AT | CALLED, 1),
        ({}, {"Prénom": "Léa-Marie"} | AT | CALLED, 2),
        (DAY, {"Prénom": "Léa-Marie"} | DAY, 1),
        ({}, {"Prénom": "Léa et Marc"} | AT | CALLED, 2),
        (DAY, {"Prénom": "Léa & Marc"} | DAY, 2),
        ({"Prénom": "Léa et Marc"}, {"Prénom": "Léa et Marc"}, 1),
    ],
    ids=[
        *["compound", "compound in the base", "two forenames", "with a second point", "compound and a point"],
        *["birth date", "two people in a row", "with a sign and a date", "the same row of two"],
    ],
)
def test_more_forenames_are_one_person_only_with_a_second_fact(
    people_after, known, given, people, point
) -> None:
    """A father and a son, or two sisters, are "Jean" and "Jean-Pierre" at one address."""
    assert people_after(LEA | known, {"Nom": "Martinez"} | point | given) == people
    assert DuplicatePair.objects.filter(state="pending").exists() == (people == 2)


@pytest.mark.parametrize("point", [AT, CALLED], ids=["e-mail", "mobile"])
@pytest.mark.parametrize(
    "given",
    [
        {"Prénom": "Léo", "Nom": "Martinez"},
        {"Prénom": "Paul", "Nom": "Martinez"},
        {"Prénom": "Léa", "Nom": "Durand"},
        {"Prénom": "Lea", "Nom": "Martins"},
        {"Prénom": "Léa", "Nom": "Martines", "Date de naissance": "01/01/2001"},
        {"Prénom": "", "Nom": "Martinez"},
        {"Prénom": "Léa", "Nom": ""},
    ],
    ids=["twin", "couple", "other name", "two slips", "another day", "last name only", "forename only"],
)
def test_names_that_do_not_fit_stay_two_people(people_after, given, point) -> None:
    assert people_after(LEA | {"Date de naissance": "17/05/1980"}, given | point) == 2


def test_half_a_name_is_certain_with_a_second_fact(people_after) -> None:
    assert people_after(LEA, {"Nom": "Martinez"} | AT | CALLED) == 1


@pytest.mark.parametrize(
    ("given", "people"), [({"Prénom": "Léa"}, 1), ({"Nom": "Martinez"}, 2)], ids=["forename", "last name"]
)
def test_a_birth_date_makes_half_a_name_certain_unless_a_twin_may_be_meant(
    people_after, given, people
) -> None:
    day = {"Date de naissance": "17/05/1980"}
    assert people_after(LEA | day, given | day | AT) == people


def test_names_that_fit_two_people_are_neither(people_after, book) -> None:
    other = Contact.objects.create(first_name="Léa", last_name="Durand")
    EmailAddress.objects.create(contact=other, address=AT["Email"], normalised=AT["Email"])
    assert people_after(LEA, {"Prénom": "Léa", "Nom": "Martinez-Durand"} | AT) == 3


BORN = {"Prénom": "Léa", "Nom": "Martinez", "Date de naissance": "17/05/1980"}
IN_CREIL = {"Lieu de naissance": "Creil"}
HOME = {"CP": "60000", "Ville": "Beauvais"}
NEW_YEAR = {"Date de naissance": "01/01/1950"}


@pytest.mark.parametrize(
    ("known", "given", "people"),
    [
        ({}, {}, 2),
        (HOME, {"CP": "60100", "Ville": "Creil"}, 2),
        (HOME, HOME, 2),
        (IN_CREIL | NEW_YEAR, IN_CREIL | NEW_YEAR, 2),
        (IN_CREIL, IN_CREIL | HOME, 1),
        (IN_CREIL | HOME, {"Lieu de naissance": "Beauvais"} | HOME, 2),
        ({"Téléphone fixe": "01 99 00 12 34"}, {"Téléphone fixe": "0199001234"}, 2),
    ],
    ids=["nothing else", "elsewhere", "town", "no day", "birthplace", "another birthplace", "landline"],
)
def test_homonyms_of_one_day_are_one_only_with_the_place_of_birth(people_after, known, given, people) -> None:
    assert people_after(BORN | known, BORN | given) == people
    waits = people == 2 and given.get("Lieu de naissance") != "Beauvais" and given.get("Ville") != "Creil"
    assert not waits or DuplicatePair.objects.filter(state="pending").exists()


@pytest.mark.parametrize(
    ("more", "people"), [({}, 2), (HOME, 2), (IN_CREIL, 1)], ids=["nothing else", "town", "birthplace"]
)
def test_two_rows_of_one_file_follow_the_same_rule(people_after, more, people) -> None:
    nobody = {"Email": "nobody@example.org"}
    assert people_after(nobody, BORN | more, BORN | more | CALLED) == people + 1


def test_two_rows_with_another_place_of_birth_are_two_people(people_after) -> None:
    first, other = (BORN | AT | {"Lieu de naissance": place} for place in ("Creil", "Beauvais"))
    assert people_after({"Email": "nobody@example.org"}, first, other) == 3


PAIRS = [
    ("martin", "martin"), ("martin", "martni"), ("martin", "marin"), ("martin", "martins"),
    ("martin", "mertin"), ("martin", "mertins"), ("martin", "amrtin"), ("martin", "nitram"),
    ("duval", "duvall"), ("rey", "roy"),
    ("dubois", "duboys"), ("dubois", "bois"), ("lefebvre", "lefevbre"), ("lefebvre", "lefevre"), ("", "a"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_one_slip_is_one_edit_of_names_of_five_letters(one, other) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT one_slip(%s, %s), one_slip(%s, %s)", [one, other, other, one])
        found = cursor.fetchone()
    expected = min(len(one), len(other)) >= 5 and OSA.distance(one, other) <= 1
    assert found == (expected, expected)
