"""Watching mailings by their ledger: how far they are, why they stand, and whom it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override

from campaign_crm.platform.models import Notification, Organisation
from messaging.dispatch import standing, watch
from messaging.dispatch.pump import Pump
from messaging.enums import Moment
from messaging.models import Campaign, CampaignPace, CampaignWatch, Delivery, FamilyPause, ProviderAccount
from messaging.services.campaigns import pause, resume
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def long_ago(**fields: Any) -> None:
    """As if nothing had moved for a quarter of an hour."""
    then = timezone.now() - timedelta(minutes=15)
    Campaign.objects.update(started_at=then)
    CampaignWatch.objects.update(progressed_at=then, counted_at=then, **fields)


def test_the_ledger_says_how_far_a_mailing_is(sink: SmtpSink, pump: Pump) -> None:
    make_people(10)
    campaign = start(make_campaign(sink))
    before = watch.look_at(campaign)
    assert (before.done, before.left) == (0, 10)
    pump.run(seconds=10)
    after = watch.look_at(campaign)
    account = campaign.sender.provider_account_id
    assert (after.done, after.left) == (10, 0)
    assert after.accounts == {str(account): {"accepted": 10, "bounced": 0}}
    assert after.progressed_at > before.progressed_at


def test_a_mailing_is_counted_again_only_after_many_times_what_it_took() -> None:
    make_people(1)
    start(make_campaign())
    assert watch.watch_all() == 1
    assert watch.watch_all() == 0
    CampaignWatch.objects.update(counted_at=timezone.now() - timedelta(seconds=6))
    assert watch.watch_all() == 1
    CampaignWatch.objects.update(counted_at=timezone.now() - timedelta(seconds=6), took=1.0)
    assert watch.watch_all() == 0
    CampaignWatch.objects.update(counted_at=timezone.now() - timedelta(seconds=26))
    assert watch.watch_all() == 1


def test_its_author_is_told_once_that_a_mailing_stands_and_why() -> None:
    make_people(3)
    campaign = start(make_campaign())
    watch.look_at(campaign)
    assert Notification.objects.count() == 0
    long_ago()
    campaign.refresh_from_db()
    watch.look_at(campaign)
    watch.look_at(campaign)
    told = Notification.objects.get()
    assert (told.kind, told.user) == ("campaign.stands", campaign.created_by)
    assert "has not moved for 15 minutes: Messages are due and nobody takes them" in told.message


def test_a_pause_is_no_standstill() -> None:
    make_people(3)
    campaign = start(make_campaign())
    watch.look_at(campaign)
    pause(campaign=campaign, by=make_officer())
    long_ago(told_at=timezone.now())
    resumed = resume(campaign=campaign, by=make_officer())
    Campaign.objects.filter(pk=campaign.pk).update(started_at=timezone.now() - timedelta(hours=1))
    assert watch.look_at(Campaign.objects.get(pk=resumed.pk)).told_at is None
    assert Notification.objects.count() == 0


def test_a_mailing_that_moves_again_is_told_again_when_it_stands_again(sink: SmtpSink, pump: Pump) -> None:
    make_people(3)
    campaign = start(make_campaign(sink))
    watch.look_at(campaign)
    long_ago(told_at=timezone.now())
    Delivery.objects.filter(address="person1@example.com").update(state="cancelled")
    assert watch.look_at(campaign).told_at is None


def standing_code(campaign: Campaign) -> str:
    return standing.why_it_stands(Campaign.objects.get(pk=campaign.pk)).code


def test_each_thing_that_holds_a_mailing_is_named(sink: SmtpSink) -> None:
    make_people(2)
    campaign = start(make_campaign(sink))
    assert standing_code(campaign) == "no_worker"
    CampaignPace.objects.create(campaign=campaign, per_hour=60)
    assert standing_code(campaign) == "speed"
    Delivery.objects.update(due_at=timezone.now() + timedelta(minutes=5))
    assert standing_code(campaign) == "later"
    Delivery.objects.update(due_at=timezone.now() + timedelta(days=36_500))
    FamilyPause.objects.create(
        campaign=campaign, family="gmail", domains=["gmail.com"], kind="refused", share=0.2, limit=0.1
    )
    with override("en"):
        found = standing.why_it_stands(campaign)
    assert (found.code, found.text) == ("family", "Gmail refuses too many messages (surely over 10 %).")
    soon = timezone.now() + timedelta(minutes=1)
    ProviderAccount.objects.update(rests_until=soon, trouble="451 4.3.0 later")
    found = standing.why_it_stands(Campaign.objects.get())
    assert found.code == "resting"
    assert "451 4.3.0 later" in found.text
    ProviderAccount.objects.update(is_active=False)
    assert standing_code(campaign) == "switched_off"
    Organisation.objects.update(sending_enabled=False)
    assert standing_code(campaign) == "sending_off"
    Delivery.objects.update(state="cancelled")


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (Moment.LOCAL_TIME, "It is not yet the hour where the others live."),
        (Moment.BEST_HOUR, "The others get it at their own hour."),
    ],
)
def test_a_mailing_that_waits_for_peoples_hours_says_the_next_and_alarms_nobody(
    moment: Moment, said: str
) -> None:
    make_people(3)
    campaign = start(make_campaign(moment=moment))
    watch.look_at(campaign)
    tomorrow = timezone.localtime().replace(hour=9, minute=30) + timedelta(days=1)
    Delivery.objects.update(due_at=tomorrow)
    long_ago()
    campaign.refresh_from_db()
    watch.look_at(campaign)
    assert Notification.objects.count() == 0
    with override("en"):
        found = standing.why_it_stands(campaign)
        hour = date_format(tomorrow, "j F, H:i")
    assert (found.code, found.planned) == ("moment", True)
    assert found.text.startswith(said)
    assert f"Next messages: {hour}." in found.text
    Delivery.objects.update(attempts=1)  # refused for now: nobody planned that
    assert standing.why_it_stands(campaign).code == "later"


def test_a_mailing_that_has_ended_is_counted_now_and_then() -> None:
    make_people(1)
    campaign = start(make_campaign())
    watch.look_at(campaign)
    Campaign.objects.update(state="sent", finished_at=timezone.now())
    long_ago()
    assert watch.watch_all() == 1
    assert watch.watch_all() == 0
    Campaign.objects.update(finished_at=timezone.now() - timedelta(days=4))
    long_ago()
    assert watch.watch_all() == 0


def test_domains_with_most_recipients_are_asked_first() -> None:
    make_people(60)
    start(make_campaign())
    keys = list(Delivery.objects.order_by("contact_id").values_list("contact_id", flat=True))
    for key in keys[:35]:
        Delivery.objects.filter(contact_id=key).update(address=f"p{key}@mairie.fr")
    for key in keys[35:40]:
        Delivery.objects.filter(contact_id=key).update(address=f"p{key}@rare.fr")
    assert watch.domains_to_ask() == ["mairie.fr", "example.com"]


def test_counting_asks_one_question_a_mailing() -> None:
    make_people(5)
    campaign = start(make_campaign())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        watch.count(campaign)
    assert len(asked) == 1
