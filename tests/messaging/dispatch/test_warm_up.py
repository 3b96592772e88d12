"""Warm-up: each family of mailboxes has its own days, kept by all workers, and forgotten after thirty."""

from __future__ import annotations

import importlib
import random
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone
from django.utils.translation import override

from messaging.dispatch import caps, standing, warm_up
from messaging.dispatch.ledger import Key, Row
from messaging.dispatch.pump import Pump
from messaging.dispatch.rates import Rates
from messaging.dispatch.routing import open_ways
from messaging.models import (
    Campaign,
    CampaignWatch,
    Delivery,
    HandOver,
    ProviderAccount,
    SenderIdentity,
    SenderRoute,
    WarmUp,
)
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_people, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def few_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_up, "WARM_UP", (5, 10, 20))


@pytest.fixture(scope="module")
def other_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


def move(campaign: Campaign, domain: str, number: int) -> None:
    """Let `number` of its recipients at example.com live elsewhere."""
    keys = Delivery.objects.filter(campaign=campaign, address__endswith="@example.com")
    for contact in list(keys.values_list("contact_id", flat=True)[:number]):
        rows = Delivery.objects.filter(campaign=campaign, contact_id=contact)
        rows.update(address=f"p{contact}@{domain}")


def reached(*sinks: SmtpSink) -> Counter[str]:
    return Counter(row.recipient.rpartition("@")[2] for sink in sinks for row in sink.received())


def record(who: ProviderAccount, family: str, days: int, idle: int) -> WarmUp:
    last_on = TODAY() - timedelta(days=idle)
    return WarmUp.objects.create(account=who, family=family, days=days, last_on=last_on)


def warming_account(begins: date | None = None) -> ProviderAccount:
    account = make_account()
    account.warm_up_from = begins or TODAY() - timedelta(days=200)
    account.save()
    return account


def test_the_days_of_the_schedule() -> None:
    assert [warm_up.allowed_on(day) for day in (1, 2, 3, 4, 400)] == [5, 10, 20, None, None]


@pytest.mark.parametrize(
    ("days", "idle", "day"),
    [(1, 0, 1), (1, 1, 2), (2, 29, 3), (2, 30, 3), (2, 31, 1), (400, 30, 401), (400, 31, 1)],
)
def test_a_day_of_sending_is_a_step_and_thirty_idle_days_begin_again(days: int, idle: int, day: int) -> None:
    account = warming_account()
    record(account, "gmail", days, idle)
    found = warm_up.progress_of(account)
    assert (found["gmail"].day, found["orange"].day) == (day, 1)


def test_a_warm_up_that_is_given_another_beginning_begins_again() -> None:
    account = warming_account(TODAY())
    record(account, "gmail", 7, 1)
    assert warm_up.progress_of(account)["gmail"].day == 1
    account.warm_up_from = TODAY() - timedelta(days=1)
    assert warm_up.progress_of(account)["gmail"].day == 8


def test_a_worker_whose_clock_is_a_day_ahead_opens_no_other_day(monkeypatch: pytest.MonkeyPatch) -> None:
    account = warming_account()
    record(account, "gmail", 1, 0)
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=1))
    gmail = warm_up.progress_of(account)["gmail"]
    assert (gmail.day, gmail.most, gmail.is_new_day) == (1, 5, False)
    warm_up.note_day(account, warm_up.progress_of(account).values())
    monkeypatch.undo()
    assert WarmUp.objects.get(family="orange").last_on == TODAY()


def test_each_family_has_its_own_messages_of_the_day(sink: SmtpSink, pump: Pump) -> None:
    make_people(40)
    campaign = start(make_campaign(sink))
    for domain, number in (("gmail.com", 12), ("orange.fr", 3), ("mairie.fr", 4)):
        move(campaign, domain, number)
    ProviderAccount.objects.update(warm_up_from=TODAY())
    assert pump.run(seconds=10).more is False
    found = reached(sink)
    assert (found["gmail.com"], found["orange.fr"]) == (5, 3)
    assert found["mairie.fr"] + found["example.com"] == 5  # small domains together
    assert books(campaign) == {"accepted": 13, "queued": 27}
    account = ProviderAccount.objects.get()
    kept = set(WarmUp.objects.values_list("account", "sender", "family", "days", "last_on"))
    assert kept == {(account.pk, None, family, 1, TODAY()) for family in ("gmail", "orange", "others")}
    assert caps.full().accounts == {}
    waits = Delivery.objects.filter(state="queued").values_list("due_at", flat=True)
    assert all(due - timezone.now() < timedelta(seconds=warm_up.LONGEST_WAIT) for due in waits)
    with override("en"):
        told = standing.why_it_stands(Campaign.objects.get(pk=campaign.pk))
    assert told.code == "warm_up"
    assert "Gmail, other mailboxes" in told.text


def test_the_day_after_allows_more_and_counts_as_the_second(sink: SmtpSink, pump: Pump) -> None:
    make_people(40)
    campaign = start(make_campaign(sink))
    ProviderAccount.objects.update(warm_up_from=TODAY() - timedelta(days=1))
    pump.run(seconds=10)
    assert books(campaign) == {"accepted": 5, "queued": 35}
    HandOver.objects.update(at=timezone.now() - timedelta(hours=25))
    WarmUp.objects.update(last_on=TODAY() - timedelta(days=1))
    Delivery.objects.filter(state="queued").update(due_at=timezone.now())
    pump.run(seconds=10)
    assert books(campaign) == {"accepted": 15, "queued": 25}
    assert WarmUp.objects.get().days == 2


def test_after_the_last_day_everything_leaves_and_days_are_still_noted(sink: SmtpSink, pump: Pump) -> None:
    make_people(40)
    campaign = start(make_campaign(sink))
    ProviderAccount.objects.update(warm_up_from=TODAY() - timedelta(days=90))
    record(ProviderAccount.objects.get(), "others", 3, 20)
    pump.run(seconds=10)
    assert books(campaign) == {"accepted": 40}
    assert WarmUp.objects.values_list("days", "last_on").get() == (4, TODAY())
    assert set(HandOver.objects.values_list("family", flat=True)) == {""}


def test_a_sender_warms_up_too(sink: SmtpSink, pump: Pump) -> None:
    make_people(20)
    campaign = start(make_campaign(sink))
    SenderIdentity.objects.update(warm_up_from=TODAY())
    pump.run(seconds=10)
    assert books(campaign) == {"accepted": 5, "queued": 15}
    assert WarmUp.objects.get().sender == SenderIdentity.objects.get()


def test_workers_at_once_never_pass_a_family(sink: SmtpSink) -> None:
    make_people(200)
    campaign = start(make_campaign(sink))
    move(campaign, "gmail.com", 100)
    ProviderAccount.objects.update(warm_up_from=TODAY())

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
    assert reached(sink) == {"gmail.com": 5, "example.com": 5}
    assert books(campaign) == {"accepted": 10, "queued": 190}


def test_another_way_out_takes_what_one_that_warms_up_may_not(
    sink: SmtpSink, other_sink: SmtpSink, pump: Pump
) -> None:
    other_sink.start_over()
    make_people(60)
    account = make_account(sink.port)
    ProviderAccount.objects.update(warm_up_from=TODAY())
    account.refresh_from_db()
    sender = make_sender(account)
    reserve = make_account(other_sink.port)
    SenderRoute.objects.create(sender=sender, provider_account=reserve, weight=0)
    campaign = start(make_campaign(sender=sender))
    move(campaign, "gmail.com", 30)
    Delivery.objects.filter(campaign=campaign, address__endswith="@gmail.com").update(due_at=timezone.now())
    pump.run(seconds=20)
    assert reached(sink)["gmail.com"] == 5
    full = open_ways(sender, []).ways[0].full
    assert full == {"gmail", "others"}
    Delivery.objects.filter(state="queued").update(due_at=timezone.now())
    pump.run(seconds=20)
    assert reached(sink, other_sink).total() == 60
    assert reached(sink) == {"gmail.com": 5, "example.com": 5}
    assert books(campaign) == {"accepted": 60}


def test_a_way_that_is_full_for_one_family_keeps_the_others() -> None:
    account = warming_account(TODAY())
    sender = make_sender(account)
    SenderRoute.objects.create(sender=sender, provider_account=make_account(), weight=0)
    HandOver.objects.create(account_id=account.pk, sender_id=sender.pk, messages=5, family="gmail")
    ways = open_ways(sender, [])
    general = ways.pick(random.Random(1))
    assert general == account
    rows = [_row(1, "a@gmail.com"), _row(2, "b@example.com")]
    split = ways.split(rows, general, random.Random(1))
    assert {found.pk: [row.address for row in part] for found, part in split} == {
        sender.routes.get().provider_account_id: ["a@gmail.com"],
        account.pk: ["b@example.com"],
    }


def _row(contact: int, address: str) -> Row:
    return Row(Key(contact, ""), address, b"", 0, False, "", "fr", 0, None, None)


def test_a_warm_up_stops_while_over_three_percent_are_returned() -> None:
    account = make_account()
    campaign = make_campaign(sender=make_sender(account))
    ProviderAccount.objects.update(warm_up_from=TODAY())
    CampaignWatch.objects.create(campaign=campaign, accounts={account.pk: {"accepted": 400, "bounced": 12}})
    assert caps.full().accounts == {}  # three in a hundred, and nobody can be sure that it is more
    CampaignWatch.objects.update(accounts={account.pk: {"accepted": 400, "bounced": 24}})
    assert caps.full().accounts == {account.pk: caps.WARM_UP_STOPPED}
    one = record(account, "gmail", 3, 0)
    assert caps.full().accounts == {account.pk: caps.WARM_UP_STOPPED}
    WarmUp.objects.filter(pk=one.pk).update(days=4)  # it has proven itself wherever it writes to
    assert caps.full().accounts == {}
    WarmUp.objects.all().delete()
    CampaignWatch.objects.update(counted_at=timezone.now() - timedelta(days=8))
    assert caps.full().accounts == {}


def test_an_account_is_full_once_every_family_is() -> None:
    account = warming_account(TODAY())
    for family in warm_up.FAMILIES:
        assert caps.full().accounts == {}
        HandOver.objects.create(account_id=account.pk, sender_id=1, messages=5, family=family)
    assert caps.full().accounts == {account.pk: caps.WARM_UP_FULL}


@pytest.mark.parametrize("fields", [{}, {"account": True, "sender": True}])
def test_a_record_is_of_one_account_or_one_sender(fields: dict[str, bool]) -> None:
    sender = make_sender(make_account())
    given = {"account": sender.provider_account, "sender": sender}
    with pytest.raises(IntegrityError, match="warm_up_of_one"), transaction.atomic():
        WarmUp.objects.create(
            **{name: given[name] for name in fields}, family="gmail", days=1, last_on=TODAY()
        )


def test_whoever_warmed_up_by_the_calendar_has_come_as_far() -> None:
    migration = importlib.import_module("messaging.migrations.0016_warm_up_by_family")
    account, fresh = warming_account(TODAY() - timedelta(days=2)), warming_account(TODAY())
    sender = make_sender(account)
    SenderIdentity.objects.filter(pk=sender.pk).update(warm_up_from=TODAY() - timedelta(days=40))
    with connection.cursor() as cursor:
        cursor.execute(migration._AS_FAR)
    sender.refresh_from_db()
    days = [{one.day for one in warm_up.progress_of(who).values()} for who in (account, fresh, sender)]
    assert days == [{3}, {1}, {41}]
