"""Creating people, changing them, recognising them; tags, lists, sources."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import run_one_due_job
from campaign_crm.platform.models import AuditEntry, Job, User
from contacts.enums import Channel, ConsentPurpose, TargetingClass
from contacts.models import Contact, ElectoralRegistration, Reach, Source, Territory
from contacts.services.addresses import InvalidAddress
from contacts.services.consents import record_consent
from contacts.services.lists import ListRefused, add_to_list, create_list, remove_from_list
from contacts.services.matching import find_person
from contacts.services.people import (
    add_note,
    add_source,
    add_tag,
    create_contact,
    remove_tag,
    tag_named,
    update_contact,
)
from contacts.services.sources import SourceRefused, create_source, is_direct, update_source

Row = Callable[..., Reach]


def test_a_person_is_created_with_their_points_and_projected(form: Source, officer: User, reach: Row) -> None:
    person = create_contact(
        source=form, by=officer, first_name="Ana", last_name="Almeida", birth_date=date(1990, 1, 1),
        email="Ana@example.org", phone="0639980003",
        address={"line1": "3 rue Haute", "postcode": "60000", "city": "Beauvais"},
    )  # fmt: skip
    assert person.source_links.get().source == form
    assert reach(person, "post").political
    entry = AuditEntry.objects.get(action="contact.create")
    assert (entry.actor, entry.fields) == (officer, ["birth_date", "first_name", "last_name"])
    assert entry.detail == {"source": form.pk}


def test_nothing_is_left_of_a_person_with_a_wrong_address(form: Source) -> None:
    with pytest.raises(InvalidAddress):
        create_contact(source=form, by=None, last_name="Almeida", email="ana")
    assert not Contact.objects.exists()


def test_only_a_persons_own_fields_are_written(form: Source, lea: Contact) -> None:
    with pytest.raises(TypeError, match="no field search_text"):
        update_contact(contact=lea, by=None, search_text="x")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no field bucket, id"):
        create_contact(source=form, by=None, id=7, bucket=3)  # type: ignore[call-arg]


def test_an_update_names_what_changed_and_search_follows(lea: Contact, officer: User) -> None:
    changed = update_contact(contact=lea, by=officer, last_name="Lefèvre", first_name="Léa")
    assert changed == ["last_name"]
    lea.refresh_from_db()
    assert lea.search_text.startswith("lefevre lea lea example org")
    assert AuditEntry.objects.get(action="contact.update").fields == ["last_name"]
    assert update_contact(contact=lea, by=officer, last_name="Lefèvre") == []


def test_extra_fields_are_merged_by_key(lea: Contact) -> None:
    update_contact(contact=lea, by=None, custom={"shirt": "M", "job": "Nurse"})
    update_contact(contact=lea, by=None, custom={"shirt": None, "car": True})
    lea.refresh_from_db()
    assert lea.custom == {"job": "Nurse", "car": True}


def test_a_stub_that_gets_a_name_is_one_no_longer(db: None) -> None:
    stub = Contact.objects.create(is_stub=True)
    update_contact(contact=stub, by=None, language="en")
    stub.refresh_from_db()
    assert stub.is_stub
    update_contact(contact=stub, by=None, last_name="Roy")
    stub.refresh_from_db()
    assert not stub.is_stub


def test_an_act_without_its_trace_does_not_happen(lea: Contact, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_values: Any) -> None:
        raise RuntimeError("no audit")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(RuntimeError, match="no audit"):
        update_contact(contact=lea, by=None, last_name="Other")
    lea.refresh_from_db()
    assert lea.last_name == "Martin"


def test_a_source_added_opens_what_it_allows(lea: Contact, reach: Row, db: None) -> None:
    nothing = create_source(by=None, name="List found", kind="hand", lawful_basis="none")
    person = create_contact(source=nothing, by=None, last_name="Roy", email="roy@example.org")
    assert reach(person).reason == "no_basis"
    members = create_source(by=None, name="Members", kind="hand", lawful_basis="member", channels=["email"])
    assert add_source(contact=person, source=members, by=None)
    assert not add_source(contact=person, source=members, by=None)
    assert (reach(person).political, reach(person).basis) == (True, "member")


def test_tags_are_found_however_they_are_spelled(lea: Contact, officer: User) -> None:
    tag = tag_named("  Élus   locaux ")
    assert (tag.name, tag_named("elus locaux")) == ("Élus locaux", tag)
    assert add_tag(contact=lea, tag=tag, by=officer)
    assert not add_tag(contact=lea, tag=tag, by=officer)
    assert lea.tag_links.get().added_by == officer
    assert remove_tag(contact=lea, tag=tag, by=officer)
    assert not remove_tag(contact=lea, tag=tag, by=officer)


def test_a_note_is_kept_with_its_author(lea: Contact, officer: User) -> None:
    note = add_note(contact=lea, body="  Met at the market. ", by=officer)
    assert (note.body, note.author) == ("Met at the market.", officer)
    assert "market" not in str(AuditEntry.objects.get(action="note.add").detail)


def test_a_list_counts_who_joined_and_who_left(lea: Contact, form: Source) -> None:
    tom = create_contact(source=form, by=None, last_name="Tom")
    chosen = create_list(name=" Committee  60 ", targeting_class=TargetingClass.SUBSCRIPTION, by=None)
    assert chosen.name == "Committee 60"
    assert add_to_list(to=chosen, contacts=[lea, tom.pk], by=None) == 2
    assert add_to_list(to=chosen, contacts=[lea], by=None) == 0
    assert remove_from_list(of=chosen, contacts=[lea, 999_999], by=None) == 1
    assert [membership.contact for membership in chosen.memberships.all()] == [tom]


def test_staff_put_nobody_on_a_list_that_people_join_themselves(lea: Contact, officer: User) -> None:
    joined = create_list(name="Committee", targeting_class=TargetingClass.SUBSCRIPTION, by=None)
    with pytest.raises(ListRefused, match="People join “Committee” themselves"):
        add_to_list(to=joined, contacts=[lea], by=officer)
    assert not joined.memberships.exists()


@pytest.mark.django_db
def test_a_source_cannot_open_what_its_basis_does_not() -> None:
    with pytest.raises(SourceRefused, match="“Public electoral roll” does not allow: E-mail, SMS"):
        create_source(
            by=None, name="Roll", kind="roll", lawful_basis="public_roll", channels=["email", "sms", "post"]
        )
    with pytest.raises(ValidationError, match="Name the supplier"):
        create_source(by=None, name="File", kind="broker_purchase", lawful_basis="consent")
    with pytest.raises(ValidationError, match="licence of this rented file"):
        create_source(by=None, name="File", kind="broker_rental", lawful_basis="consent", supplier="Example")
    assert not Source.objects.exists()


def test_changing_what_a_source_allows_reaches_its_people_by_a_job(
    lea: Contact, form: Source, officer: User, reach: Row
) -> None:
    assert update_source(source=form, by=officer, origin_text="you signed up on our page") == ["origin_text"]
    assert not Job.objects.exists()
    update_source(source=form, by=officer, channels=["post"], reason="The form never named e-mail.")
    assert reach(lea).political
    assert run_one_due_job()
    assert (reach(lea).political, reach(lea).reason) == (False, "no_basis")
    job = Job.objects.get()
    assert (job.state, job.progress_done) == ("succeeded", 1)
    entry = AuditEntry.objects.filter(action="source.update").latest("pk")
    assert (entry.fields, entry.reason) == (["channels"], "The form never named e-mail.")


@pytest.mark.parametrize(
    ("kind", "direct"),
    [
        ("form", True),
        ("hand", True),
        ("api", True),
        ("address_book", False),
        ("roll", False),
        ("broker_rental", False),
    ],
)
def test_which_sources_are_direct(kind: str, direct: bool) -> None:
    assert is_direct(Source(kind=kind)) is direct


def test_agreements_that_address_books_told_of_are_projected_again_after_migrating(
    lea: Contact, form: Source, reach: Row
) -> None:
    book = create_source(
        by=None, name="Book", kind="address_book", lawful_basis="consent", channels=["email"]
    )
    record_consent(
        contact=lea, channel=Channel.EMAIL, purpose=ConsentPurpose.TARGETING, given=True, source=book, by=None
    )
    Reach.objects.filter(contact=lea).update(targeting=True)  # as it was
    import_module("contacts.migrations.0018_address_books_are_indirect").enqueue(apps, None)
    assert [job.payload for job in Job.objects.all()] == [{"source": book.pk}]
    while run_one_due_job():
        pass
    assert not reach(lea, "email").targeting


class TestFindPerson:
    """Recognising somebody."""

    def test_same_e_mail_and_same_name_is_the_same_person(self, lea: Contact) -> None:
        assert find_person(email="LEA@example.org", first_name="lea", last_name="MARTIN") == lea

    def test_a_shared_e_mail_never_makes_two_names_one(self, lea: Contact) -> None:
        assert find_person(email="lea@example.org", first_name="Tom", last_name="Martin") is None

    def test_without_a_name_the_address_must_be_one_persons(self, lea: Contact, form: Source) -> None:
        assert find_person(email="lea@example.org") == lea
        create_contact(source=form, by=None, first_name="Tom", last_name="Martin", email="lea@example.org")
        assert find_person(email="lea@example.org") is None

    def test_a_person_without_a_name_takes_the_one_given(self, form: Source) -> None:
        nameless = create_contact(source=form, by=None, email="ana@example.org")
        assert find_person(email="ana@example.org", first_name="Ana", last_name="Almeida") == nameless

    def test_two_birth_dates_are_two_people(self, lea: Contact) -> None:
        update_contact(contact=lea, by=None, birth_date=date(1990, 1, 1))
        names = {"email": "lea@example.org", "first_name": "Léa", "last_name": "Martin"}
        assert find_person(**names, birth_date=date(2012, 1, 1)) is None
        assert find_person(**names, birth_date=date(1990, 1, 1)) == lea
        assert find_person(**names) == lea

    def test_a_year_of_birth_tells_two_people_apart(self, lea: Contact) -> None:
        update_contact(contact=lea, by=None, birth_year=1990)
        names = {"email": "lea@example.org", "first_name": "Léa", "last_name": "Martin"}
        assert find_person(**names, birth_date=date(2012, 1, 1)) is None
        assert find_person(**names, birth_date=date(1990, 1, 1)) == lea

    def test_a_number_needs_a_name(self, lea: Contact) -> None:
        assert find_person(phone="+33639980001") is None
        assert find_person(phone="0639980001", first_name="Léa", last_name="Martin") == lea
        assert find_person(phone="0639980001", first_name="Tom", last_name="Martin") is None

    def test_of_two_namesakes_at_one_address_the_one_of_whom_most_is_said(
        self, lea: Contact, form: Source
    ) -> None:
        names = {"first_name": "Léa", "last_name": "Martin"}
        other = create_contact(source=form, by=None, **names, email="lea@example.org", phone="0639980002")
        asked = {"email": "lea@example.org", **names}
        assert find_person(**asked) is None
        assert find_person(**asked, phone="0639980002") == other
        assert find_person(**asked, phone="0639980001") == lea
        update_contact(contact=other, by=None, birth_date=date(1990, 1, 1))
        assert find_person(**asked, birth_date=date(1990, 1, 1)) == other

    def test_one_at_the_e_mail_and_one_at_the_number_are_neither(self, lea: Contact, form: Source) -> None:
        names = {"first_name": "Léa", "last_name": "Martin"}
        create_contact(source=form, by=None, **names, phone="0639980002")
        assert find_person(email="lea@example.org", phone="0639980002", **names) is None

    def test_whom_this_source_named_before_is_meant_again(self, lea: Contact, form: Source) -> None:
        other = Source.objects.create(name="Web", kind="form", lawful_basis="consent")
        names = {"first_name": "Léa", "last_name": "Martin", "email": "lea@example.org"}
        again = create_contact(source=other, by=None, **names)
        assert find_person(**names, source=other) == again

    def test_a_stub_is_who_its_elector_is(self, form: Source) -> None:
        stub = create_contact(source=form, by=None, email="famille@example.org")
        Contact.objects.filter(pk=stub.pk).update(is_stub=True)
        elector = ElectoralRegistration(
            identity="00000000-0000-0000-0000-000000000001", source=form, contact=stub, birth_name="PETIT",
            used_name="MARTIN", first_names="Jeanne Marie",
            commune=Territory.objects.create(kind="commune", code="60057", name="Beauvais"),
        )  # fmt: skip
        elector.save()
        address = {"email": "famille@example.org"}
        assert find_person(first_name="Marie", last_name="Martin", **address) is None
        for last in ("Martin", "Petit"):
            assert find_person(first_name="Jeanne", last_name=last, **address) == stub

    def test_the_mailbox_of_an_organisation_gives_nobody_a_name(self, form: Source) -> None:
        create_contact(source=form, by=None, email="contact@example.org")
        assert find_person(email="contact@example.org", first_name="Ana", last_name="Almeida") is None
        assert find_person(email="contact@example.org") is None

    def test_somebody_being_erased_is_nobody(self, lea: Contact) -> None:
        Contact.objects.filter(pk=lea.pk).update(erased_at=lea.created_at)
        assert find_person(email="lea@example.org", first_name="Léa", last_name="Martin") is None

    def test_names_alone_recognise_nobody(self, lea: Contact) -> None:
        assert find_person(first_name="Léa", last_name="Martin", birth_date=date(1990, 1, 1)) is None


def test_one_main_address_a_person_is_held_by_the_database(lea: Contact) -> None:
    with pytest.raises(IntegrityError, match="email_one_primary"), transaction.atomic():
        lea.emailaddress_set.create(address="x@example.org", normalised="x@example.org", is_primary=True)
