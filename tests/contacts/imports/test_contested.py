"""Somebody of the base whom several people of one file would be: nobody is mixed with anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.people import engine
from contacts.imports.service import enqueue_run
from contacts.models import Contact, EmailAddress, Import, PhoneNumber, Source
from tests.support.imports import import_file, preview, write_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("places")]

HEADER = ["Prénom", "Nom", "Email", "Mobile", "Date de naissance"]
COUPLE = "couple@example.org"
JEAN, MARIE = ("Jean", "Dupont", COUPLE, "06 39 98 12 34"), ("Marie", "Dupont", COUPLE, "06 39 98 56 78")
Bring = Callable[..., Import]


@pytest.fixture
def second(db: None) -> Source:
    return Source.objects.create(name="Second", kind="form", lawful_basis="consent", channels=["sms"])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def go(*people: tuple[str, ...]) -> Path:
        rows = [[*one, *[""] * (len(HEADER) - len(one))] for one in people]
        return write_rows(tmp_path / "people.csv", [HEADER, *rows])

    return go


@pytest.fixture
def bring(write: Callable[..., Path]) -> Bring:
    def go(source: Source, *people: tuple[str, ...]) -> Import:
        run = import_file(write(*people), kind="address-book", source=source)
        assert run.state == Import.State.DONE, run.error
        return run

    return go


@pytest.fixture
def nameless(bring: Bring, book: Source) -> Contact:
    """What a bare list of addresses leaves of a couple."""
    bring(book, ("", "", COUPLE))
    return Contact.objects.get()


def add_address(person: Contact, address: str) -> None:
    is_first = not person.emailaddress_set.exists()
    EmailAddress.objects.create(contact=person, address=address, normalised=address, is_primary=is_first)


def named(first: str) -> Contact:
    return Contact.objects.get(first_name=first)


@pytest.mark.parametrize("lines", [1, 5_000], ids=["apart", "together"])
def test_a_couple_at_an_address_without_a_name_are_two_people(
    bring: Bring, nameless: Contact, second: Source, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    monkeypatch.setattr(engine, "LINES_A_CHUNK", lines)
    run = bring(second, JEAN, MARIE)
    assert (run.preview["new"], run.counts["new"]) == (2, 2)
    nameless.refresh_from_db()
    assert (nameless.first_name, nameless.last_name) == ("", "")
    assert not nameless.consents.filter(channel="sms").exists()
    for first, number in (("Jean", "+33639981234"), ("Marie", "+33639985678")):
        person = named(first)
        assert [phone.e164 for phone in person.phonenumber_set.all()] == [number]
        assert person.consents.filter(channel="sms", given=True).count() == 1


def test_one_name_takes_the_address_without_a_name_as_before(
    bring: Bring, nameless: Contact, second: Source
) -> None:
    bring(second, JEAN)
    nameless.refresh_from_db()
    assert (nameless.first_name, Contact.objects.count()) == ("Jean", 1)


def test_two_rows_of_one_person_do_not_contest_each_other(
    bring: Bring, nameless: Contact, second: Source
) -> None:
    add_address(nameless, "jd@example.org")
    bring(second, JEAN, ("Jean", "Dupont", "jd@example.org"))
    assert Contact.objects.get().first_name == "Jean"


def test_a_couple_at_two_addresses_of_one_record_are_two_people(
    bring: Bring, nameless: Contact, second: Source
) -> None:
    add_address(nameless, "md@example.org")
    bring(second, JEAN, ("Marie", "Dupont", "md@example.org"))
    assert set(Contact.objects.values_list("first_name", flat=True)) == {"", "Jean", "Marie"}


def test_of_two_who_would_be_half_a_name_neither_is(bring: Bring, second: Source) -> None:
    half = Contact.objects.create(last_name="Dupont")
    add_address(half, COUPLE)
    PhoneNumber.objects.create(contact=half, e164="+33639981234", line="mobile")
    bring(second, JEAN, ("Marie", *JEAN[1:]))
    half.refresh_from_db()
    assert (half.first_name, Contact.objects.count()) == ("", 3)


def test_the_whole_name_stays_certain_beside_one_that_only_fits(bring: Bring, second: Source) -> None:
    known = Contact.objects.create(first_name="Léa", last_name="Martinez")
    add_address(known, COUPLE)
    bring(second, ("Léa", "Martinez", COUPLE, "06 39 98 12 34"), ("Léa", "Durand-Martinez", COUPLE))
    assert Contact.objects.get().phonenumber_set.count() == 1
    bring(second, ("Léa", "Petit", COUPLE))
    assert Contact.objects.count() == 2


def test_a_father_and_a_son_at_two_addresses_of_one_record_are_neither(bring: Bring, second: Source) -> None:
    known = Contact.objects.create(first_name="Jean", last_name="Dupont")
    for address in (COUPLE, "jd@example.org"):
        add_address(known, address)
    bring(
        second,
        ("Jean", "Dupont", COUPLE, "", "17/05/1950"),
        ("Jean", "Dupont", "jd@example.org", "", "18/06/1980"),
    )
    known.refresh_from_db()
    assert (known.birth_date, Contact.objects.count()) == (None, 3)
    assert set(Contact.objects.exclude(pk=known.pk).values_list("birth_date", flat=True)) == {
        date(1950, 5, 17), date(1980, 6, 18),
    }  # fmt: skip


def test_the_same_file_again_finds_each_of_them(bring: Bring, nameless: Contact, second: Source) -> None:
    bring(second, JEAN, MARIE)
    again = bring(second, JEAN, MARIE)
    assert (again.counts["new"], Contact.objects.count()) == (0, 3)


def test_an_address_without_a_name_that_came_after_the_preview_is_nobodys_either(
    write: Callable[..., Path], second: Source
) -> None:
    run = preview(write(JEAN, MARIE), kind="address-book", source=second)
    late = Contact.objects.create()
    add_address(late, COUPLE)
    run_job(enqueue_run(run=run, by=None).pk)
    late.refresh_from_db()
    assert (late.first_name, Contact.objects.count()) == ("", 3)


def test_going_on_after_the_working_tables_are_lost_finds_the_same_people(
    write: Callable[..., Path], nameless: Contact, second: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contacts.imports import by_kind
    from contacts.imports.people.write import write_chunk
    from contacts.imports.progress import Progress
    from contacts.imports.staging import Staging

    monkeypatch.setattr(engine, "LINES_A_CHUNK", 1)
    run = preview(write(JEAN, MARIE), kind="address-book", source=second)
    staging = Staging(run.pk)

    class Quiet:
        def __getattr__(self, _name: str) -> Callable[..., None]:
            return lambda *_values, **_named: None

    quiet: Progress = Quiet()  # type: ignore[assignment]
    terms = by_kind._terms(run)
    engine.create_targets(staging)
    first = engine.chunks.left_to_do(staging)[0][0]
    write_chunk(staging, first, terms=terms, progress=quiet)
    staging.drop()  # as a crash of PostgreSQL would
    job = run_job(enqueue_run(run=run, by=None).pk)
    run.refresh_from_db()
    assert run.state == Import.State.DONE, job.error
    assert set(Contact.objects.values_list("first_name", flat=True)) == {"", "Jean", "Marie"}
