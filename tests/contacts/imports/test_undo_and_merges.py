"""Undoing an import whose people were merged, or kept apart, meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import undo_import
from contacts.merging.pairs import keep_apart
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, DuplicatePair, Import, Newsletter, Reach, Source, Subscription
from contacts.services.people import add_note, add_tag, create_contact, tag_named
from contacts.services.subscriptions import end_subscription, subscribe
from tests.support.imports import import_file, write_rows

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = ["Prénom", "Nom", "Email", "Mobile"]
ImportPeople = Callable[..., Import]


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(name="Form", kind="form", lawful_basis="consent", channels=["email"])


@pytest.fixture
def import_people(tmp_path: Path, book: Source) -> ImportPeople:
    def go(*people: tuple[str, ...], **options: Any) -> Import:
        path = write_rows(
            tmp_path / "book.csv", [HEADER, *[[*one, *[""] * (4 - len(one))] for one in people]]
        )
        return import_file(path, kind="address-book", source=book, **options)

    return go


def undo(run: Import) -> dict[str, int]:
    job = run_job(undo_import(run=run, by=None).pk)
    run.refresh_from_db()
    assert (job.state, run.state) == ("succeeded", Import.State.UNDONE), job.error
    found: dict[str, int] = run.counts["undone"]
    return found


def test_an_address_that_two_records_had_stays_with_the_merged_one(
    import_people: ImportPeople, form: Source
) -> None:
    tag = tag_named("Volunteer")
    signed_up = create_contact(
        source=form, by=None, first_name="Léo", last_name="Petit", email="a@example.org"
    )
    run = import_people(("Léa", "Martin", "a@example.org"))
    kept = Contact.objects.get(first_name="Léa")
    for person in (kept, signed_up):
        add_tag(contact=person, tag=tag, by=None)
    kept.tag_links.update(created_by_import=run)
    merge(kept=kept, absorbed=signed_up, by=None)
    assert kept.emailaddress_set.get().created_by_import == run
    undo(run)
    point = kept.emailaddress_set.get()
    assert (point.address, point.created_by_import, point.is_primary) == ("a@example.org", None, True)
    assert kept.tag_links.get().created_by_import is None
    assert Reach.objects.get(contact=kept, channel="email").reason == ""


def test_a_merge_undone_after_its_import_brings_nothing_of_it_back(
    import_people: ImportPeople, form: Source
) -> None:
    signed_up = create_contact(
        source=form, by=None, first_name="Léo", last_name="Petit", email="a@example.org"
    )
    run = import_people(("Léa", "Martin", "a@example.org"))
    imported = Contact.objects.get(first_name="Léa")
    done = merge(kept=signed_up, absorbed=imported, by=None)
    undo(run)
    restored = unmerge(merge=done, by=None)
    assert not restored.emailaddress_set.exists()
    assert signed_up.emailaddress_set.get().address == "a@example.org"


def test_a_newsletter_that_was_left_does_not_come_back_with_hidden_rows(
    import_people: ImportPeople, form: Source
) -> None:
    letter = Newsletter.objects.create(name="Lettre")
    signed_up = create_contact(
        source=form, by=None, first_name="Léo", last_name="Petit", email="b@example.org"
    )
    run = import_people(("Léa", "Martin", "a@example.org"))
    kept = Contact.objects.get(first_name="Léa")
    for person in (kept, signed_up):
        subscribe(contact=person, newsletter=letter, source=form, by=None)
    merge(kept=kept, absorbed=signed_up, by=None)
    end_subscription(contact=kept, newsletter=letter, by=None)
    undo(run)
    assert not Subscription.objects.filter(ended_at=None).exists()


def test_not_the_same_is_remembered_when_a_file_is_undone_and_comes_in_again(
    import_people: ImportPeople, form: Source
) -> None:
    older = create_contact(source=form, by=None, first_name="Léa", last_name="Martin", email="l@example.org")
    rows = [("Léa", "Martin", "a@example.org"), ("Jean", "Petit", "jean@example.org")]
    run = import_people(*rows)
    imported = Contact.objects.get(first_name="Léa", created_by_import=run)
    keep_apart(one=older, other=imported, by=None)
    undone = undo(run)
    assert (undone["people"], undone["kept"]) == (1, 1)
    assert not imported.emailaddress_set.exists()
    import_people(*rows)
    assert imported.emailaddress_set.get().address == "a@example.org"
    assert Contact.objects.filter(first_name="Léa").count() == 2
    assert DuplicatePair.objects.get(first=older, second=imported).state == "different"


def test_who_stays_is_known_when_the_file_comes_in_again(import_people: ImportPeople) -> None:
    run = import_people(("Léa", "Martin", "a@example.org"))
    person = Contact.objects.get()
    add_note(contact=person, body="Met at the market", by=None)
    undo(run)
    import_people(("Léa", "Martin", "a@example.org"))
    assert Contact.objects.get() == person
    assert person.emailaddress_set.get().address == "a@example.org"
