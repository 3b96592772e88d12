"""What people may do with mailings, in which state, and what is left in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.rights import Role
from contacts.errors import ContactsError
from messaging.dispatch import lifecycle
from messaging.enums import CampaignState
from messaging.errors import CannotSend, EditedMeanwhile, NotAllowed, SendingIsOff, WrongState
from messaging.models import Campaign, Template
from messaging.services import campaigns
from tests.messaging.people import BLOCKS, make_campaign, make_officer, make_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return make_officer()


@pytest.fixture
def reader() -> User:
    return User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")


@pytest.fixture
def ready() -> Campaign:
    """A complete mailing to two people."""
    make_people(2)
    return make_campaign()


def actions(campaign: Campaign) -> list[str]:
    entries = AuditEntry.objects.filter(object_type="messaging.campaign", object_id=str(campaign.pk))
    return list(entries.order_by("pk").values_list("action", flat=True))


def test_a_mailing_begins_from_a_template(officer: User) -> None:
    template = Template.objects.create(name="Letter", subject="Hello", preview_text="Soon", blocks=BLOCKS)
    campaign = campaigns.create_campaign(by=officer, name="May", template=template)
    assert (campaign.subject, campaign.preview_text, campaign.blocks) == ("Hello", "Soon", BLOCKS)
    assert (campaign.state, campaign.created_by, campaign.revision) == (CampaignState.DRAFT, officer, 1)
    assert actions(campaign) == ["campaign.create"]


def test_a_mailing_needs_a_name(officer: User) -> None:
    with pytest.raises(ValidationError):
        campaigns.create_campaign(by=officer, name="")


def test_two_editors_do_not_overwrite_each_other(officer: User, ready: Campaign) -> None:
    saved = campaigns.update_campaign(campaign=ready, revision=1, by=officer, subject="First")
    assert (saved.subject, saved.revision) == ("First", 2)
    with pytest.raises(EditedMeanwhile, match="Newsletter"):
        campaigns.update_campaign(campaign=ready, revision=1, by=officer, subject="Second")
    ready.refresh_from_db()
    assert ready.subject == "First"
    assert actions(ready) == ["campaign.update"]


def test_an_edit_that_changes_nothing_is_no_revision(officer: User, ready: Campaign) -> None:
    saved = campaigns.update_campaign(campaign=ready, revision=1, by=officer, subject=ready.subject)
    assert saved.revision == 1
    assert actions(ready) == []


def test_an_audience_must_exist(officer: User, ready: Campaign) -> None:
    with pytest.raises(ContactsError):
        campaigns.set_audience(campaign=ready, audience={"type": "segment", "id": 999}, by=officer)
    saved = campaigns.set_audience(campaign=ready, audience={"type": "everyone"}, by=officer)
    assert saved.revision == 2


def test_send_now_begins_the_freeze(officer: User, ready: Campaign) -> None:
    sent = campaigns.send_now(campaign=ready, by=officer)
    assert sent.state == CampaignState.FREEZING
    assert actions(ready) == ["campaign.send"]
    assert AuditEntry.objects.get(action="campaign.send").detail == {"revision": 1, "kind": "political"}


def test_a_scheduled_mailing_begins_when_its_hour_comes(officer: User, ready: Campaign) -> None:
    campaigns.schedule(campaign=ready, at=timezone.now() + timedelta(hours=1), by=officer)
    assert lifecycle.start_due() == 0
    Campaign.objects.filter(pk=ready.pk).update(scheduled_at=timezone.now() - timedelta(seconds=1))
    assert lifecycle.start_due() == 1
    ready.refresh_from_db()
    assert ready.state == CampaignState.FREEZING


def test_a_pause_before_the_hour_undoes_the_schedule(officer: User, ready: Campaign) -> None:
    campaigns.schedule(campaign=ready, at=timezone.now() + timedelta(hours=1), by=officer)
    assert campaigns.pause(campaign=ready, by=officer).state == CampaignState.DRAFT


def test_pause_resume_and_cancel(officer: User, ready: Campaign) -> None:
    Campaign.objects.filter(pk=ready.pk).update(state=CampaignState.SENDING, audience_count=2)
    assert campaigns.pause(campaign=ready, by=officer, reason="A mistake").pause_reason == "A mistake"
    assert campaigns.resume(campaign=ready, by=officer).state == CampaignState.SENDING
    assert campaigns.cancel(campaign=ready, by=officer).state == CampaignState.CANCELLED
    assert actions(ready) == ["campaign.pause", "campaign.resume", "campaign.cancel"]


@pytest.mark.parametrize(
    ("act", "states"),
    [
        (campaigns.send_now, {CampaignState.DRAFT, CampaignState.SCHEDULED}),
        (campaigns.pause, {CampaignState.SCHEDULED, CampaignState.SENDING}),
        (campaigns.resume, {CampaignState.PAUSED}),
        (campaigns.cancel, set(CampaignState) - {CampaignState.SENT, CampaignState.CANCELLED}),
    ],
)
def test_an_act_is_refused_in_any_other_state(
    act: Callable[..., Campaign], states: set[CampaignState], officer: User, ready: Campaign
) -> None:
    allowed = set()
    for state in CampaignState:
        Campaign.objects.filter(pk=ready.pk).update(state=state, audience_count=2)
        try:
            act(campaign=ready, by=officer)
        except WrongState:
            continue
        allowed.add(state)
    assert allowed == states


@pytest.mark.parametrize("state", [CampaignState.SENDING, CampaignState.SENT, CampaignState.PAUSED])
def test_what_has_left_is_not_edited(state: CampaignState, officer: User, ready: Campaign) -> None:
    Campaign.objects.filter(pk=ready.pk).update(state=state, audience_count=2)
    with pytest.raises(WrongState):
        campaigns.update_campaign(campaign=ready, revision=1, by=officer, subject="Late")
    with pytest.raises(WrongState):
        campaigns.set_audience(campaign=ready, audience={"type": "everyone"}, by=officer)


def test_a_copy_is_a_draft_with_the_same_content(officer: User, ready: Campaign) -> None:
    Campaign.objects.filter(pk=ready.pk).update(state=CampaignState.SENT, audience_count=2)
    ready.refresh_from_db()
    copy = campaigns.duplicate(campaign=ready, by=officer)
    assert copy.pk != ready.pk
    assert (copy.state, copy.audience_count, copy.subject) == (CampaignState.DRAFT, None, ready.subject)
    assert (copy.blocks, copy.audience, copy.sender) == (ready.blocks, ready.audience, ready.sender)


@pytest.mark.parametrize(
    "act",
    [
        lambda campaign, by: campaigns.create_campaign(by=by, name="Mine"),
        lambda campaign, by: campaigns.update_campaign(campaign=campaign, revision=1, by=by, subject="x"),
        lambda campaign, by: campaigns.set_audience(campaign=campaign, audience={"type": "everyone"}, by=by),
        lambda campaign, by: campaigns.schedule(campaign=campaign, at=timezone.now(), by=by),
        lambda campaign, by: campaigns.send_now(campaign=campaign, by=by),
        lambda campaign, by: campaigns.pause(campaign=campaign, by=by),
        lambda campaign, by: campaigns.resume(campaign=campaign, by=by),
        lambda campaign, by: campaigns.cancel(campaign=campaign, by=by),
        lambda campaign, by: campaigns.duplicate(campaign=campaign, by=by),
    ],
)
def test_a_reader_may_do_none_of_it(
    act: Callable[[Campaign, User], Campaign], reader: User, ready: Campaign
) -> None:
    with pytest.raises(NotAllowed):
        act(ready, reader)
    assert actions(ready) == []


def test_nothing_is_sent_while_sending_is_off(officer: User, ready: Campaign) -> None:
    Organisation.objects.update(sending_enabled=False)
    with pytest.raises(SendingIsOff):
        campaigns.send_now(campaign=ready, by=officer)
    with pytest.raises(SendingIsOff):
        campaigns.schedule(campaign=ready, at=timezone.now(), by=officer)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"sender": None}, "Choose a sender."),
        ({"audience": {}}, "Choose who receives this mailing."),
        ({"subject": ""}, "The subject is empty."),
        ({"blocks": []}, "add a block"),
        ({"blocks": [{"id": "a", "type": "text", "html": "<p>{{ shoe_size }}</p>"}]}, "shoe_size"),
        (
            {"blocks": [{"id": "a", "type": "button", "label": "Go", "url": "javascript:alert(1)"}]},
            "Only http, https, mailto and tel",
        ),
    ],
)
def test_an_incomplete_mailing_does_not_leave(
    missing: dict[str, object], said: str, officer: User, ready: Campaign
) -> None:
    from django.utils.translation import override

    Campaign.objects.filter(pk=ready.pk).update(**missing)
    with override("en"), pytest.raises(CannotSend, match=said):
        campaigns.send_now(campaign=ready, by=officer)
    ready.refresh_from_db()
    assert ready.state == CampaignState.DRAFT


def test_an_organisation_without_address_and_an_audience_of_nobody_are_obstacles(officer: User) -> None:
    campaign = make_campaign()
    Organisation.objects.update(postal_address=" ")
    with pytest.raises(CannotSend) as refused:
        campaigns.send_now(campaign=campaign, by=officer)
    assert len(str(refused.value).splitlines()) == 2
