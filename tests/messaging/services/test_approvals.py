"""Who lets a mailing leave: somebody else, for what it says now; and the time there is to cancel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, Notification, User
from campaign_crm.platform.rights import Role
from contacts.models import Segment
from contacts.services.segments import create_segment, update_segment
from messaging.dispatch import lifecycle
from messaging.enums import CampaignState, Moment
from messaging.errors import CannotSend, EditedMeanwhile, MessagingError, NotAllowed, WrongState
from messaging.models import Approval, Campaign, Delivery, SenderIdentity
from messaging.services import approvals, campaigns
from messaging.services.approval_state import content_of, is_approved
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def author() -> User:
    return make_officer()


@pytest.fixture
def colleague(author: User) -> User:
    return User.objects.create_user(email="colleague@example.org", role=Role.DIRECTOR, language="fr")


@pytest.fixture
def ready(author: User) -> Campaign:
    """A complete mailing to three people, in an organisation that asks for approvals above two."""
    make_people(3)
    rules(author)
    return make_campaign()


def rules(by: User, *, above: int | None = 2, window: int = 0) -> None:
    approvals.set_sending_rule(approval_above=above, window_seconds=window, typed_above=500, by=by)


def approved(campaign: Campaign, author: User, colleague: User) -> Approval:
    approvals.ask_approval(campaign=campaign, by=author)
    return approvals.approve(campaign=campaign, content=content_of(campaign), by=colleague)


def test_above_the_threshold_nothing_leaves_without_an_approval(author: User, ready: Campaign) -> None:
    with pytest.raises(CannotSend, match="somebody else"):
        campaigns.send_now(campaign=ready, by=author)
    with pytest.raises(CannotSend, match="somebody else"):
        campaigns.schedule(campaign=ready, at=timezone.now() + timedelta(days=1), by=author)
    rules(author, above=3)
    assert campaigns.send_now(campaign=ready, by=author).state == CampaignState.FREEZING


def test_somebody_else_is_asked_told_and_approves(author: User, colleague: User, ready: Campaign) -> None:
    asked = approvals.ask_approval(campaign=ready, by=author)
    assert (asked.recipients, asked.approved) == (3, None)
    told = Notification.objects.get(user=colleague)
    assert told.kind == "campaign.approval_asked"
    assert "Newsletter" in told.message
    with pytest.raises(NotAllowed):
        approvals.approve(campaign=ready, content=content_of(ready), by=author)
    given = approvals.approve(campaign=ready, content=content_of(ready), by=colleague)
    assert (given.approved, given.decided_by, given.alone) == (True, colleague, False)
    assert Notification.objects.filter(user=author, kind="campaign.approved").exists()
    assert campaigns.send_now(campaign=ready, by=author).state == CampaignState.FREEZING
    actions = AuditEntry.objects.filter(object_id=str(ready.pk)).order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        *["campaign.ask_approval", "campaign.approve", "campaign.send"]
    ]


def test_the_database_refuses_an_approval_of_ones_own_request(author: User, ready: Campaign) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.create(
            campaign=ready, content="x", recipients=1, asked_by=author, decided_by=author, approved=True
        )


def test_an_edit_after_the_approval_asks_again(author: User, colleague: User, ready: Campaign) -> None:
    approved(ready, author, colleague)
    campaigns.schedule(campaign=ready, at=timezone.now() + timedelta(days=1), by=author)
    edited = campaigns.update_campaign(campaign=ready, revision=1, by=author, subject="Other words")
    assert edited.state == CampaignState.DRAFT
    with pytest.raises(CannotSend, match="somebody else"):
        campaigns.send_now(campaign=ready, by=author)
    edited.refresh_from_db()
    approved(edited, author, colleague)
    assert campaigns.send_now(campaign=edited, by=author).state == CampaignState.FREEZING


def test_an_approval_is_for_about_so_many_people(author: User, colleague: User, ready: Campaign) -> None:
    approved(ready, author, colleague)
    make_people(3, start=100)
    with pytest.raises(CannotSend, match="approved for 3 recipients and would now go to 6"):
        campaigns.send_now(campaign=ready, by=author)
    approved(ready, author, colleague)
    make_people(1, start=200)
    assert campaigns.send_now(campaign=ready, by=author).state == CampaignState.FREEZING


def test_what_was_changed_while_somebody_read_it_is_not_approved(
    author: User, colleague: User, ready: Campaign
) -> None:
    approvals.ask_approval(campaign=ready, by=author)
    seen = content_of(ready)
    edited = campaigns.update_campaign(campaign=ready, revision=1, by=author, subject="Other words")
    with pytest.raises(EditedMeanwhile):
        approvals.approve(campaign=edited, content=seen, by=colleague)
    with pytest.raises(WrongState):
        approvals.approve(campaign=edited, content=content_of(edited), by=colleague)


def test_a_segment_changed_after_the_approval_asks_again(
    author: User, colleague: User, ready: Campaign
) -> None:
    tree = {"all": [{"condition": "has_email", "operator": "has"}]}
    segment = Segment.objects.create(name="Everybody", tree=tree, created_by=author)
    Campaign.objects.filter(pk=ready.pk).update(audience={"type": "segment", "id": segment.pk})
    ready.refresh_from_db()
    before = content_of(ready)
    Segment.objects.filter(pk=segment.pk).update(version=segment.version + 1)
    assert content_of(ready) != before


def test_a_segment_inside_the_segment_changed_after_the_approval_asks_again(
    author: User, ready: Campaign
) -> None:
    tree = {"all": [{"condition": "has_email", "operator": "has"}]}
    innermost = create_segment(name="Few", tree=tree, by=author)
    outer = innermost
    for name in ("Inner", "Outer"):
        named = {"condition": "segment", "operator": "any", "value": [outer.pk]}
        outer = create_segment(name=name, tree={"all": [named]}, by=author)
    Campaign.objects.filter(pk=ready.pk).update(audience={"type": "segment", "id": outer.pk})
    ready.refresh_from_db()
    before = content_of(ready)
    everybody = {"any": [*tree["all"], {"condition": "has_email", "operator": "has_not"}]}
    update_segment(segment=innermost, tree=everybody, by=author)
    assert content_of(ready) != before


@pytest.mark.parametrize("field", ["from_name", "reply_to"])
def test_a_sender_renamed_after_the_approval_asks_again(
    author: User, colleague: User, ready: Campaign, field: str
) -> None:
    approved(ready, author, colleague)
    campaigns.schedule(campaign=ready, at=timezone.now() + timedelta(days=1), by=author)
    said = {"from_name": "Somebody else", "reply_to": "other@example.org"}[field]
    SenderIdentity.objects.filter(pk=ready.sender_id).update(**{field: said})
    Campaign.objects.filter(pk=ready.pk).update(scheduled_at=timezone.now())
    lifecycle.start_due()
    lifecycle.freeze_waiting()
    ready.refresh_from_db()
    assert ready.state == CampaignState.DRAFT
    assert not Delivery.objects.exists()


def test_another_sender_chosen_after_the_approval_asks_again(
    author: User, colleague: User, ready: Campaign
) -> None:
    approved(ready, author, colleague)
    campaigns.schedule(campaign=ready, at=timezone.now() + timedelta(days=1), by=author)
    other = make_sender(make_account())
    edited = campaigns.update_campaign(campaign=ready, revision=1, by=author, sender=other)
    assert (edited.state, is_approved(edited)) == (CampaignState.DRAFT, False)


def test_a_refusal_says_what_to_change(author: User, colleague: User, ready: Campaign) -> None:
    approvals.ask_approval(campaign=ready, by=author)
    with pytest.raises(MessagingError, match="reason"):
        approvals.decline(campaign=ready, content=content_of(ready), reason=" ", by=colleague)
    said = approvals.decline(campaign=ready, content=content_of(ready), reason="A date", by=colleague)
    assert (said.approved, said.reason) == (False, "A date")
    assert not is_approved(ready)
    approved(ready, author, colleague)
    assert is_approved(ready)


def test_only_the_right_lets_approve(author: User, colleague: User, ready: Campaign) -> None:
    approvals.ask_approval(campaign=ready, by=author)
    reader = User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    with pytest.raises(NotAllowed):
        approvals.approve(campaign=ready, content=content_of(ready), by=reader)
    with pytest.raises(NotAllowed):
        approvals.set_sending_rule(approval_above=None, window_seconds=0, typed_above=1, by=colleague)


def test_who_is_alone_gives_a_reason_and_has_ten_minutes(author: User, ready: Campaign) -> None:
    with pytest.raises(MessagingError, match="Nobody else"):
        approvals.ask_approval(campaign=ready, by=author)
    with pytest.raises(MessagingError, match="reason"):
        approvals.approve_alone(campaign=ready, reason="", by=author)
    approvals.approve_alone(campaign=ready, reason="Flood tonight", by=author)
    sent = campaigns.send_now(campaign=ready, by=author)
    assert sent.window_until is not None
    assert timedelta(minutes=9) < sent.window_until - timezone.now() <= timedelta(minutes=10)
    entry = AuditEntry.objects.get(action="campaign.approve_alone")
    assert entry.reason == "Flood tonight"


def test_nobody_is_alone_beside_a_colleague(author: User, colleague: User, ready: Campaign) -> None:
    with pytest.raises(NotAllowed):
        approvals.approve_alone(campaign=ready, reason="In a hurry", by=author)
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    approvals.approve_alone(campaign=ready, reason="On holiday", by=author)
    assert is_approved(ready)


def test_nothing_is_asked_for_while_something_else_is_missing(
    author: User, colleague: User, ready: Campaign
) -> None:
    Campaign.objects.filter(pk=ready.pk).update(subject="")
    with pytest.raises(CannotSend):
        approvals.ask_approval(campaign=ready, by=author)


def test_rules_have_their_limits(author: User) -> None:
    with pytest.raises(ValidationError):
        approvals.set_sending_rule(approval_above=1, window_seconds=3601, typed_above=1, by=author)
    with pytest.raises(ValidationError):
        approvals.set_sending_rule(approval_above=1, window_seconds=1, typed_above=0, by=author)


@pytest.mark.django_db(transaction=True)
def test_the_audience_is_frozen_inside_the_time_to_cancel(author: User, ready: Campaign) -> None:
    rules(author, above=None, window=120)
    campaigns.send_now(campaign=ready, by=author)
    assert lifecycle.freeze_waiting() == 0
    ready.refresh_from_db()
    assert (ready.state, ready.freeze_cursor) == (CampaignState.FREEZING, 3)
    assert Delivery.objects.of_campaign(ready).count() == 3  # type: ignore[attr-defined]
    Campaign.objects.update(window_until=timezone.now())
    assert lifecycle.freeze_waiting() == 1
    ready.refresh_from_db()
    assert ready.state == CampaignState.SENDING


@pytest.mark.django_db(transaction=True)
def test_whoever_cancels_in_time_has_written_to_nobody(author: User, ready: Campaign) -> None:
    rules(author, above=None, window=120)
    campaigns.send_now(campaign=ready, by=author)
    lifecycle.freeze_waiting()
    campaigns.cancel(campaign=ready, by=author)
    Campaign.objects.update(window_until=timezone.now())
    assert lifecycle.freeze_waiting() == 0
    lifecycle.sweep_cancelled()
    lifecycle.finish()
    states = Delivery.objects.of_campaign(ready).values_list("state", flat=True)  # type: ignore[attr-defined]
    assert set(states) == {"cancelled"}
    assert len(states) == 3


def test_a_scheduled_mailing_is_frozen_before_its_hour_and_leaves_at_it(
    author: User, ready: Campaign
) -> None:
    rules(author, above=None, window=120)
    at = timezone.now() + timedelta(minutes=3)
    planned = campaigns.schedule(campaign=ready, at=at, by=author)
    assert planned.window_until == at
    assert lifecycle.start_due() == 0
    Campaign.objects.update(scheduled_at=timezone.now() + timedelta(seconds=110))
    assert lifecycle.start_due() == 1


def test_a_mailing_planned_at_once_can_still_be_cancelled(author: User, ready: Campaign) -> None:
    rules(author, above=None, window=120)
    Campaign.objects.filter(pk=ready.pk).update(moment=Moment.LOCAL_TIME)
    planned = campaigns.schedule(campaign=ready, at=timezone.now(), by=author)
    assert planned.window_until is not None
    assert planned.window_until > timezone.now() + timedelta(seconds=100)


def test_without_a_rule_the_installation_decides(author: User, settings: Any) -> None:
    make_people(1)
    campaign = make_campaign()
    settings.CANCEL_WINDOW_SECONDS = 60
    sent = campaigns.send_now(campaign=campaign, by=author)
    assert sent.window_until is not None
    assert sent.scheduled_at is not None
    assert sent.window_until - sent.scheduled_at == timedelta(seconds=60)
