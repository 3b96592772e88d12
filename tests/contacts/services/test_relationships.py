"""What people are to the organisation follows recorded acts; nobody picks it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import LawfulBasis, SourceKind, Support
from contacts.merging.service import merge, unmerge
from contacts.models import (
    Contact,
    ContactSource,
    Membership,
    Newsletter,
    Source,
    SupportLevel,
)
from contacts.services.memberships import MembershipRefused, record_joined, record_left
from contacts.services.people import add_source, create_contact, update_contact
from contacts.services.relationships import refresh_every_relationship, refresh_relationships
from contacts.services.subscriptions import end_subscription, subscribe
from contacts.services.support import record_support
from contacts.tasks import relationships
from messaging.models import Reply
from tracking.models import Form, Submission

PAPER = {"how": "paper", "reference": "Form 12"}


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="data@example.org", role=Role.DATA_OFFICER)


@pytest.fixture
def members(db: None) -> Source:
    return Source.objects.create(
        name="Members", kind=SourceKind.ADDRESS_BOOK, lawful_basis=LawfulBasis.MEMBER, channels=["email"]
    )


@pytest.fixture
def form(db: None) -> Source:
    return Source.objects.create(
        name="Form", kind=SourceKind.FORM, lawful_basis=LawfulBasis.CONSENT, channels=["email"]
    )


def now(contact: Contact) -> str:
    return Contact.objects.get(pk=contact.pk).relationship


def answered(contact: Contact, days_ago: int, *, automatic: bool = False) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    Reply.objects.create(
        contact=contact, digest=bytes(32 - 1) + bytes([days_ago % 250]), at=at, is_automatic=automatic
    )


def test_who_comes_by_a_source_of_members_is_one_until_they_left(
    members: Source, form: Source, officer: User
) -> None:
    lea = create_contact(source=members, by=officer, last_name="Martin")
    assert lea.relationship == "member"
    tom = create_contact(source=form, by=officer, last_name="Roy")
    assert tom.relationship == "occasional"
    add_source(contact=tom, source=members, by=officer)
    assert now(tom) == "member"
    record_left(contact=tom, on=timezone.localdate(), proof=PAPER, by=officer)
    assert now(tom) == "former"
    record_joined(contact=tom, on=timezone.localdate(), proof=PAPER, by=officer)
    assert now(tom) == "member"


def test_a_source_that_is_none_of_members_any_more_makes_none_after_the_night(
    members: Source, officer: User
) -> None:
    lea = create_contact(source=members, by=officer, last_name="Martin")
    record_support(contact=lea, level=Support.STRONG, by=officer)
    Source.objects.filter(pk=members.pk).update(lawful_basis=LawfulBasis.LEGITIMATE_INTEREST)
    relationships()
    assert now(lea) == "occasional"
    assert not SupportLevel.objects.exists(), "what was noted of a member goes with the membership"


def test_days_that_contradict_what_is_recorded_are_refused(officer: User) -> None:
    lea = Contact.objects.create(last_name="Martin")
    today = timezone.localdate()
    with pytest.raises(MembershipRefused):
        record_left(contact=lea, on=today, proof=PAPER, by=officer)
    with pytest.raises(MembershipRefused):
        record_joined(contact=lea, on=today + timedelta(days=1), proof=PAPER, by=officer)
    record_joined(contact=lea, on=today, proof=PAPER, by=officer)
    with pytest.raises(MembershipRefused):
        record_joined(contact=lea, on=today, proof=PAPER, by=officer)
    with pytest.raises(MembershipRefused):
        record_left(contact=lea, on=today - timedelta(days=1), proof=PAPER, by=officer)
    record_left(contact=lea, on=today, proof=PAPER, by=officer)
    with pytest.raises(MembershipRefused):
        record_joined(contact=lea, on=today - timedelta(days=1), proof=PAPER, by=officer)


def test_a_newsletter_of_their_own_choice_makes_a_regular_contact(form: Source, officer: User) -> None:
    lea = Contact.objects.create(last_name="Martin")
    letter = Newsletter.objects.create(name="Letter")
    subscribe(contact=lea, newsletter=letter, source=form, by=None)
    assert now(lea) == "regular"
    end_subscription(contact=lea, newsletter=letter, by=None)
    assert now(lea) == "occasional"


def test_one_act_makes_nobody_regular_and_two_days_of_acts_do(form: Source) -> None:
    """A petition alone does not (CNIL, 5 January 2012); answers of machines never do; old acts pass."""
    lea = Contact.objects.create(last_name="Martin")
    page = Form.objects.create(slug="petition", title="Petition", source=form)
    sent = {"form": page, "contact": lea, "data": {}}
    Submission.objects.create(**sent)  # never confirmed
    Submission.objects.create(**sent, confirmed_at=timezone.now())
    Submission.objects.create(**sent, confirmed_at=timezone.now())
    answered(lea, 200, automatic=True)
    answered(lea, 3 * 366 + 5)
    refresh_relationships([lea.pk])
    assert now(lea) == "occasional"
    answered(lea, 40)
    refresh_relationships([lea.pk])
    assert now(lea) == "regular"


def test_nothing_but_the_roll(form: Source, db: None) -> None:
    roll = Source.objects.create(
        name="Roll", kind=SourceKind.ROLL, lawful_basis=LawfulBasis.PUBLIC_ROLL, channels=["post"]
    )
    stub = Contact.objects.create(is_stub=True)
    ContactSource.objects.create(contact=stub, source=roll)
    assert refresh_every_relationship() == 1
    assert now(stub) == "roll_only"
    ContactSource.objects.create(contact=stub, source=form)
    refresh_every_relationship()
    assert now(stub) == "occasional"


def test_nobody_writes_a_label(officer: User, client: Client) -> None:
    lea = Contact.objects.create(last_name="Martin")
    with pytest.raises(TypeError):
        update_contact(contact=lea, by=officer, **{"relationship": "member"})
    client.force_login(officer)
    edit = reverse("contacts:person_edit", args=[lea.pk])
    assert b'name="relationship"' not in client.get(edit).content
    client.post(edit, {"last_name": "Martin", "language": "fr", "relationship": "member"})
    assert now(lea) == "occasional"


def test_staff_write_the_act_down_with_its_proof(officer: User, client: Client) -> None:
    lea = Contact.objects.create(last_name="Martin")
    client.force_login(officer)
    act = reverse("contacts:person_act", args=[lea.pk, "joined"])
    client.post(act, {"day": "2026-03-01", "how": "paper", "reference": "Form 12"})
    written = Membership.objects.get()
    assert (written.joined_on, written.left_on, written.proof) == (date(2026, 3, 1), None, PAPER)
    assert (written.recorded_by, now(lea)) == (officer, "member")
    with override("en"):
        page = client.get(reverse("contacts:person", args=[lea.pk])).content.decode()
    assert "Form 12" in page
    client.post(reverse("contacts:person_act", args=[lea.pk, "left"]), {"day": "2026-06-01", "how": "letter"})
    assert (now(lea), Membership.objects.get().left_on) == ("former", date(2026, 6, 1))


def test_a_merge_takes_the_closer_one_whatever_is_posted(officer: User) -> None:
    kept, absorbed = (Contact.objects.create(last_name="Martin") for _one in range(2))
    record_joined(contact=absorbed, on=timezone.localdate(), proof=PAPER, by=officer)
    done = merge(kept=kept, absorbed=absorbed, by=officer, fields={"relationship": "kept"})
    assert now(kept) == "member"
    assert Membership.objects.get().contact == kept
    refresh_every_relationship()
    assert now(kept) == "member"
    restored = unmerge(merge=done, by=officer)
    assert (now(kept), now(restored)) == ("occasional", "member")
