"""The whole path: a draft is frozen, handed over and accounted for."""

from __future__ import annotations

import pytest

from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.enums import CampaignState
from messaging.models import Delivery
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mailing_reaches_everyone_once(sink: SmtpSink, pump: Pump) -> None:
    make_people(120)
    campaign = start(make_campaign(sink))
    assert campaign.state == CampaignState.SENDING

    pumped = pump.run(seconds=20)

    assert (pumped.handed, pumped.accepted, pumped.more) == (120, 120, False)
    assert sorted(row.recipient for row in sink.received()) == sorted(
        f"person{number}@example.com" for number in range(1, 121)
    )
    assert books(campaign) == {"accepted": 120}
    assert lifecycle.finish() == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENT
    assert campaign.finished_at is not None
    assert Delivery.objects.filter(lease_until__isnull=False).count() == 0
