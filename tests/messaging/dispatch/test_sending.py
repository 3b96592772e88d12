"""The whole path through a real SMTP server: a draft is frozen, handed over and accounted for."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connections
from django.utils import timezone
from django.utils.translation import gettext

from campaign_crm.platform.models import Notification, Organisation
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import EmailAddress, Segment, Suppression
from contacts.services.stopped_addresses import stop_addresses
from contacts.services.suppressions import suppress
from messaging.dispatch import lifecycle, outbox
from messaging.dispatch.circuit import CONNECTION_FAILURES, REFUSALS
from messaging.dispatch.pump import Lane, Pump
from messaging.dispatch.rates import Rates
from messaging.enums import CampaignState
from messaging.models import Campaign, Delivery, ProviderAccount
from messaging.providers.base import Batch
from messaging.services.campaigns import cancel, pause, resume
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def recipients_of(sink: SmtpSink) -> list[str]:
    return sorted(row.recipient for row in sink.received())


def addresses(count: int) -> list[str]:
    return sorted(f"person{number}@example.com" for number in range(1, count + 1))


def test_a_mailing_reaches_everyone_once(sink: SmtpSink, pump: Pump) -> None:
    make_people(120)
    campaign = start(make_campaign(sink))

    pumped = pump.run(seconds=20)

    assert (pumped.handed, pumped.accepted, pumped.more) == (120, 120, False)
    assert recipients_of(sink) == addresses(120)
    assert books(campaign) == {"accepted": 120}
    assert Delivery.objects.filter(lease_until__isnull=False).count() == 0
    assert lifecycle.finish() == 1
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENT
    assert campaign.finished_at is not None
    assert Notification.objects.get().kind == "campaign.sent"


def test_an_address_that_does_not_exist_is_never_written_to_again(sink: SmtpSink, pump: Pump) -> None:
    people = make_people(5)
    sink.start_over(faults=[Fault("rcpt", code=550, text="5.1.1 no such user", pattern="^person2@")])
    campaign = start(make_campaign(sink))

    pump.run(seconds=20)

    assert books(campaign) == {"accepted": 4, "failed": 1}
    row = Delivery.objects.get(state="failed")
    assert (row.contact_id, row.answer) == (people[1].pk, "550 5.1.1 no such user")
    entry = Suppression.objects.get()
    assert (entry.scope, entry.reason) == (SuppressionScope.EVERYTHING, SuppressionReason.HARD_BOUNCE)
    assert entry.detail == {"campaign": campaign.pk, "code": 550}
    assert EmailAddress.objects.get(contact=people[1]).status == "bounced"
    second = start(make_campaign(sink))
    assert (second.audience_count, second.excluded) == (4, {"bounced": 1})


def test_a_database_away_while_an_address_is_stopped_leaves_nobody_uncertain(
    sink: SmtpSink, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def stop(**fields: Any) -> int:
        calls.append(len(fields["stopped"]))
        if len(calls) == 1:
            raise OperationalError("the server closed the connection")
        return stop_addresses(**fields)

    monkeypatch.setattr("messaging.dispatch.call.stop_addresses", stop)
    make_people(40)
    sink.start_over(faults=[Fault("rcpt", code=550, text="5.1.1 no such user", pattern="^person[123]@")])
    campaign = start(make_campaign(sink))
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 37, "failed": 3}
    assert Suppression.objects.count() == 3
    assert EmailAddress.objects.filter(status="bounced").count() == 3


def test_a_full_mailbox_and_a_policy_refusal_suppress_nobody(sink: SmtpSink, pump: Pump) -> None:
    make_people(3)
    full = Fault("rcpt", code=552, text="5.2.2 mailbox full", pattern="^person1@")
    policy = Fault("rcpt", code=550, text="5.7.1 we do not like you", pattern="^person2@")
    sink.start_over(faults=[full, policy])
    campaign = start(make_campaign(sink))
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 1, "failed": 1, "retry_wait": 1}
    assert Suppression.objects.count() == 0


def test_what_the_server_puts_off_leaves_later(sink: SmtpSink, pump: Pump) -> None:
    make_people(3)
    sink.start_over(faults=[Fault("rcpt", code=451, text="4.7.1 come back in 300 seconds", times=2)])
    campaign = start(make_campaign(sink))
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 1, "retry_wait": 2}
    waits = [row.due_at - timezone.now() for row in Delivery.objects.filter(state="retry_wait")]
    assert all(timedelta(seconds=280) < wait < timedelta(seconds=301) for wait in waits)
    assert lifecycle.finish() == 0

    Delivery.objects.update(due_at=timezone.now())
    pump.run(seconds=20)

    assert books(campaign) == {"accepted": 3}
    assert recipients_of(sink) == addresses(3)


def test_an_answer_that_never_comes_is_uncertain_and_not_sent_again(sink: SmtpSink, pump: Pump) -> None:
    make_people(4)
    sink.start_over(faults=[Fault("dot", action="close", pattern="^person3@", keeps=True)])
    campaign = start(make_campaign(sink))
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 3, "unknown": 1}
    sink.change(faults=[])
    Delivery.objects.update(due_at=timezone.now())
    pump.run(seconds=20)
    assert recipients_of(sink) == addresses(4)
    assert lifecycle.finish() == 1


def test_pause_and_resume_lose_and_repeat_nobody(sink: SmtpSink, pump: Pump) -> None:
    make_people(60)
    campaign = start(make_campaign(sink))
    officer = make_officer()
    for _time in range(5):
        pump.run(seconds=0.01)
        pause(campaign=campaign, by=officer)
        assert pump.run(seconds=5).handed == 0
        resume(campaign=campaign, by=officer)
        Delivery.objects.update(due_at=timezone.now())
    pump.run(seconds=20)
    assert recipients_of(sink) == addresses(60)
    assert books(campaign) == {"accepted": 60}


def test_cancelling_ends_what_waits(sink: SmtpSink, pump: Pump) -> None:
    make_people(20)
    campaign = start(make_campaign(sink))
    cancel(campaign=campaign, by=make_officer())
    assert lifecycle.sweep_cancelled() == 20
    assert lifecycle.finish() == 1
    assert pump.run(seconds=5).handed == 0
    assert books(campaign) == {"cancelled": 20}
    assert sink.received() == []


def test_an_unsubscribe_committed_before_hand_over_is_obeyed(sink: SmtpSink, pump: Pump) -> None:
    make_people(10)
    campaign = start(make_campaign(sink))
    suppress(
        address="person4@example.com",
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        by=None,
    )
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 9, "suppressed": 1}
    assert "person4@example.com" not in recipients_of(sink)


def test_a_segment_edited_during_the_send_changes_nothing(sink: SmtpSink, pump: Pump) -> None:
    make_people(10)
    campaign = start(make_campaign(sink))
    Segment.objects.create(name="Late", tree={"all": []})
    make_people(10, start=100)
    pump.run(seconds=20)
    assert recipients_of(sink) == addresses(10)
    assert books(campaign) == {"accepted": 10}


def test_two_pumps_at_once_send_each_message_once(sink: SmtpSink) -> None:
    make_people(400)
    campaign = start(make_campaign(sink))

    def work() -> None:
        pump = Pump(rates=Rates(settings.REDIS_URL, workers=2))
        try:
            pump.run(seconds=30)
        finally:
            pump.close()
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recipients_of(sink) == addresses(400)
    assert books(campaign) == {"accepted": 400}


def test_nothing_is_sent_while_sending_is_off(sink: SmtpSink, pump: Pump) -> None:
    make_people(3)
    campaign = start(make_campaign(sink))
    Organisation.objects.update(sending_enabled=False)
    assert pump.run(seconds=5).handed == 0
    assert books(campaign) == {"queued": 3}


def test_what_is_too_late_expires(sink: SmtpSink, pump: Pump) -> None:
    make_people(3)
    campaign = start(make_campaign(sink))
    Campaign.objects.update(send_until=timezone.now())
    pump.run(seconds=5)
    assert books(campaign) == {"expired": 3}
    assert sink.received() == []


def test_one_persons_odd_data_harms_nobody_else(
    sink: SmtpSink, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_people(5)
    campaign = start(make_campaign(sink))
    Delivery.objects.filter(address="person2@example.com").update(address="not an address")
    EmailAddress.objects.filter(address="person2@example.com").update(address="not an address")
    build = outbox.return_keys.sign_return

    def failing(token: outbox.return_keys.ReturnToken) -> str:
        if token.contact == Delivery.objects.get(address="person3@example.com").contact_id:
            raise RuntimeError("odd")
        return build(token)

    monkeypatch.setattr(outbox.return_keys, "sign_return", failing)
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 3, "failed": 2}
    said = dict(Delivery.objects.filter(state="failed").values_list("address", "answer"))
    assert said == {
        "person3@example.com": "RuntimeError while building the message",
        "not an address": gettext("This is not an e-mail address that a message can be sent to."),
    }


def test_a_server_that_is_away_is_tried_later_and_nobody_loses_an_attempt(pump: Pump) -> None:
    make_people(3)
    campaign = start(make_campaign())
    pump.run(seconds=5)
    assert books(campaign) == {"retry_wait": 3}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}
    Delivery.objects.update(due_at=timezone.now())
    assert pump.run(seconds=5).chunks == 0  # the account rests


def test_a_server_that_stays_away_pauses_the_mailing_with_the_reason(
    pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.dispatch.circuit.FIRST_REST", 0.0)
    monkeypatch.setattr("messaging.dispatch.circuit.LONGEST_REST", 0.0)
    make_people(2)
    campaign = start(make_campaign())
    for _time in range(CONNECTION_FAILURES):
        Delivery.objects.update(due_at=timezone.now())
        pump.run(seconds=5)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert campaign.pause_reason.startswith("The way out could not be reached for some time: ")
    assert Notification.objects.get().kind == "campaign.paused"
    assert books(campaign) == {"retry_wait": 2}


def test_refusals_for_reasons_of_ours_pause_the_mailing(sink: SmtpSink, pump: Pump) -> None:
    make_people(REFUSALS + 200)
    sink.start_over(faults=[Fault("mail", code=550, text="5.7.1 sender not allowed")])
    campaign = start(make_campaign(sink))
    pump.run(seconds=20)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert "sender not allowed" in campaign.pause_reason
    states = books(campaign)
    assert set(states) == {"queued", "retry_wait"}
    assert states["retry_wait"] <= 2 * 50
    assert Suppression.objects.count() == 0


def test_settings_that_cannot_work_pause_the_mailing_at_once(pump: Pump) -> None:
    make_people(2)
    campaign = start(make_campaign())
    ProviderAccount.objects.update(settings={"host": ""})
    pump.run(seconds=5)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert books(campaign) == {"queued": 2}


def test_an_adapter_that_breaks_leaves_everything_openly_uncertain(
    sink: SmtpSink, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_provider: object, batch: Batch) -> object:
        batch.hand_over(range(len(batch.items)))
        yield []
        raise ZeroDivisionError

    monkeypatch.setattr("messaging.providers.smtp.provider.SmtpProvider.send_iter", broken)
    make_people(3)
    campaign = start(make_campaign(sink))
    pump.run(seconds=5)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.PAUSED
    assert books(campaign) == {"unknown": 3}


def test_service_messages_leave_first_and_have_a_lane_of_their_own(sink: SmtpSink, pump: Pump) -> None:
    people = make_people(30)
    campaign = start(make_campaign(sink))
    send_service_message(
        standing_for="confirmation",
        contact=people[0],
        occasion="form-1",
        subject="Please confirm",
        paragraphs=["Confirm your address."],
        button=("I confirm", "https://example.org/k/abc"),
    )
    assert pump.run(Lane.SERVICE, seconds=5).handed == 1
    assert books(campaign) == {"queued": 30}
    send_service_message(
        standing_for="confirmation",
        contact=people[1],
        occasion="form-2",
        subject="Please confirm",
        paragraphs=["Confirm your address."],
        button=("I confirm", "https://example.org/k/def"),
    )
    pump.run(seconds=20)
    order = [row.recipient for row in sink.received()]
    assert order[:2] == ["person1@example.com", "person2@example.com"]
    assert len(order) == 32


def test_an_account_keeps_to_its_rate(sink: SmtpSink, pump: Pump) -> None:
    make_people(12)
    account = make_account(sink.port)
    ProviderAccount.objects.filter(pk=account.pk).update(messages_per_second=5)
    campaign = start(make_campaign(sender=make_sender(account)))
    assert 5 <= pump.run(seconds=1).handed <= 10
    assert books(campaign).get("claimed") is None  # what time did not allow went back
    pump.run(seconds=10)
    assert recipients_of(sink) == addresses(12)
    moments = [row.at for row in sink.received()]
    assert moments[-1] - moments[0] >= 1.2


def test_redis_away_slows_a_send_and_loses_nothing(sink: SmtpSink) -> None:
    make_people(12)
    account = make_account(sink.port)
    ProviderAccount.objects.filter(pk=account.pk).update(messages_per_second=20)
    campaign = start(make_campaign(sender=make_sender(account)))
    pump = Pump(rates=Rates("redis://127.0.0.1:1/0", workers=2))
    pump.run(seconds=20)
    pump.close()
    assert books(campaign) == {"accepted": 12}
    assert recipients_of(sink) == addresses(12)
