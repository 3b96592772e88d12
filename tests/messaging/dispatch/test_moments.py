"""Engaged people first, local hours, each person's hour: for those who agreed, and nobody is left out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from campaign_crm.platform.database import ensure_partition
from contacts.enums import Channel, ConsentPurpose, TerritoryKind
from contacts.models import Contact
from contacts.segments.audience import resolve_audience
from contacts.services.consents import record_consent
from messaging.dispatch import ledger, lifecycle
from messaging.enums import CampaignState, Moment
from messaging.models import Campaign, Delivery
from messaging.services.campaigns import schedule
from messaging.services.send_options import is_targeted
from tests.messaging.dispatch.conftest import start
from tests.messaging.dispatch.test_variants import place
from tests.messaging.people import make_campaign, make_officer, make_people, make_source
from tracking.models import Interaction

pytestmark = pytest.mark.django_db(transaction=True)
PARIS = ZoneInfo(settings.TIME_ZONE)


def agree(person: Contact, *purposes: ConsentPurpose) -> None:
    for purpose in purposes or (ConsentPurpose.TARGETING, ConsentPurpose.MEASUREMENT):
        record_consent(
            contact=person, channel=Channel.EMAIL, purpose=purpose, given=True, source=make_source(), by=None
        )


def click(person: Contact, at: datetime, times: int = 1) -> None:
    ensure_partition("tracking_interaction", at.date().replace(day=1).isoformat())
    for number in range(times):
        Interaction.objects.create(
            at=at + timedelta(seconds=number),
            event_id=uuid.uuid4(),
            kind="click",
            hit_class="human",
            contact_id=person.pk,
        )


def due_of(campaign: Campaign) -> dict[int, datetime]:
    return dict(Delivery.objects.filter(campaign=campaign).values_list("contact_id", "due_at"))


def test_the_most_engaged_of_those_who_agreed_are_claimed_first() -> None:
    quiet, keen, secret = make_people(3)
    agree(keen)
    yesterday = timezone.now() - timedelta(days=1)
    click(keen, yesterday)
    click(secret, yesterday, times=5)  # did not agree: what they did decides nothing
    campaign = start(make_campaign(engaged_first=True))
    claim = ledger.claim(ledger.Ledger(campaign.ledger_month, campaign.pk), limit=1)
    assert [row.key.contact for row in claim.rows] == [keen.pk]
    assert len(due_of(campaign)) == 3
    assert not is_targeted(campaign, resolve_audience(campaign.audience))
    del quiet


def test_local_time_is_that_of_where_people_live_and_the_ledger_is_ready_before() -> None:
    reunion, guadeloupe, paris, silent = make_people(4)
    for person, code in ((reunion, "974"), (guadeloupe, "971"), (paris, "75"), (silent, "988")):
        department = place(code, TerritoryKind.DEPARTMENT)
        Contact.objects.filter(pk=person.pk).update(
            commune=place(f"{code}01", TerritoryKind.COMMUNE, department)
        )
    for person in (reunion, guadeloupe, paris):
        agree(person, ConsentPurpose.TARGETING)
    day = timezone.localdate() + timedelta(days=1)
    nine = datetime(day.year, day.month, day.day, 9, tzinfo=PARIS)
    campaign = make_campaign(moment=Moment.LOCAL_TIME)
    schedule(campaign=campaign, at=nine, by=make_officer())
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.FREEZING)
    assert lifecycle.freeze_waiting() == 1
    local = {
        reunion.pk: datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("Indian/Reunion")),
        guadeloupe.pk: datetime(day.year, day.month, day.day, 9, tzinfo=ZoneInfo("America/Guadeloupe")),
        paris.pk: nine,
        silent.pk: nine,  # did not agree to anything by place
    }
    assert due_of(campaign) == {person: at.astimezone(UTC) for person, at in local.items()}


def test_a_mailing_at_local_time_is_prepared_before_its_hour_and_another_is_not() -> None:
    make_people(1)
    soon = timezone.now() + timedelta(hours=2)
    local, other = make_campaign(moment=Moment.LOCAL_TIME), make_campaign()
    for campaign in (local, other):
        schedule(campaign=campaign, at=soon, by=make_officer())
    assert lifecycle.start_due() == 1
    local.refresh_from_db()
    assert local.state == CampaignState.FREEZING


def test_each_persons_hour_comes_within_a_day_of_the_mailing() -> None:
    evening, rare = make_people(2)
    for person in (evening, rare):
        agree(person)
    now = timezone.now().astimezone(PARIS)
    click(evening, now.replace(hour=20, minute=5) - timedelta(days=2), times=3)
    click(rare, now - timedelta(days=2))  # once is no habit
    campaign = start(make_campaign(moment=Moment.BEST_HOUR))
    found = due_of(campaign)
    assert found[evening.pk].astimezone(PARIS).hour == 20
    assert found[evening.pk] - timezone.now() < timedelta(days=1)
    assert found[rare.pk] <= timezone.now()
