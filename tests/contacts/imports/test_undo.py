"""Undoing real imports: the base is as before, but for what happened since."""

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import Job
from contacts.imports.service import enqueue_run, undo_import
from contacts.imports.undo import electors_kept
from contacts.models import (
    ChosenFrequency,
    Consent,
    Contact,
    ElectoralRegistration,
    Import,
    ImportChange,
    Note,
    RegistrationMatch,
    Source,
)
from contacts.services.people import update_contact
from contacts.services.registration_links import confirm_link, refuse_link
from contacts.views.import_page import undo_means
from tests.support.imports import fingerprint, import_file, preview, write_rows

pytestmark = pytest.mark.django_db

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance"]
# What an undone import leaves on purpose: its journal of changes, its places, and tags it named.
LEFT = ("contacts_importchange", "contacts_importreject", "contacts_territory", "contacts_territoryancestor")


@pytest.fixture(autouse=True)
def _places(places):
    """Every test of this module has the places."""


def undo(run: Import, **options: bool) -> dict[str, int]:
    job = run_job(undo_import(run=run, by=None, **options).pk)
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


@pytest.mark.parametrize("decide", [confirm_link, refuse_link], ids=["linked", "refused"])
def test_people_whose_elector_somebody_decided_on_stay(
    import_people, book, elector, roll_file, roll_source, decide
) -> None:
    import_file(roll_file([elector()]), kind="roll", source=roll_source)
    run = import_people(book, ("Zoé", "Lambert", "zoe@example.org"), ("Jean", "Petit", "jean@example.org"))
    match = RegistrationMatch.objects.create(
        contact=Contact.objects.get(first_name="Zoé"), registration=ElectoralRegistration.objects.get()
    )
    decide(match=match, by=None)
    undone = undo(run)
    assert (undone["people"], undone["kept"]) == (1, 1)
    match.refresh_from_db()
    assert match.contact.first_name == "Zoé"


def test_people_who_chose_how_often_they_are_written_to_stay(import_people, book) -> None:
    run = import_people(book, ("Léa", "Martin", "lea@example.org"), ("Jean", "Petit", "jean@example.org"))
    ChosenFrequency.objects.create(
        contact=Contact.objects.get(first_name="Léa"), channel="email", days=ChosenFrequency.Days.MONTH
    )
    undone = undo(run)
    assert (undone["people"], undone["kept"]) == (1, 1)


def test_a_value_that_was_changed_again_stays(import_people, book, second) -> None:
    import_people(book, ("Léa", "Martin", "lea@example.org"))
    run = import_people(second, ("Léa", "Martin", "lea@example.org", "", "17/05/1980"))
    Contact.objects.update(birth_date="1981-06-18")
    undone = undo(run)
    assert str(Contact.objects.get().birth_date) == "1981-06-18"
    assert (undone["changed"], undone["returned"]) == (0, 0)


def test_a_roll_undone_gives_back_what_a_newer_one_changed(elector, roll_file, roll_source) -> None:
    import_file(roll_file([elector()]), kind="roll", source=roll_source)
    before = fingerprint(*LEFT)
    moved = elector(code_du_bureau_de_vote="0002", numéro_de_voie="3")
    run = import_file(roll_file([moved, elector(prénoms="Jean")]), kind="roll", source=roll_source)
    assert ElectoralRegistration.objects.count() == 2
    undone = undo(run)
    assert (undone["electors"], undone["changed"], undone["returned"]) == (1, 1, 2)
    assert "; 1 returns to what it was (2 values), unless" in undo_means(run.counts, kind="roll")
    assert fingerprint(*LEFT) == before


def test_an_undone_import_can_come_in_again(import_people, book) -> None:
    people = [("Léa", "Martin", "lea@example.org"), ("Jean", "Petit")]
    undo(import_people(book, *people))
    assert not Contact.objects.exists()
    assert import_people(book, *people).counts["new"] == 2


def test_a_value_never_returns_to_what_an_undone_import_wrote(import_people, book, second) -> None:
    import_people(book, ("Léa", "Martin", "lea@example.org", "", "17/05/1980"))
    Contact.objects.update(birth_date="1979-01-01")
    person = Contact.objects.get()
    first, then = (
        Import.objects.create(
            kind="address-book", source=second, state="done", file_name=name, writing_began_at=timezone.now()
        )
        for name in ("a.csv", "b.csv")
    )
    for run, before, after in ((first, "1979-01-01", "1980-05-17"), (then, "1980-05-17", "1981-06-18")):
        ImportChange.objects.create(
            import_run=run,
            table="contact",
            row_id=person.pk,
            before={"birth_date": before},
            after={"birth_date": after},
        )
    Contact.objects.update(birth_date="1981-06-18")
    undo(first)
    assert str(Contact.objects.get().birth_date) == "1981-06-18"
    undo(then)
    assert str(Contact.objects.get().birth_date) == "1979-01-01"


def test_what_people_refused_stays_unless_the_file_was_mistaken(import_people, book, second) -> None:
    import_people(book, ("Léa", "Martin", "lea@example.org"))
    person = Contact.objects.get()
    runs = [
        Import.objects.create(
            kind="address-book", source=second, state="done", file_name=name, writing_began_at=timezone.now()
        )
        for name in ("a.csv", "b.csv")
    ]
    for run in runs:
        for given in (True, False):
            Consent.objects.create(
                contact=person,
                channel="post",
                purpose="messages",
                given=given,
                source=second,
                created_by_import=run,
            )
    undo(runs[0])
    assert list(runs[0].consent_set.values_list("given", flat=True)) == [False]
    undo(runs[1], objections_too=True)
    assert not runs[1].consent_set.exists()


def test_electors_whom_a_newer_roll_has_too_are_its_own_then(elector, roll_file, roll_source) -> None:
    older = import_file(roll_file([elector(), elector(prénoms="Jean")]), kind="roll", source=roll_source)
    newer = import_file(roll_file([elector()], name="newer.csv"), kind="roll", source=roll_source)
    undone = undo(older)
    assert (undone["electors"], undone["handed_over"]) == (1, 1)
    kept = ElectoralRegistration.objects.get()
    assert (kept.first_names, kept.created_by_import) == ("Léa Marie", newer)
    assert undo(newer)["electors"] == 1
    assert not ElectoralRegistration.objects.exists()


def test_an_elector_goes_whom_an_older_roll_of_the_station_never_had(elector, roll_file, roll_source) -> None:
    import_file(roll_file([elector()]), kind="roll", source=roll_source)
    newer = import_file(roll_file([elector(), elector(prénoms="Jean")]), kind="roll", source=roll_source)
    assert undo(newer)["electors"] == 1
    assert ElectoralRegistration.objects.get().first_names == "Léa Marie"


def test_an_elector_linked_by_hand_stays_and_is_counted(
    elector, roll_file, roll_source, import_people, book
) -> None:
    import_people(book, ("Anne", "Petit", "anne@example.org"))
    run = import_file(roll_file([elector(), elector(prénoms="Jean")]), kind="roll", source=roll_source)
    kept = ElectoralRegistration.objects.get(first_names="Jean")
    person = Contact.objects.get()
    ElectoralRegistration.objects.filter(pk=kept.pk).update(contact=person)
    RegistrationMatch.objects.create(contact=person, registration=kept, state="linked", automatic=False)
    undone = undo(run)
    assert (undone["electors"], undone["kept_electors"]) == (1, 1)
    assert ElectoralRegistration.objects.get().contact == person
    assert electors_kept(run) == [kept]


def test_a_roll_that_goes_on_after_an_undo_writes_the_electors_that_went(
    elector, roll_file, roll_source, monkeypatch
) -> None:
    monkeypatch.setattr("contacts.imports.rolls.engine.ROWS_A_CHUNK", 1)
    older = import_file(roll_file([elector()]), kind="roll", source=roll_source)
    rows = [elector(), elector(prénoms="Jean")]
    newer = preview(roll_file(rows, name="newer.csv"), kind="roll", source=roll_source)
    job = enqueue_run(run=newer, by=None)
    with monkeypatch.context() as patch:
        patch.setattr("contacts.imports.jobs.keep_rejects", _die)
        run_job(job.pk)
    ElectoralRegistration.objects.filter(created_by_import=older)._raw_delete("default")
    Import.objects.filter(pk=older.pk).update(state=Import.State.UNDOING)
    Job.objects.filter(pk=job.pk).update(run_after=Now())
    run_job(job.pk)
    newer.refresh_from_db()
    assert newer.state == Import.State.DONE
    assert ElectoralRegistration.objects.filter(created_by_import=newer).count() == 2


def _die(*_args: object) -> None:
    raise RuntimeError("the worker died")
