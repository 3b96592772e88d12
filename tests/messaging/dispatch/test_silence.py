"""Nothing political is handed over to anybody who is muted, whoever pressed what."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from campaign_crm.platform.models import AuditEntry
from contacts.enums import MessageKind, Suffrage
from contacts.models import (
    Contact,
    Election,
    ElectionRound,
    PostalAddress,
    RuleChange,
    SilenceWindow,
    Territory,
)
from messaging.dispatch.exemptions import journal_exemptions
from messaging.dispatch.gate import hand_over
from messaging.dispatch.ledger import Ledger, claim
from messaging.dispatch.standing import why_it_stands
from messaging.enums import DeliveryState
from messaging.models import Approval, Campaign, Delivery
from messaging.services.approval_state import content_of
from messaging.services.campaigns import update_campaign
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_officer, make_people, make_registrants
from tests.support.small_reference import load_small_reference

pytestmark = pytest.mark.django_db(transaction=True)


def mute(areas: list[str] | None = None, territory: Territory | None = None, hours: int = 5) -> SilenceWindow:
    """A silence that began an hour ago."""
    now = timezone.now()
    election, _new = Election.objects.get_or_create(
        name="Vote", defaults={"suffrage": Suffrage.PRESIDENTIAL, "territory": territory}
    )
    held, _new = ElectionRound.objects.get_or_create(election=election, number=1, day=now.date())
    return SilenceWindow.objects.create(
        round=held,
        territory=territory,
        areas=areas or [],
        begins_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=hours),
    )


def handed(campaign: Campaign) -> set[int]:
    held = claim(Ledger(campaign.ledger_month, campaign.pk), limit=100)
    keys = [row.key for row in held.rows]
    return {key.contact for key in hand_over(held, keys, account=1, seconds=60)}


def test_during_the_silence_a_message_waits_for_the_close_of_the_polls() -> None:
    make_people(2)
    campaign = start(make_campaign())
    window = mute()
    assert handed(campaign) == set()
    rows = Delivery.objects.all()
    assert {(row.state, row.answer, row.due_at) for row in rows} == {
        (DeliveryState.QUEUED, "Waits for the polls to close", window.ends_at)
    }


def test_the_mailing_says_why_it_does_not_move() -> None:
    make_people(1)
    campaign = start(make_campaign())
    mute()
    handed(campaign)
    found = why_it_stands(campaign)
    assert (found.code, found.planned) == ("silence", True)


def test_nothing_is_handed_over_shortly_before_it_begins() -> None:
    make_people(1)
    campaign = start(make_campaign())
    window = mute()
    SilenceWindow.objects.filter(pk=window.pk).update(begins_at=timezone.now() + timedelta(minutes=5))
    assert handed(campaign) == set()


def test_before_and_after_it_messages_leave() -> None:
    people = make_people(2)
    campaign = start(make_campaign())
    window = mute()
    SilenceWindow.objects.filter(pk=window.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    assert handed(campaign) == {person.pk for person in people}


def test_an_automatic_service_message_leaves() -> None:
    people = make_people(1)
    campaign = start(make_campaign())
    Campaign.objects.update(kind=MessageKind.SERVICE, standing_for="confirmation")
    mute()
    assert handed(campaign) == {people[0].pk}


@pytest.mark.parametrize(("hours_ago", "leaves"), [(2, True), (0, False), (None, False)])
def test_a_service_message_of_staff_leaves_if_it_was_approved_before(
    hours_ago: int | None, leaves: bool
) -> None:
    people = make_people(1)
    campaign = start(make_campaign())
    Campaign.objects.update(kind=MessageKind.SERVICE, approved_content="x")
    if hours_ago is not None:
        decided_at = timezone.now() - timedelta(hours=hours_ago)
        Approval.objects.create(
            campaign=campaign, content="x", recipients=1, approved=True, alone=True, decided_at=decided_at
        )
    mute()
    assert handed(campaign) == ({people[0].pk} if leaves else set())


def service_mailing(approved: str, *people: Contact) -> Campaign:
    """A mailing to registrants whose text was approved two hours ago (`before`), just now, or never."""
    segment = make_registrants(f"Rally {approved}", *people)
    audience = {"type": "segment", "id": segment.pk}
    campaign = make_campaign(kind=MessageKind.SERVICE, audience=audience)
    if approved:
        decided_at = timezone.now() - timedelta(hours=2 if approved == "before" else 0)
        agreed = {"recipients": 2, "approved": True, "decided_at": decided_at}
        Approval.objects.create(campaign=campaign, content=content_of(campaign), **agreed)
    return campaign


def test_an_approval_of_another_text_lets_nothing_leave_in_the_silence() -> None:
    people = make_people(1)
    campaign = service_mailing("before", *people)
    campaign = update_campaign(
        campaign=campaign, revision=campaign.revision, by=make_officer(), subject="Vote for us"
    )
    Approval.objects.create(
        campaign=campaign,
        content=content_of(campaign),
        recipients=1,
        approved=True,
        decided_at=timezone.now(),
    )
    start(campaign)
    mute()
    assert handed(campaign) == set()


def test_what_left_in_the_silence_is_journaled_once_a_mailing() -> None:
    people = make_people(3)
    campaign, late = service_mailing("before", *people[:2]), service_mailing("now", people[2])
    for one in (campaign, late):
        start(one)
    window = mute()
    assert handed(campaign) == {person.pk for person in people[:2]}
    assert handed(late) == set()
    assert journal_exemptions() == 0, "not before it is over"
    SilenceWindow.objects.filter(pk=window.pk).update(ends_at=timezone.now())
    assert handed(late) == set(), "it waits for its own moment"
    assert journal_exemptions() == 1
    assert journal_exemptions() == 0
    entry = AuditEntry.objects.get(action="silence.exempt")
    assert (entry.object_id, entry.detail["messages"]) == (str(campaign.pk), 2)


def test_each_place_has_its_own_window() -> None:
    home, guadeloupe, abroad = make_people(3)
    campaign = start(make_campaign())
    Delivery.objects.filter(contact_id=guadeloupe.pk).update(department="971")
    Delivery.objects.filter(contact_id=abroad.pk).update(department="")
    PostalAddress.objects.create(contact=abroad, country="Bolivie", city="La Paz")
    mute(["971", "bolivie"])
    assert handed(campaign) == {home.pk}


def test_a_by_election_mutes_its_own_people_only(tmp_path: Path) -> None:
    load_small_reference(tmp_path)
    inside, outside, unknown = make_people(3)
    commune = Territory.objects.get(kind="commune", code="60057")
    elsewhere = Territory.objects.get(kind="commune", code="75056")
    Contact.objects.filter(pk=inside.pk).update(commune=commune)
    Contact.objects.filter(pk=outside.pk).update(commune=elsewhere)
    Contact.objects.filter(pk=unknown.pk).update(commune=None)
    campaign = start(make_campaign())
    mute(territory=commune.parent)
    assert handed(campaign) == {outside.pk, unknown.pk}


def test_what_is_too_late_when_the_polls_have_closed_never_leaves() -> None:
    make_people(1)
    campaign = start(make_campaign(send_until=timezone.now() + timedelta(hours=1)))
    window = mute()
    assert handed(campaign) == set()
    Delivery.objects.update(due_at=timezone.now())
    SilenceWindow.objects.filter(pk=window.pk).update(ends_at=timezone.now())
    Campaign.objects.update(send_until=timezone.now())
    assert handed(campaign) == set()
    assert Delivery.objects.get().state == DeliveryState.EXPIRED


def test_the_rule_holds_while_it_refuses(settings: Settings) -> None:
    make_people(1)
    campaign = start(make_campaign())
    RuleChange.objects.create(rule="silence", severity="block", reason="As it was")
    mute()
    assert handed(campaign) == set()
    RuleChange.objects.create(rule="silence", severity="off", reason="Counsel said so")
    Delivery.objects.update(due_at=timezone.now())
    assert len(handed(campaign)) == 1


def test_elsewhere_there_is_no_silence(settings: Settings) -> None:
    settings.RULEBOOK = "none"
    make_people(1)
    campaign = start(make_campaign())
    mute()
    assert len(handed(campaign)) == 1
