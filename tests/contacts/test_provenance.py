"""Every value of a person tells where it comes from and since when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from campaign_crm.platform.models import User
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, Import, ImportChange, Source
from contacts.provenance import FIELDS, origins_of
from contacts.services.people import create_contact, update_contact

ENDED = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="national_officer", language="en")


@pytest.fixture
def book(db: None) -> Source:
    return Source.objects.create(
        name="Members", kind="address_book", lawful_basis="member", channels=["email"]
    )


@pytest.fixture
def lea(book: Source, officer: User) -> Contact:
    return create_contact(source=book, by=officer, first_name="Léa", last_name="Martin")


def test_a_value_comes_from_what_made_the_record(lea: Contact, book: Source, officer: User) -> None:
    origins = origins_of(lea)
    assert list(origins) == ["last_name", "first_name", "language", "relationship"]
    assert {(origin.source, origin.by, origin.at) for origin in origins.values()} == {
        (book, officer, lea.created_at)
    }


def test_the_newest_writer_of_a_field_is_its_origin(lea: Contact, book: Source, officer: User) -> None:
    form = Source.objects.create(name="Form", kind="form", lawful_basis="consent")
    file = Import.objects.create(
        kind="address-book", source=book, state="done", file_path="", finished_at=ENDED
    )
    ImportChange.objects.create(
        import_run=file, table="contact", row_id=lea.pk, before={"gender": ""}, after={"gender": "F"}
    )
    lea.gender = "F"
    lea.save(update_fields=["gender"])
    origins = origins_of(lea)
    assert (origins["gender"].import_run, origins["gender"].at) == (file, ENDED)
    update_contact(contact=lea, by=None, source=form, civility="Mme")
    update_contact(contact=lea, by=officer, gender="M")
    lea.refresh_from_db()
    origins = origins_of(lea)
    assert (origins["civility"].source, origins["civility"].by) == (form, None)
    assert (origins["gender"].by, origins["gender"].import_run) == (officer, None)


def test_an_undone_import_or_merge_is_no_origin(lea: Contact, book: Source, officer: User) -> None:
    file = Import.objects.create(
        kind="address-book", source=book, state="undone", file_path="", finished_at=ENDED
    )
    ImportChange.objects.create(
        import_run=file, table="contact", row_id=lea.pk, before={}, after={"last_name": "Martin"}
    )
    other = create_contact(source=book, by=None, first_name="Léa", last_name="Martin", civility="Mme")
    done = merge(kept=lea, absorbed=other, by=officer)
    lea.refresh_from_db()
    assert (origins_of(lea)["civility"].merge, origins_of(lea)["civility"].by) == (done, officer)
    unmerge(merge=done, by=officer)
    lea.refresh_from_db()
    assert origins_of(lea)["last_name"].import_run is None
    assert "civility" not in origins_of(lea)


def test_a_record_made_by_a_file_names_the_file(book: Source) -> None:
    file = Import.objects.create(
        kind="address-book", source=book, state="done", file_path="", finished_at=ENDED
    )
    lea = Contact.objects.create(first_name="Léa", created_by_import=file)
    assert (origins_of(lea)["first_name"].import_run, origins_of(lea)["first_name"].source) == (file, book)


def test_every_field_that_people_see_has_an_origin() -> None:
    written = {"civility", "first_name", "last_name", "birth_name", "gender", "birth_date", "language"}
    assert written <= set(FIELDS)


def test_the_page_of_a_person_opens_them(lea: Contact, officer: User) -> None:
    client = Client()
    client.force_login(officer)
    address = f"/people/{lea.pk}/origins/"
    assert address in client.get(f"/people/{lea.pk}/").content.decode()
    shown = client.get(address).content.decode()
    assert "Members" in shown
    assert "First name" in shown
