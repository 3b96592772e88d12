"""What is asked again when a mailing leaves, and when it is closed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import Notification, Organisation
from contacts.segments.errors import AudienceRefused
from messaging.dispatch import lifecycle
from messaging.enums import CampaignState, DeliveryState
from messaging.models import Campaign, Delivery
from messaging.services.campaigns import schedule, set_audience, update_campaign
from messaging.services.uncertain import settle_uncertain
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_officer, make_people, make_registrants, make_source

pytestmark = pytest.mark.django_db(transaction=True)


def scheduled() -> Campaign:
    make_people(2)
    campaign = make_campaign()
    schedule(campaign=campaign, at=timezone.now() + timedelta(hours=1), by=make_officer())
    campaign.refresh_from_db()
    return campaign


def leave(campaign: Campaign) -> int:
    Campaign.objects.update(scheduled_at=timezone.now() - timedelta(minutes=1))
    lifecycle.start_due()
    frozen = lifecycle.freeze_waiting()
    campaign.refresh_from_db()
    return frozen


def test_what_a_scheduled_mailing_lost_is_found_when_it_leaves() -> None:
    campaign = scheduled()
    update_campaign(campaign=campaign, revision=campaign.revision, by=make_officer(), sender=None)
    Organisation.objects.update(postal_address="")
    assert leave(campaign) == 0
    assert campaign.state == CampaignState.DRAFT
    assert "Choose a sender." in campaign.pause_reason
    assert "postal address" in campaign.pause_reason
    assert Delivery.objects.count() == 0
    told = Notification.objects.get()
    assert (told.kind, "Choose a sender." in told.message) == ("campaign.failed", True)


def test_sending_switched_off_meanwhile_holds_the_messages_only() -> None:
    campaign = scheduled()
    Campaign.objects.update(state=CampaignState.FREEZING, window_until=None)
    Organisation.objects.update(sending_enabled=False)
    assert leave(campaign) == 1
    assert books(campaign) == {"queued": 2}


def test_another_kind_or_audience_undoes_the_schedule() -> None:
    campaign = scheduled()
    with pytest.raises(AudienceRefused, match="people who take part"), override("en"):
        update_campaign(campaign=campaign, revision=campaign.revision, by=make_officer(), kind="service")
    registrants = {"type": "segment", "id": make_registrants("Rally").pk}
    Campaign.objects.update(audience=registrants)
    changed = update_campaign(
        campaign=campaign, revision=campaign.revision, by=make_officer(), kind="service"
    )
    assert (changed.state, changed.scheduled_at) == (CampaignState.DRAFT, None)
    Campaign.objects.update(kind="political", state=CampaignState.SCHEDULED)
    audience = {"type": "source", "id": make_source().pk}
    changed = set_audience(campaign=changed, audience=audience, by=make_officer())
    assert (changed.state, changed.scheduled_at) == (CampaignState.DRAFT, None)


def test_another_subject_keeps_the_schedule() -> None:
    campaign = scheduled()
    changed = update_campaign(
        campaign=campaign, revision=campaign.revision, by=make_officer(), subject="Other"
    )
    assert changed.state == CampaignState.SCHEDULED


def test_a_mailing_is_not_closed_while_somebody_sends_its_uncertain_messages_again() -> None:
    make_people(3)
    campaign = start(make_campaign())
    with connection.cursor() as cursor:
        for state in ("claimed", "handed", "unknown"):
            cursor.execute("UPDATE messaging_delivery SET state = %s, lease_until = now()", [state])
        cursor.execute("UPDATE messaging_delivery SET lease_until = NULL")
    finished: list[int] = []

    def finish() -> None:
        try:
            finished.append(lifecycle.finish())
        finally:
            connection.close()

    other = threading.Thread(target=finish)
    with transaction.atomic():
        settle_uncertain(campaign=campaign, decision=DeliveryState.QUEUED, by=make_officer(), reason="again")
        other.start()
        other.join(timeout=1)  # it may wait for this transaction, or leave the mailing alone
    other.join()

    campaign.refresh_from_db()
    assert (finished, campaign.state) == ([0], CampaignState.SENDING)
    assert books(campaign) == {"queued": 3}


def test_the_database_refuses_to_pause_a_standing_campaign() -> None:
    with pytest.raises(IntegrityError, match="campaign_standing_never_paused"):
        Campaign.objects.create(name="Confirmations", standing_for="confirmation", state="paused")
