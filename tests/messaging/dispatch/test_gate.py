"""What is asked at the last moment: whoever may no longer be written to is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.models import Organisation
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.models import Contact, EmailAddress, Newsletter, Source
from contacts.registry import HandOverCheck, registry
from contacts.services.consents import record_consent
from contacts.services.contact_points import add_email, remove_point
from contacts.services.subscriptions import end_subscription, subscribe
from contacts.services.suppressions import suppress
from messaging.dispatch.gate import hand_over
from messaging.dispatch.ledger import Claim, Ledger, claim
from messaging.enums import CampaignState, DeliveryState
from messaging.models import Campaign, Delivery
from messaging.services.campaigns import pause
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_officer, make_people, make_source

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = 60.0


def frozen(count: int = 2, **fields: object) -> tuple[Campaign, list[Contact]]:
    people = make_people(count)
    return start(make_campaign(**fields)), people


def take(campaign: Campaign) -> Claim:
    return claim(Ledger(campaign.ledger_month, campaign.pk), limit=100)


def ask(held: Claim) -> set[int]:
    """Contacts that may be written to."""
    keys = [row.key for row in held.rows]
    return {key.contact for key in hand_over(held, keys, account=1, seconds=LEASE)}


def state_of(person: Contact) -> tuple[str, str]:
    row = Delivery.objects.get(contact_id=person.pk)
    return row.state, row.answer


def test_those_whom_nothing_stops_are_handed_over_with_a_lease() -> None:
    campaign, people = frozen()
    held = take(campaign)
    assert ask(held) == {person.pk for person in people}
    row = Delivery.objects.get(contact_id=people[0].pk)
    assert (row.state, row.provider_account_id, row.settled_at) == (DeliveryState.HANDED, 1, None)
    assert row.handed_at is not None
    assert timedelta(seconds=50) < row.lease_until - timezone.now() < timedelta(seconds=70)


def suppressed(person: Contact) -> None:
    point = EmailAddress.objects.get(contact=person)
    suppress(
        address_hash=bytes(point.address_hash),
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        by=None,
    )


def objected_elsewhere(person: Contact) -> None:
    add_email(contact=person, address="other@example.com", source=make_source(), by=None)
    suppress(
        address="other@example.com",
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.OBJECTION,
        by=None,
    )


def withdrawn(person: Contact) -> None:
    record_consent(
        contact=person, channel=Channel.EMAIL, purpose=ConsentPurpose.MESSAGES, given=False, by=None
    )


def agreed(person: Contact, purpose: ConsentPurpose = ConsentPurpose.MESSAGES, *, given: bool = True) -> None:
    record_consent(
        contact=person,
        channel=Channel.EMAIL,
        purpose=purpose,
        given=given,
        source=make_source(f"Form of {person.pk}"),
        by=None,
    )


def without_address(person: Contact) -> None:
    remove_point(point=EmailAddress.objects.get(contact=person), by=None)


def bounced(person: Contact) -> None:
    EmailAddress.objects.filter(contact=person).update(status="bounced")


@pytest.mark.parametrize(
    ("happens", "answer"),
    [
        (suppressed, "On the do-not-contact list"),
        (objected_elsewhere, "On the do-not-contact list"),
        (withdrawn, "The person withdrew their consent"),
        (without_address, "The address is no longer in use"),
        (bounced, "The address is no longer in use"),
    ],
)
def test_what_happens_after_the_freeze_is_obeyed(happens: Callable[[Contact], None], answer: str) -> None:
    campaign, (first, second) = frozen()
    held = take(campaign)
    happens(first)
    assert ask(held) == {second.pk}
    assert state_of(first) == (DeliveryState.SUPPRESSED, answer)
    assert Delivery.objects.get(contact_id=first.pk).settled_at is not None


def test_whoever_leaves_the_newsletter_is_not_sent_it() -> None:
    first, second = make_people(2)
    newsletter = Newsletter.objects.create(name="Lettre de l'Oise")
    for person in (first, second):
        subscribe(contact=person, newsletter=newsletter, source=make_source(), by=None)
    campaign = start(make_campaign(audience={"type": "newsletter", "id": newsletter.pk}))
    held = take(campaign)
    end_subscription(contact=first, newsletter=newsletter, by=None)
    assert ask(held) == {second.pk}
    assert state_of(first) == (DeliveryState.SUPPRESSED, "The person left the newsletter")


def test_a_paused_campaign_takes_its_rows_back() -> None:
    campaign, people = frozen()
    held = take(campaign)
    pause(campaign=campaign, by=make_officer())
    assert ask(held) == set()
    assert state_of(people[0]) == (DeliveryState.QUEUED, "")


def test_a_cancelled_campaign_ends_its_rows() -> None:
    campaign, people = frozen()
    held = take(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.CANCELLED)
    assert ask(held) == set()
    assert state_of(people[0]) == (DeliveryState.CANCELLED, "")


def test_nothing_leaves_while_sending_is_off() -> None:
    campaign, people = frozen()
    held = take(campaign)
    Organisation.objects.update(sending_enabled=False)
    assert ask(held) == set()
    assert state_of(people[0]) == (DeliveryState.QUEUED, "")


def test_what_is_too_late_expires() -> None:
    campaign, people = frozen()
    held = take(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(send_until=timezone.now())
    assert ask(held) == set()
    assert state_of(people[0]) == (DeliveryState.EXPIRED, "Too late to send")


def test_a_lease_that_ended_hands_nothing_over() -> None:
    campaign, people = frozen()
    held = take(campaign)
    Delivery.objects.update(lease_until=timezone.now())
    assert ask(held) == set()
    assert state_of(people[0]) == (DeliveryState.CLAIMED, "")


@pytest.mark.parametrize(
    "closed",
    [
        {"licence_ends_on": timezone.localdate() - timedelta(days=1)},
        {"lawful_basis": "none"},
        {"channels": ["post"]},
    ],
    ids=["licence", "basis", "channel"],
)
def test_a_source_that_no_longer_allows_it_is_obeyed_before_the_projection_is(
    closed: dict[str, object],
) -> None:
    campaign, (first, second) = frozen()
    agreed(second)
    held = take(campaign)
    Delivery.objects.filter(contact_id=second.pk).update(consent_id=second.consents.get().pk)
    Source.objects.update(**closed)
    assert ask(held) == {second.pk}  # their own consent does not end with the file
    assert state_of(first) == (DeliveryState.SUPPRESSED, "The source no longer allows it")


def test_the_last_day_of_a_licence_is_a_day() -> None:
    campaign, people = frozen()
    Source.objects.update(licence_ends_on=timezone.localdate())
    assert ask(take(campaign)) == {person.pk for person in people}


def test_who_no_longer_agrees_to_be_chosen_is_not_written_to_by_a_targeted_mailing() -> None:
    campaign, (first, second) = frozen()
    for person in (first, second):
        agreed(person, ConsentPurpose.TARGETING)
    Campaign.objects.filter(pk=campaign.pk).update(targeted=True)
    held = take(campaign)
    agreed(first, ConsentPurpose.TARGETING, given=False)
    assert ask(held) == {second.pk}
    assert state_of(first) == (DeliveryState.SUPPRESSED, "The person no longer agrees to targeted messages")


def test_what_a_file_says_somebody_agreed_to_opens_no_targeted_mailing() -> None:
    campaign, (first, second) = frozen()
    for person in (first, second):
        agreed(person, ConsentPurpose.TARGETING)
    Campaign.objects.filter(pk=campaign.pk).update(targeted=True)
    held = take(campaign)
    agreed(first, ConsentPurpose.TARGETING, given=False)
    record_consent(
        contact=first,
        channel=Channel.EMAIL,
        purpose=ConsentPurpose.TARGETING,
        given=True,
        source=make_source("Notebook", kind="address_book"),
        by=None,
    )
    assert ask(held) == {second.pk}


def test_another_app_adds_its_own_question(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, (first, second) = frozen()
    check = HandOverCheck(55, "suppressed", f"d.contact_id % 100000 = {first.pk}", "Not today")
    monkeypatch.setattr(registry, "hand_over_checks", {**registry.hand_over_checks, "not_today": check})
    assert ask(take(campaign)) == {second.pk}
    assert state_of(first) == (DeliveryState.SUPPRESSED, "Not today")


def test_a_service_message_respects_only_the_whole_suppression() -> None:
    campaign, (first, second) = frozen()
    Campaign.objects.filter(pk=campaign.pk).update(kind="service")
    held = take(campaign)
    suppressed(first)
    withdrawn(second)
    assert ask(held) == {first.pk, second.pk}


def test_a_service_message_to_an_address_that_does_not_exist_stays() -> None:
    campaign, (first, second) = frozen()
    Campaign.objects.filter(pk=campaign.pk).update(kind="service")
    held = take(campaign)
    suppress(
        address="person1@example.com",
        channel=Channel.EMAIL,
        scope=SuppressionScope.EVERYTHING,
        reason=SuppressionReason.HARD_BOUNCE,
        by=None,
    )
    assert ask(held) == {second.pk}
    assert state_of(first) == (DeliveryState.SUPPRESSED, "On the do-not-contact list")
