"""What a person may say of messages whose answer never came."""

from __future__ import annotations

import pytest
from django.db import connection

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.enums import CampaignState, DeliveryState
from messaging.errors import NotAllowed, WrongState
from messaging.models import Campaign, Delivery
from messaging.services.uncertain import settle_uncertain
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def ended_with_uncertain(campaign: Campaign) -> Campaign:
    """A sent mailing with three uncertain messages out of three."""
    start(campaign)
    with connection.cursor() as cursor:
        for state in ("claimed", "handed", "unknown"):
            cursor.execute("UPDATE messaging_delivery SET state = %s, lease_until = now()", [state])
        cursor.execute("UPDATE messaging_delivery SET lease_until = NULL")
    lifecycle.finish()
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENT
    return campaign


@pytest.mark.parametrize("decision", [DeliveryState.ACCEPTED, DeliveryState.ABANDONED])
def test_uncertain_messages_are_settled_with_a_reason(decision: DeliveryState) -> None:
    people = make_people(3)
    campaign = ended_with_uncertain(make_campaign())
    settled = settle_uncertain(
        campaign=campaign,
        decision=decision,
        by=make_officer(),
        reason="The server's log shows them",
        contact_ids=[people[0].pk, people[1].pk],
    )
    assert settled == 2
    campaign.refresh_from_db()
    assert books(campaign) == {decision.value: 2, "unknown": 1} == campaign.state_counts
    entry = AuditEntry.objects.get(action="campaign.settle")
    assert (entry.reason, entry.detail) == (
        "The server's log shows them",
        {"decision": decision.value, "recipients": 2},
    )


def test_uncertain_messages_sent_again_reopen_the_mailing() -> None:
    make_people(3)
    with SmtpSink() as sink:
        campaign = ended_with_uncertain(make_campaign(sink))
        decision = DeliveryState.QUEUED
        assert settle_uncertain(campaign=campaign, decision=decision, by=make_officer(), reason="x") == 3
        campaign.refresh_from_db()
        assert (campaign.state, campaign.finished_at) == (CampaignState.SENDING, None)
        pump = Pump()
        pump.run(seconds=10)
        pump.close()
        assert len(sink.received()) == 3
    assert lifecycle.finish() == 1
    campaign.refresh_from_db()
    assert campaign.state_counts == {"accepted": 3}


def test_only_the_three_decisions_and_the_right_people() -> None:
    make_people(3)
    campaign = ended_with_uncertain(make_campaign())
    officer = make_officer()
    with pytest.raises(ValueError, match="not failed"):
        settle_uncertain(campaign=campaign, decision=DeliveryState.FAILED, by=officer, reason="x")
    reader = User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    with pytest.raises(NotAllowed):
        settle_uncertain(campaign=campaign, decision=DeliveryState.ACCEPTED, by=reader, reason="x")
    Campaign.objects.update(state=CampaignState.CANCELLED)
    with pytest.raises(WrongState):
        settle_uncertain(campaign=campaign, decision=DeliveryState.QUEUED, by=officer, reason="x")
    assert Delivery.objects.filter(state="unknown").count() == 3
