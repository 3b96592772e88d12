"""Caps of an hour, of a day and of a warm-up: counted in the ledger, kept by all workers together."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from contacts.enums import MessageKind
from messaging.dispatch import caps, standing
from messaging.dispatch.pace import rate_of
from messaging.dispatch.pump import Lane, Pump
from messaging.dispatch.rates import Rates
from messaging.models import (
    Campaign,
    CampaignPace,
    Delivery,
    FamilyLimit,
    HandOver,
    ProviderAccount,
    SenderIdentity,
)
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_people, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"per_hour": 30}, caps.HOUR_FULL),
        ({"per_day": 30}, caps.DAY_FULL),
        ({"warm_up_from": timezone.localdate(), "per_day": 30}, caps.DAY_FULL),
    ],
)
def test_an_account_stops_at_its_cap_and_goes_on_when_the_window_has_moved(
    sink: SmtpSink, pump: Pump, fields: dict[str, object], why: str
) -> None:
    make_people(40)
    campaign = start(make_campaign(sink))
    ProviderAccount.objects.update(**fields)
    assert pump.run(seconds=10).handed == 30
    assert books(campaign) == {"accepted": 30, "queued": 10}
    assert caps.full().accounts == {ProviderAccount.objects.get().pk: why}
    assert standing.why_it_stands(campaign).code == "cap"
    HandOver.objects.update(at=timezone.now() - timedelta(days=2))
    pump._waits.look_again()
    pump.run(seconds=10)
    assert books(campaign) == {"accepted": 40}
    assert len({row.recipient for row in sink.received()}) == 40


def test_workers_at_once_never_pass_a_cap(sink: SmtpSink) -> None:
    make_people(300)
    campaign = start(make_campaign(sink))
    ProviderAccount.objects.update(per_day=100)

    def work() -> None:
        pump = Pump(rates=Rates(settings.REDIS_URL, workers=3))
        pump.run(seconds=8)
        pump.close()
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sink.received()) == 100
    assert books(campaign) == {"accepted": 100, "queued": 200}


def test_caps_are_kept_without_redis(sink: SmtpSink) -> None:
    make_people(20)
    campaign = start(make_campaign(sink))
    ProviderAccount.objects.update(per_day=5)
    pump = Pump(rates=Rates("redis://127.0.0.1:1/0", workers=2))
    pump.run(seconds=5)
    pump.close()
    assert books(campaign) == {"accepted": 5, "queued": 15}


def test_service_messages_count_and_are_not_held(sink: SmtpSink, pump: Pump) -> None:
    make_sender(make_account(sink.port))
    ProviderAccount.objects.update(per_day=1)
    for occasion in ("one", "two", "three"):
        send_service_message(
            standing_for="confirmation",
            occasion=occasion,
            subject="Confirm",
            paragraphs=["One."],
            address=f"{occasion}@example.com",
            language="fr",
        )
    pump.run(seconds=5)
    assert len(sink.received()) == 3
    assert sum(HandOver.objects.values_list("messages", flat=True)) == 3


def test_old_batches_are_forgotten() -> None:
    HandOver.objects.create(account_id=1, sender_id=1, messages=1)
    HandOver.objects.create(account_id=1, sender_id=1, messages=1, at=timezone.now() - timedelta(days=4))
    caps.purge()
    assert HandOver.objects.count() == 1


def test_a_sender_keeps_to_its_rate(sink: SmtpSink, pump: Pump) -> None:
    make_people(12)
    campaign = start(make_campaign(sink))
    SenderIdentity.objects.update(messages_per_second=5)
    assert 5 <= pump.run(seconds=1).handed <= 10
    pump.run(seconds=10)
    assert books(campaign) == {"accepted": 12}


def test_a_mailing_keeps_to_its_own_speed_and_holds_no_worker(sink: SmtpSink, pump: Pump) -> None:
    make_people(30)
    campaign = start(make_campaign(sink))
    CampaignPace.objects.create(campaign=campaign, per_hour=3_600)
    first = pump.run(seconds=20)
    assert (first.handed, first.more) == (10, False)  # ten seconds' worth; then the worker is free
    assert 0 <= pump.run(seconds=5).handed <= 3
    assert set(books(campaign)) == {"accepted", "queued"}


def test_a_mailing_is_spread_until_its_end(sink: SmtpSink, pump: Pump) -> None:
    make_people(30)
    campaign = start(make_campaign(sink))
    pace = CampaignPace.objects.create(campaign=campaign, spread_until=timezone.now() + timedelta(seconds=60))
    assert 4 <= pump.run(seconds=20).handed <= 6  # 30 in a minute: five in ten seconds
    pace.spread_until = timezone.now() - timedelta(seconds=1)
    pace.save()
    pump._waits.campaigns.clear()
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 30}


def test_a_worker_whose_clock_is_wrong_keeps_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    make_people(30)
    campaign = start(make_campaign())
    CampaignPace.objects.create(campaign=campaign, spread_until=timezone.now() + timedelta(hours=1))
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(hours=2))
    assert rate_of(campaign) == pytest.approx(30 / 3600, rel=0.05)


def test_a_slow_family_waits_in_its_own_queue_and_the_others_leave(sink: SmtpSink, pump: Pump) -> None:
    make_people(40)
    campaign = start(make_campaign(sink))
    odd = [row.contact_id for row in Delivery.objects.order_by("contact_id")][::2]
    for row in Delivery.objects.filter(contact_id__in=odd):
        Delivery.objects.filter(contact_id=row.contact_id).update(address=f"p{row.contact_id}@gmail.com")
    FamilyLimit.objects.create(family="gmail", per_minute=120)
    pump.run(seconds=3)
    domains = [row.recipient.rpartition("@")[2] for row in sink.received()]
    assert domains.count("example.com") == 20
    assert 2 <= domains.count("gmail.com") <= 9
    waiting = list(
        Delivery.objects.filter(state="queued").order_by("due_at").values_list("due_at", flat=True)
    )
    assert len(waiting) + domains.count("gmail.com") == 20
    assert len(set(waiting)) == len(waiting)  # one behind the other
    assert waiting[-1] - timezone.now() < timedelta(seconds=15)
    assert set(books(campaign)) == {"accepted", "queued"}


@pytest.mark.parametrize("url", ["", "redis://127.0.0.1:1/0"])
def test_who_waits_queues_behind_those_before(url: str) -> None:
    rates = Rates(url or settings.REDIS_URL, workers=1)
    first = rates.delays("test:queue", rate=2, waiting=4)
    second = rates.delays("test:queue", rate=2, waiting=2)
    assert first == pytest.approx([0.5, 1.0, 1.5, 2.0], abs=0.05)
    assert second == pytest.approx([2.5, 3.0], abs=0.3)


def test_a_service_mailing_keeps_the_caps_and_delays_no_confirmation(sink: SmtpSink, pump: Pump) -> None:
    make_people(60)
    mailing = start(make_campaign(sink))
    Campaign.objects.filter(pk=mailing.pk).update(kind=MessageKind.SERVICE)  # as one that was approved
    ProviderAccount.objects.update(per_day=5)
    assert pump.run(Lane.SERVICE, seconds=5).handed == 0
    assert pump.run(seconds=10).handed == 5
    assert books(mailing) == {"accepted": 5, "queued": 55}
    send_service_message(
        standing_for="confirmation",
        occasion="one",
        subject="Confirm",
        paragraphs=["One."],
        address="one@example.net",
        language="fr",
    )
    assert pump.run(seconds=2).handed == 1
    assert sink.received()[-1].recipient == "one@example.net"
    assert sink.connection_count() == 2
