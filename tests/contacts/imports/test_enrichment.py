"""Enrichment: people who are known get phones, e-mails and addresses; nobody is created; it can be undone."""

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.errors import ImportProblem
from contacts.imports.service import undo_import
from contacts.models import Contact, PhoneNumber, Source
from tests.support.imports import counted, fingerprint, import_file, preview, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance", "Adresse", "CP", "Ville"]
HOME = ["12 rue des Lilas", "60000", "Beauvais"]


@pytest.fixture
def broker(db) -> Source:
    return Source.objects.create(
        name="Exempla",
        kind="broker_purchase",
        lawful_basis="legitimate_interest",
        channels=["call"],
        supplier="Exempla",
        balance="One call.",
        proof="Contract",
    )


@pytest.fixture
def known(places, book, tmp_path) -> None:
    people = [
        ["Léa", "Martin", "lea@example.org", "", "17/05/1980", "", "", ""],
        ["Jean", "Petit", "jean@example.org", "0639980001", "", *HOME],
    ]
    import_file(write_rows(tmp_path / "known.csv", [HEADER, *people]), kind="address-book", source=book)


@pytest.fixture
def offered(tmp_path):
    people = [
        ["Léa", "Martin", "lea@example.org", "0639981234", "", *HOME],
        ["Jean", "Petit", "jean@example.org", "0639980002", "01/02/1990", "", "", ""],
        ["Zoé", "Roy", "zoe@example.org", "0639980003", "", *HOME],
    ]
    return write_rows(tmp_path / "offered.csv", [HEADER, *people])


def test_only_people_who_are_known_gain_something(known, offered, broker) -> None:
    run = import_file(offered, kind="enrichment", source=broker)
    assert run.state == "done", run.error
    assert Contact.objects.count() == 2
    assert counted(run, "rows", "new", "matched", "unmatched", "updated", "duplicate") == {
        "rows": 3, "new": 0, "matched": 2, "unmatched": 1, "updated": 2, "duplicate": 0,
    }  # fmt: skip
    assert counted(run, "points_emails", "points_phones", "points_addresses") == {
        "points_emails": 0, "points_phones": 2, "points_addresses": 1,
    }  # fmt: skip
    lea = Contact.objects.get(first_name="Léa")
    assert lea.phonenumber_set.get().source == broker
    assert lea.commune.name == "Beauvais"
    assert PhoneNumber.objects.get(contact__first_name="Jean", is_primary=True).e164 == "+33639980001"


def test_the_preview_tells_the_same_before(known, offered, broker) -> None:
    before = fingerprint()
    run = preview(offered, kind="enrichment", source=broker)
    names = ("new", "matched", "unmatched", "points_emails", "points_phones", "points_addresses", "conflicts")
    assert [run.preview[name] for name in names] == [0, 2, 1, 0, 2, 1, 0]
    assert fingerprint() == before


def test_what_contradicts_the_base_is_counted_and_left(known, broker, tmp_path) -> None:
    row = ["Léa", "Martin", "lea@example.org", "", "", "1 place du Jeu de Paume", "75001", "Paris"]
    import_file(write_rows(tmp_path / "a.csv", [HEADER, row]), kind="enrichment", source=broker)
    row = ["Léa", "Martin", "lea@example.org", "", "", *HOME]
    run = import_file(write_rows(tmp_path / "b.csv", [HEADER, row]), kind="enrichment", source=broker)
    assert counted(run, "conflicts", "points_addresses") == {"conflicts": 1, "points_addresses": 1}
    assert "Paris" in Contact.objects.get(first_name="Léa").commune.name


def test_undo_takes_everything_back(known, offered, broker) -> None:
    before = fingerprint("contacts_importchange", "contacts_sourcerow")
    run = import_file(offered, kind="enrichment", source=broker)
    run_job(undo_import(run=run, by=None).pk)
    after = fingerprint("contacts_importchange", "contacts_sourcerow")
    del before["contacts_contact"], after["contacts_contact"]  # the moment of the change stays
    assert after == before
    assert Contact.objects.get(first_name="Léa").commune is None


def test_it_asks_for_the_source_of_a_supplier(known, offered, book) -> None:
    with pytest.raises(ImportProblem, match="does not fit"):
        preview(offered, kind="enrichment", source=book)
