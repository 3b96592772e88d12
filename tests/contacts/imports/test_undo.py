"""Undoing real imports: the base is as before, but for what happened since."""

import pytest
from django.db.models import F

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import undo_import
from contacts.models import Contact, ElectoralRegistration, Import, Note, Source
from contacts.services.people import update_contact
from tests.support.imports import fingerprint, import_file, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance"]
# What an undone import leaves on purpose: its journal of changes, its places, and tags it named.
LEFT = ("contacts_importchange", "contacts_importreject", "contacts_territory", "contacts_territoryancestor")


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


def undo(run: Import) -> dict[str, int]:
    job = run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert (job.state, run.state) == ("succeeded", Import.State.UNDONE), job.error
    found: dict[str, int] = run.counts["undone"]
    return found


@pytest.fixture
def import_people(tmp_path):
    def go(source, *people):
        path = write_rows(
            tmp_path / "book.csv", [HEADER, *[[*one, *[""] * (5 - len(one))] for one in people]]
        )
        return import_file(path, kind="address-book", source=source)

    return go


@pytest.fixture
def second(db):
    return Source.objects.create(name="Second", kind="address_book", lawful_basis="consent", channels=["sms"])


def test_an_address_book_undone_leaves_the_base_as_it_was(import_people, book, second) -> None:
    import_people(book, ("Léa", "Martin", "lea@example.org"))
    Contact.objects.update(updated_at=F("created_at"))
    before = fingerprint(*LEFT)
    run = import_people(
        second,
        ("Léa", "Martin", "lea@example.org", "06 39 98 12 34", "17/05/1980"),
        ("Jean", "Petit", "jean@example.org"),
    )
    assert undo(run)["people"] == 1
    Contact.objects.update(updated_at=F("created_at"))
    assert fingerprint(*LEFT) == before


def test_people_to_whom_something_happened_stay(import_people, book) -> None:
    run = import_people(book, ("Léa", "Martin", "lea@example.org"), ("Jean", "Petit", "jean@example.org"))
    Note.objects.create(contact=Contact.objects.get(first_name="Léa"), body="Met at the market")
    undone = undo(run)
    assert (undone["people"], undone["kept"]) == (1, 1)
    assert Contact.objects.get().first_name == "Léa"


def test_people_whom_somebody_worked_on_stay(import_people, book) -> None:
    run = import_people(book, ("Léa", "Martin", "lea@example.org"), ("Jean", "Petit", "jean@example.org"))
    update_contact(contact=Contact.objects.get(first_name="Léa"), civility="Mme", by=None)
    undone = undo(run)
    assert (undone["people"], undone["kept"]) == (1, 1)


def test_a_value_that_was_changed_again_stays(import_people, book, second) -> None:
    import_people(book, ("Léa", "Martin", "lea@example.org"))
    run = import_people(second, ("Léa", "Martin", "lea@example.org", "", "17/05/1980"))
    Contact.objects.update(birth_date="1981-06-18")
    undo(run)
    assert str(Contact.objects.get().birth_date) == "1981-06-18"


def test_a_roll_undone_gives_back_what_a_newer_one_changed(elector, roll_file, roll_source) -> None:
    import_file(roll_file([elector()]), kind="roll", source=roll_source)
    before = fingerprint(*LEFT)
    moved = elector(code_du_bureau_de_vote="0002", numéro_de_voie="3")
    run = import_file(roll_file([moved, elector(prénoms="Jean")]), kind="roll", source=roll_source)
    assert ElectoralRegistration.objects.count() == 2
    undone = undo(run)
    assert (undone["electors"], undone["returned"]) == (1, 2)
    assert fingerprint(*LEFT) == before


def test_an_undone_import_can_come_in_again(import_people, book) -> None:
    people = [("Léa", "Martin", "lea@example.org"), ("Jean", "Petit")]
    undo(import_people(book, *people))
    assert not Contact.objects.exists()
    assert import_people(book, *people).counts["new"] == 2
