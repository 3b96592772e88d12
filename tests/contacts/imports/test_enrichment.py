"""Enrichment: people who are known get phones, e-mails and addresses; nobody is created; it can be undone."""

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.choices import set_mapping
from contacts.imports.errors import ImportProblem
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.models import Contact, CustomField, Import, PhoneNumber, Source
from contacts.views.import_effect import tiles
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


def shown_of(run: Import, counts: dict[str, int]) -> dict[str, tuple[int, str]]:
    return {str(tile.label): (tile.number, str(tile.note)) for tile in tiles(run, counts)}


def test_preview_and_report_tell_rate_gains_conflicts_and_the_price_of_each(known, broker, tmp_path) -> None:
    CustomField.objects.create(key="job", label="Job", kind="text")
    CustomField.objects.create(key="club", label="Club", kind="text")
    people = [
        ["Léa", "Martin", "lea@example.org", "0639981234", "", *HOME, "Nurse", "Judo"],
        ["Jean", "Petit", "jean@example.org", "0639980002", "01/02/1990", "", "", "", "", "Judo"],
        ["Zoé", "Roy", "zoe@example.org", "0639980003", "", *HOME, "", ""],
    ]
    path = write_rows(tmp_path / "offered.csv", [[*HEADER, "Métier", "Club"], *people])
    run = start_import(file=path, file_name=path.name, kind="enrichment", source=broker, by=None)
    mapping = {int(index): field for index, field in run.mapping.items()} | {
        8: "custom.job",
        9: "custom.club",
    }
    set_mapping(run=run, mapping=mapping, by=None, options={"price": "10.00"})
    run_job(enqueue_preview(run=run, by=None).pk)
    run.refresh_from_db()
    before = shown_of(run, run.preview)
    run_job(enqueue_run(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == "done", run.error
    assert shown_of(run, run.counts) == before
    assert before == {
        "Rows in the file": (3, ""),
        "People recognised": (2, "67 % of the people of the file"),
        "Not known here": (1, "nobody is created"),
        "New e-mails": (0, ""),
        "New phones": (2, ""),
        "New addresses": (1, ""),
        "Contact points gained": (3, "3.33 € for each"),
        "Fields filled": (5, "Birth date: 1 · Commune: 1 · Extra fields: 3"),
        "Conflicts": (0, "people of whom the file says something else"),
        "Rejected": (0, "with the reason for each"),
    }


def test_a_file_that_gives_no_point_has_no_price_of_each(known, broker, tmp_path) -> None:
    row = ["Léa", "Martin", "lea@example.org", "", "", "", "", ""]
    run = preview(write_rows(tmp_path / "a.csv", [HEADER, row]), kind="enrichment", source=broker)
    run.options["price"] = "10.00"
    shown = shown_of(run, run.preview)
    assert (shown["Contact points gained"], shown["Fields filled"]) == ((0, ""), (0, ""))
    assert shown["People recognised"] == (1, "100 % of the people of the file")


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
