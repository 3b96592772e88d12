"""A way out that fails or is switched off: mailings wait and say why, service messages go on."""

from __future__ import annotations

import time

import pytest

from campaign_crm.platform.models import Notification
from contacts.enums import TerritoryKind
from messaging import tasks
from messaging.dispatch import circuit, ways_out
from messaging.dispatch.pump import Pump
from messaging.enums import CampaignState
from messaging.errors import CannotSend
from messaging.models import Campaign, CampaignVariant, Delivery, ProviderAccount
from messaging.services.campaigns import resume
from messaging.services.senders import update_sender
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.dispatch.test_variants import place
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def confirm(occasion: str) -> Delivery:
    return send_service_message(
        standing_for="confirmation",
        occasion=occasion,
        subject="Confirm",
        paragraphs=["One."],
        address=f"{occasion}@example.com",
        language="fr",
    )


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "LONGEST_REST", 0.2)


@pytest.mark.usefixtures("no_rest")
def test_service_messages_outlive_settings_that_cannot_work(sink: SmtpSink, pump: Pump) -> None:
    officer = make_officer()
    account = make_account(sink.port, security="starttls", ca_file="/nowhere")
    make_sender(account)
    confirm("first")
    pump.run(seconds=1)
    campaign = Campaign.objects.get()
    assert campaign.state == CampaignState.SENDING
    told = Notification.objects.get()  # once, however often it was tried
    assert (told.user_id, told.kind) == (officer.pk, "service.waiting")

    ProviderAccount.objects.update(settings=account.settings | {"security": "none", "ca_file": ""})
    time.sleep(0.25)
    pump.run(seconds=5)
    assert books(campaign) == {"accepted": 1}


@pytest.mark.usefixtures("no_rest")
def test_service_messages_refused_for_our_sender_wait_and_leave_once_it_is_mended(
    sink: SmtpSink, pump: Pump
) -> None:
    make_officer()
    make_sender(make_account(sink.port))
    sink.start_over(faults=[Fault("mail", code=550, text="5.7.1 sender not allowed")])
    confirm("first")
    pump.run(seconds=1)
    campaign = Campaign.objects.get()
    assert books(campaign) == {"retry_wait": 1}
    assert "5.7.1 sender not allowed" in Notification.objects.get().message

    sink.change(faults=[])
    Delivery.objects.update(due_at="2020-01-01T00:00Z")
    time.sleep(0.25)
    pump.run(seconds=5)
    assert books(campaign) == {"accepted": 1}


def test_a_way_out_that_rests_is_not_tried_meanwhile(sink: SmtpSink, pump: Pump) -> None:
    make_sender(make_account(sink.port, security="starttls", ca_file="/nowhere"))
    confirm("first")
    started = time.monotonic()
    assert not pump.run(seconds=5).more
    assert time.monotonic() - started < 3


def test_a_small_mailing_whose_sender_is_refused_is_paused_and_loses_nobody(
    sink: SmtpSink, pump: Pump
) -> None:
    make_people(3)
    sink.start_over(faults=[Fault("mail", code=550, text="5.7.1 sender not allowed")])
    campaign = start(make_campaign(sink))
    pump.run(seconds=2)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.pause_reason.endswith("550 5.7.1 sender not allowed")
    assert books(campaign) == {"retry_wait": 3}


def test_service_messages_leave_an_account_that_is_switched_off(pump: Pump, sink: SmtpSink) -> None:
    first = make_sender(make_account())
    confirm("first")
    second = make_sender(make_account(sink.port))
    campaign = Campaign.objects.get()
    assert campaign.sender == first
    ProviderAccount.objects.filter(pk=first.provider_account_id).update(is_active=False)

    tasks.tend()

    campaign.refresh_from_db()
    assert campaign.sender == second
    pump.run(seconds=5)
    assert books(campaign) == {"accepted": 1}


def test_administrators_learn_that_no_sender_can_send_what_waits() -> None:
    make_officer()
    make_sender(make_account())
    ProviderAccount.objects.update(is_active=False)
    assert ways_out.keep_service_going() == 0
    assert Notification.objects.count() == 0  # nothing waits
    confirm("first")
    ways_out.keep_service_going()
    ways_out.keep_service_going()
    assert Notification.objects.get().kind == "service.waiting"


def test_a_mailing_whose_way_out_is_switched_off_is_paused_and_says_so() -> None:
    make_people(2)
    campaign = start(make_campaign())
    ProviderAccount.objects.update(is_active=False)
    assert ways_out.hold_without_way_out() == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.pause_reason == "The way out of its sender is switched off: Account 1"
    assert Notification.objects.get().kind == "campaign.paused"


def test_a_mailing_of_which_a_sender_is_no_longer_in_use_is_paused_and_does_not_go_on() -> None:
    make_people(2)
    campaign = start(make_campaign())
    region = make_sender(make_account())
    CampaignVariant.objects.create(
        campaign=campaign, number=1, territory=place("75", TerritoryKind.DEPARTMENT), sender=region
    )
    update_sender(sender=region, by=None, is_active=False)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.pause_reason) == (
        CampaignState.PAUSED,
        f"Its sender is no longer in use: {region.from_name}",
    )
    with pytest.raises(CannotSend, match=r"no longer in use|plus utilisé"):
        resume(campaign=campaign, by=make_officer())


def test_the_mail_catcher_is_the_last_choice_for_service_messages(settings: object) -> None:
    catcher = make_sender(make_account(settings.MAIL_CATCHER_PORT))  # type: ignore[attr-defined]
    assert ways_out.service_sender() == catcher
    real = make_sender(make_account())
    assert ways_out.service_sender() == real


def test_the_chosen_sender_comes_first() -> None:
    make_sender(make_account())
    chosen = make_sender(make_account())
    chosen.for_service = True
    chosen.save()
    assert ways_out.service_sender() == chosen
