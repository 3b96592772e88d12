"""Families, organisations and members at one address: several people fit, or one fact tells them apart."""

from datetime import date

import pytest

from contacts.models import (
    Contact,
    CustomField,
    DuplicatePair,
    ElectoralRegistration,
    EmailAddress,
    PhoneNumber,
    Source,
    SourceRow,
    Territory,
)
from contacts.services.people import update_contact
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db

FAMILY, MOBILE, OTHER = "famille@example.org", "+33639981234", "+33639985678"
HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance", "Civilité", "Adresse", "CP", "Ville", "N°"]
JEAN = {"Prénom": "Jean", "Nom": "Martin", "Email": FAMILY}


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


@pytest.fixture
def given(tmp_path, book):
    """Import rows by their columns; which contact the points of a file went to is looked up afterwards."""

    def imported(*rows: dict[str, str], source: Source = book) -> None:
        cells = [HEADER, *([row.get(name, "") for name in HEADER] for row in rows)]
        mapping = None
        if any("N°" in row for row in rows):
            CustomField.objects.get_or_create(key="member", defaults={"label": "N°"})
            mapping = dict(
                enumerate(
                    [
                        *("first_name", "last_name", "email", "phone", "birth_date", "civility"),
                        *("street_1", "postcode_1", "city_1", "custom.member"),
                    ]
                )
            )
        path = write_rows(tmp_path / "file.csv", cells)
        run = import_file(path, kind="address-book", source=source, mapping=mapping)
        assert run.state == "done"

    return imported


def person(first="Jean", last="Martin", *, email="", mobile="", **fields) -> Contact:
    made = Contact.objects.create(first_name=first, last_name=last, **fields)
    if email:
        EmailAddress.objects.create(contact=made, address=email, normalised=email)
    if mobile:
        PhoneNumber.objects.create(contact=made, e164=mobile, line="mobile")
    return made


def elector_of(stub: Contact, first_names: str) -> None:
    commune = Territory.objects.filter(kind="commune").first()
    ElectoralRegistration.objects.create(
        identity="00000000-0000-0000-0000-00000000000" + str(stub.pk % 10), source=Source.objects.first(),
        contact=stub, commune=commune, birth_name="MARTIN", first_names=first_names,
    )  # fmt: skip


def test_of_a_father_and_a_son_of_one_name_the_one_with_the_number_is_meant(given) -> None:
    person(email=FAMILY)
    son = person(email=FAMILY, mobile=MOBILE)
    given(JEAN | {"Mobile": "06 39 98 12 34", "CP": "60000", "Ville": "Beauvais"})
    assert son.postaladdress_set.exists()
    assert Contact.objects.count() == 2


def test_the_birth_date_and_the_commune_tell_too_which_of_two_is_meant(given, places) -> None:
    born = person(email=FAMILY, birth_date=date(1980, 5, 17))
    at_home = person(email=FAMILY, commune=Territory.objects.get(kind="commune", code="60057"))
    given(JEAN | {"Date de naissance": "17/05/1980", "Mobile": "06 39 98 12 34"})
    assert born.phonenumber_set.exists()
    given(JEAN | {"CP": "60000", "Ville": "Beauvais", "Mobile": "06 39 98 56 78"})
    assert at_home.phonenumber_set.exists()
    assert Contact.objects.count() == 2


@pytest.mark.parametrize("numbers", [("", ""), ("", MOBILE)], ids=["two at the e-mail", "one has each point"])
def test_of_two_who_are_equal_neither_is_taken_and_both_wait(given, numbers) -> None:
    father = person(email=FAMILY, mobile=numbers[0])
    son = person(email="" if numbers[1] else FAMILY, mobile=numbers[1])
    given(JEAN | {"Mobile": "06 39 98 12 34"})
    new = Contact.objects.exclude(pk__in=[father.pk, son.pk]).get()
    pairs = set(DuplicatePair.objects.filter(second=new, state="pending").values_list("first_id", flat=True))
    assert pairs == {father.pk, son.pk}
    given(JEAN | {"Mobile": "06 39 98 12 34"})
    assert Contact.objects.count() == 3


def test_a_stub_is_who_its_elector_is(given) -> None:
    stub = person("", "", email=FAMILY, is_stub=True)
    elector_of(stub, "Jean-Pierre Marie")
    given(JEAN | {"Prénom": "Marie"}, JEAN | {"Prénom": "Jean-Pierre", "Mobile": "06 39 98 12 34"})
    assert stub.phonenumber_set.exists()
    assert Contact.objects.exclude(pk=stub.pk).get().first_name == "Marie"


@pytest.mark.parametrize(("address", "people"), [("jm@example.org", 1), ("contact@example.org", 2)])
def test_the_mailbox_of_an_organisation_is_nobodys(given, address, people) -> None:
    person("", "", email=address)
    given(JEAN | {"Email": address})
    assert Contact.objects.count() == people


@pytest.mark.parametrize(("address", "people"), [("jm@example.org", 1), ("mairie.creil@example.org", 2)])
def test_a_row_without_a_name_is_somebodys_unless_it_is_an_organisations(given, address, people) -> None:
    given(JEAN | {"Email": address}, {"Email": address, "Mobile": "06 39 98 12 34"})
    assert Contact.objects.count() == people
    Contact.objects.exclude(last_name="Martin").delete()
    given({"Email": address, "Mobile": "06 39 98 56 78"})
    assert Contact.objects.count() == people


HOME = {"Adresse": "3 rue Haute", "CP": "60000", "Ville": "Beauvais"}
DOMINIQUE = {"Prénom": "Dominique", "Nom": "Martin"} | HOME


@pytest.mark.parametrize("point", [{}, {"Email": FAMILY}, {"Mobile": "06 39 98 12 34"}], ids=str)
@pytest.mark.parametrize(
    ("one", "other"),
    [({"Civilité": "M."}, {"Civilité": "Mme"}), ({"N°": "1001"}, {"N°": "1002"})],
    ids=["sex", "number"],
)
def test_rows_that_differ_by_sex_or_number_only_are_two_people_each_time(given, point, one, other) -> None:
    rows = (DOMINIQUE | point | one, DOMINIQUE | point | other)
    given(*rows)
    assert Contact.objects.count() == 2
    assert SourceRow.objects.values("contact").distinct().count() == 2
    given(*rows)
    assert Contact.objects.count() == 2


def test_two_such_rows_are_not_both_the_one_who_is_known(given) -> None:
    known = person("Dominique", email=FAMILY)
    given(*(DOMINIQUE | {"Email": FAMILY, "Civilité": title} for title in ("M.", "Mme")))
    assert Contact.objects.count() == 3
    assert DuplicatePair.objects.filter(first=known, state="pending").count() == 2


def test_the_same_number_twice_is_one_person_and_so_is_a_repeated_extra_value(given) -> None:
    given(
        *(DOMINIQUE | {"Email": FAMILY, "N°": "A"} for _time in range(2)),
        JEAN | {"Email": "jean@example.org", "N°": "A"},
        JEAN | {"Email": "jean@example.org", "N°": "B"},
    )
    assert Contact.objects.count() == 2


def test_a_row_given_before_with_another_sex_is_somebody_else(given) -> None:
    given(DOMINIQUE | {"Civilité": "M."})
    given(DOMINIQUE | {"Civilité": "Mme"})
    assert Contact.objects.count() == 2


def test_a_sex_that_was_corrected_by_hand_does_not_make_somebody_new(given) -> None:
    given(DOMINIQUE | {"Civilité": "M."})
    update_contact(contact=Contact.objects.get(), by=None, gender="F")
    given(DOMINIQUE | {"Civilité": "M."})
    assert Contact.objects.count() == 1
