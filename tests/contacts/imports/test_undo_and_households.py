"""Undoing an import: who was one household by what it brought is none any more, at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.households.finding import refresh_all_households
from contacts.imports.service import undo_import
from contacts.models import Contact, Household, HouseholdMember, Import, Source
from contacts.services.people import add_note, create_contact
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email"]
SHARED = "home@example.org"


@pytest.fixture
def import_people(tmp_path: Path, book: Source) -> Callable[..., Import]:
    def go(*people: tuple[str, ...]) -> Import:
        path = write_rows(tmp_path / "book.csv", [HEADER, *people])
        return import_file(path, kind="address-book", source=book)

    return go


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])


def undo(run: Import) -> None:
    job = run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE, job.error


def test_who_lived_with_somebody_who_goes_is_alone(
    import_people: Callable[..., Import], form: Source
) -> None:
    create_contact(source=form, by=None, first_name="Jean", last_name="Martin", email=SHARED)
    run = import_people(("Léa", "Martin", SHARED))
    refresh_all_households()
    assert HouseholdMember.objects.count() == 2
    undo(run)
    assert Contact.objects.get().first_name == "Jean"
    assert not HouseholdMember.objects.exists()


def test_who_stays_without_the_shared_address_is_alone(
    import_people: Callable[..., Import], form: Source
) -> None:
    create_contact(source=form, by=None, first_name="Jean", last_name="Martin", email=SHARED)
    run = import_people(("Léa", "Martin", SHARED))
    lea = Contact.objects.get(first_name="Léa")
    add_note(contact=lea, body="Met at the market", by=None)
    refresh_all_households()
    assert HouseholdMember.objects.count() == 2
    undo(run)
    assert not lea.emailaddress_set.exists()
    assert not HouseholdMember.objects.exists()


def test_people_whom_somebody_put_into_a_household_stay(
    import_people: Callable[..., Import], form: Source
) -> None:
    jean = create_contact(source=form, by=None, first_name="Jean", last_name="Martin", email=SHARED)
    run = import_people(("Léa", "Martin", "lea@example.org"))
    household = Household.objects.create()
    for person in (jean, Contact.objects.get(first_name="Léa")):
        HouseholdMember.objects.create(contact=person, household=household, by_hand=True)
    undo(run)
    assert Contact.objects.count() == 2
