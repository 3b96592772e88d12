"""Test messages: the mailing as it is now, marked, to a few addresses of the team."""

from __future__ import annotations

import pytest

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.services.addresses import InvalidAddress
from messaging.dispatch.pump import Pump
from messaging.errors import CannotSend, NotAllowed
from messaging.models import Campaign, Delivery
from messaging.services.testing import TooManyAddresses, send_test
from tests.messaging.people import make_campaign, make_officer, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_test_shows_a_readers_data_in_somebody_elses_mailbox() -> None:
    (reader,) = make_people(1)
    with SmtpSink(keep_messages=True) as sink:
        campaign = make_campaign(sink)
        send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer(), reader=reader)
        pump = Pump()
        pump.run(seconds=10)
        pump.close()
        (message,) = sink.messages()
    assert message["To"] == "boss@example.org"
    assert message["Subject"] == "[Test] Bonjour Camille1"
    body = str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert "Chère Camille1," in body
    assert "https://example.org/programme" in body  # nothing of a test is counted
    campaign.refresh_from_db()
    assert (campaign.state, campaign.audience_count) == ("draft", None)
    assert Delivery.objects.get().contact_id == 0


def test_every_test_leaves_again() -> None:
    campaign = make_campaign()
    for _time in range(2):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=make_officer())
    assert Delivery.objects.count() == 2
    assert Campaign.objects.mailings().get() == campaign  # type: ignore[attr-defined]


def test_a_test_is_refused_when_it_cannot_be_one() -> None:
    campaign, officer = make_campaign(), make_officer()
    with pytest.raises(TooManyAddresses):
        send_test(campaign=campaign, addresses=[f"a{n}@example.org" for n in range(11)], by=officer)
    with pytest.raises(InvalidAddress):
        send_test(campaign=campaign, addresses=["nowhere"], by=officer)
    campaign.sender = None
    with pytest.raises(CannotSend):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=officer)
    reader = User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    with pytest.raises(NotAllowed):
        send_test(campaign=campaign, addresses=["boss@example.org"], by=reader)
    assert Delivery.objects.count() == 0
