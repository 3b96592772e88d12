"""Undoing an import whose people, addresses and values other files give too: they are those files' then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.enums import Channel, ConsentPurpose
from contacts.imports.choices import set_mapping
from contacts.imports.fields import CUSTOM_PREFIX
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.models import (
    Consent,
    Contact,
    ContactSource,
    ContactTag,
    CustomField,
    EmailAddress,
    Import,
    ImportConfirmation,
    List,
    ListMembership,
    PhoneNumber,
    PostalAddress,
    Reach,
    Source,
)
from contacts.services.consents import record_consent
from tests.support.imports import write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Adresse", "Code postal", "Ville", "Tags", "Date de naissance"]
LEA = ("Léa", "Martin", "lea@example.org")
ALL = (*LEA, "06 39 98 12 34", "1 rue des Lilas", "60000", "Beauvais", "Volunteer")
Load = Callable[..., Import]


@pytest.fixture(autouse=True)
def _places(places: None) -> None:
    """Every test of this module has the places."""


@pytest.fixture
def other(db: None) -> Source:
    return Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def go(source: Source, *people: tuple[str, ...], extra: str = "", **options: object) -> Import:
        width = len(HEADER) + bool(extra)
        rows = [[*one, *[""] * (width - len(one))] for one in people]
        path = write_rows(tmp_path / "book.csv", [[*HEADER, *([extra] if extra else [])], *rows])
        run = start_import(file=path, file_name=path.name, kind="address-book", source=source, by=None)
        mapping = {int(column): name for column, name in run.mapping.items()}
        if extra:
            mapping[len(HEADER)] = CUSTOM_PREFIX + extra
        set_mapping(run=run, mapping=mapping, options=options, by=None)
        run_job(enqueue_preview(run=run, by=None).pk)
        job = run_job(enqueue_run(run=run, by=None).pk)
        run.refresh_from_db()
        assert run.state == Import.State.DONE, job.error
        return run

    return go


def undo(run: Import) -> dict[str, int]:
    job = run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE, job.error
    found: dict[str, int] = run.counts["undone"]
    return found


def test_people_whom_a_later_file_of_the_source_names_are_that_ones(load: Load, book: Source) -> None:
    first = load(book, LEA, ("Paul", "Durand", "paul@example.org"))
    later = load(book, LEA)
    undone = undo(first)
    assert (undone["people"], undone["handed_over_people"], undone["kept"]) == (1, 1, 0)
    lea = Contact.objects.get()
    assert (lea.first_name, lea.created_by_import) == ("Léa", later)
    assert EmailAddress.objects.get().created_by_import == later
    assert ContactSource.objects.get().created_by_import == later
    assert undo(later)["people"] == 1
    assert not Contact.objects.exists()


def test_what_another_source_gave_too_stays_as_its_own(load: Load, book: Source, other: Source) -> None:
    chosen = List.objects.create(name="Market", targeting_class="criterion")
    first = load(book, ALL, list=chosen.pk)
    later = load(other, ALL, list=chosen.pk)
    undo(first)
    for model in (EmailAddress, PhoneNumber, PostalAddress):
        point = model.objects.get()
        assert (point.created_by_import, point.source, point.is_primary) == (later, other, True)
    for model in (ContactTag, ListMembership, ContactSource):
        assert model.objects.get().created_by_import == later
    assert ContactSource.objects.get().source == other
    undo(later)
    assert not Contact.objects.exists()


def test_what_the_other_file_does_not_give_goes(load: Load, book: Source, other: Source) -> None:
    first = load(book, ALL)
    load(other, LEA)
    undo(first)
    assert EmailAddress.objects.get().source == other
    assert not PhoneNumber.objects.exists()
    assert not PostalAddress.objects.exists()
    assert not ContactTag.objects.exists()


def test_a_value_that_another_file_gave_too_stays_until_that_one_is_undone(
    load: Load, book: Source, other: Source
) -> None:
    third = Source.objects.create(name="Third", kind="form", lawful_basis="consent", channels=[])
    load(book, LEA)
    born = (*LEA, "", "", "", "", "", "17/05/1980")
    first, later = load(other, born), load(third, born)
    undo(first)
    assert str(Contact.objects.get().birth_date) == "1980-05-17"
    undo(later)
    assert Contact.objects.get().birth_date is None


def test_a_value_that_another_file_left_out_returns(load: Load, book: Source, other: Source) -> None:
    third = Source.objects.create(name="Third", kind="form", lawful_basis="consent", channels=[])
    load(book, LEA)
    first = load(other, (*LEA, "", "", "", "", "", "17/05/1980"))
    load(third, LEA)
    undo(first)
    assert Contact.objects.get().birth_date is None


@pytest.mark.parametrize("said", ["Bakery", ""])
def test_extra_fields_stay_where_another_file_gave_them(
    load: Load, book: Source, other: Source, said: str
) -> None:
    CustomField.objects.create(key="job", label="Job", kind="text")
    third = Source.objects.create(name="Third", kind="form", lawful_basis="consent", channels=[])
    load(book, LEA)
    padding = [""] * (len(HEADER) - len(LEA))
    first = load(other, (*LEA, *padding, "Bakery"), extra="job")
    assert Contact.objects.get().custom == {"job": "Bakery"}
    load(third, (*LEA, *padding, said), extra="job")
    undo(first)
    assert Contact.objects.get().custom == ({"job": "Bakery"} if said else {})


def test_an_undone_file_confirms_nothing(load: Load, book: Source, other: Source) -> None:
    first = load(book, LEA)
    later = load(other, LEA)
    undo(later)
    assert undo(first)["people"] == 1
    assert not Contact.objects.exists()


def test_what_an_undone_file_confirmed_is_not_said_by_the_next(
    load: Load, book: Source, other: Source
) -> None:
    first = load(book, ALL)
    undo(load(other, ALL))
    load(other, LEA)
    undo(first)
    assert not PhoneNumber.objects.exists()


def test_a_file_between_two_others_keeps_what_it_said(load: Load, book: Source, other: Source) -> None:
    first = load(book, ALL)
    load(other, ALL)
    undo(load(other, LEA))
    undo(first)
    assert PhoneNumber.objects.get().source == other


def test_a_file_that_said_something_else_before_is_given_no_newer_value(
    load: Load, book: Source, other: Source
) -> None:
    third = Source.objects.create(name="Third", kind="form", lawful_basis="consent", channels=[])
    load(book, ("", "Martin", "lea@example.org", "06 39 98 12 34"))
    load(third, ("Léa", "Martin", "lea@example.org", "06 39 98 12 34"))
    load(other, LEA)
    newest = load(third, ("Léa", "Martin-Petit", "lea@example.org"), policies={"names": "replace"})
    assert Contact.objects.get().last_name == "Martin-Petit"
    undo(newest)
    assert Contact.objects.get().last_name == "Martin"


def agreements() -> list[tuple[str, bool, str]]:
    found = Consent.objects.order_by("at", "pk").values_list("channel", "given", "source__name")
    return list(found)


@pytest.mark.parametrize("same_source", [True, False])
def test_an_agreement_that_a_later_file_gave_too_is_that_ones(
    load: Load, book: Source, other: Source, same_source: bool
) -> None:
    first = load(book, LEA)
    later = load(book if same_source else other, LEA)
    assert agreements() == [("email", True, "Book")]
    undo(first)
    assert agreements() == [("email", True, "Book" if same_source else "Form")]
    consent = Consent.objects.get()
    assert (consent.created_by_import, consent.is_undated) == (later, True)
    assert Reach.objects.get(channel="email").political
    undo(later)
    assert not Consent.objects.exists()


def test_an_agreement_is_not_given_back_against_a_refusal(load: Load, book: Source, other: Source) -> None:
    first = load(book, LEA)
    load(other, LEA)
    person = Contact.objects.get()
    messages = ConsentPurpose.MESSAGES
    record_consent(contact=person, channel=Channel.EMAIL, purpose=messages, given=False, by=None)
    undo(first)
    assert agreements()[-1][:2] == ("email", False)


def test_a_file_that_comes_every_day_keeps_one_row_a_person(load: Load, book: Source) -> None:
    load(book, LEA)
    assert not ImportConfirmation.objects.exists()
    for _day in range(3):
        newest = load(book, LEA)
    assert ImportConfirmation.objects.get().runs[-1] == newest.pk
