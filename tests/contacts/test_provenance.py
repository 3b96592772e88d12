"""Every value of a person tells where it comes from and since when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from campaign_crm.platform.models import User
from contacts.merging.service import merge, unmerge
from contacts.models import Contact, CustomField, Import, ImportChange, Source
from contacts.provenance import FIELDS, origins_of
from contacts.services.people import create_contact, update_contact

ENDED = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="officer@example.org", role="director", language="en")


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
    assert origins_of(lea)["civility"].merge == done
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
    written = {"civility", "first_name", "last_name", "birth_name", "gender", "birth_date"}
    written |= {"birth_year", "language"}
    assert written <= set(FIELDS)


def test_the_page_of_a_person_opens_them(lea: Contact, officer: User) -> None:
    client = Client()
    client.force_login(officer)
    address = f"/people/{lea.pk}/origins/"
    assert address in client.get(f"/people/{lea.pk}/").content.decode()
    shown = client.get(address).content.decode()
    assert "Members" in shown
    assert "First name" in shown


def test_what_a_merge_brought_comes_from_where_the_other_record_had_it(
    lea: Contact, book: Source, officer: User
) -> None:
    form = Source.objects.create(name="Form", kind="form", lawful_basis="consent")
    file = Import.objects.create(
        kind="address-book", source=book, state="done", file_path="", finished_at=ENDED
    )
    other = Contact.objects.create(
        first_name="Léa", gender="F", birth_name="Roux", civility="Mme", created_by_import=file
    )
    ImportChange.objects.create(
        import_run=file, table="contact", row_id=other.pk, before={"gender": ""}, after={"gender": "F"}
    )
    update_contact(contact=other, by=None, source=form, birth_name="Petit")
    done = merge(kept=lea, absorbed=other, by=officer)
    lea.refresh_from_db()
    origins = origins_of(lea)
    assert {origins[name].merge for name in ("gender", "birth_name", "civility")} == {done}
    assert (origins["gender"].import_run, origins["gender"].at) == (file, ENDED)
    assert (origins["birth_name"].source, origins["birth_name"].by) == (form, None)
    assert (origins["civility"].import_run, origins["civility"].at) == (file, other.created_at)
    assert (origins["last_name"].source, origins["last_name"].merge) == (book, None)


def test_a_value_is_followed_through_two_merges_and_no_further_than_it_was_taken(
    lea: Contact, book: Source, officer: User
) -> None:
    form = Source.objects.create(name="Form", kind="form", lawful_basis="consent")
    inner = create_contact(source=form, by=None, last_name="Martin", gender="F", civility="Mme")
    middle = create_contact(source=book, by=None, last_name="Martin")
    update_contact(contact=lea, by=officer, civility="Dr")
    merge(kept=middle, absorbed=inner, by=None)
    last = merge(kept=lea, absorbed=middle, by=None)
    lea.refresh_from_db()
    origins = origins_of(lea)
    assert (origins["gender"].source, origins["gender"].merge) == (form, last)
    assert (origins["civility"].by, origins["civility"].merge) == (officer, None)


def test_each_extra_field_has_its_own_origin(lea: Contact, book: Source, officer: User) -> None:
    CustomField.objects.create(key="size", label="Shirt size", kind="text")
    other = create_contact(source=book, by=None, last_name="Martin", custom={"car": True})
    file = Import.objects.create(
        kind="address-book", source=book, state="done", file_path="", finished_at=ENDED
    )
    ImportChange.objects.create(
        import_run=file, table="contact", row_id=lea.pk,
        before={"custom": {}}, after={"custom": {"since": "2024"}},
    )  # fmt: skip
    Contact.objects.filter(pk=lea.pk).update(custom={"since": "2024"})
    update_contact(contact=lea, by=officer, custom={"size": "M"})
    done = merge(kept=lea, absorbed=other, by=None)
    lea.refresh_from_db()
    origins = origins_of(lea)
    assert (origins["extra_since"].import_run, origins["extra_size"].by) == (file, officer)
    assert (origins["extra_car"].source, origins["extra_car"].merge) == (book, done)
    client = Client()
    client.force_login(officer)
    shown = client.get(f"/people/{lea.pk}/origins/").content.decode()
    assert "Shirt size" in shown
    assert "came with a record merged" in shown
