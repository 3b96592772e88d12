"""Several ways out for one sender: shares, territories, reserves, failover; nobody twice, nobody lost."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from campaign_crm.platform.models import Notification
from contacts.enums import TerritoryKind
from messaging.dispatch import circuit, ways_out
from messaging.dispatch.ledger import Key, Row
from messaging.dispatch.pump import Pump
from messaging.dispatch.rates import Rates
from messaging.dispatch.routing import every_way, open_ways
from messaging.enums import CampaignState
from messaging.models import Campaign, Delivery, ProviderAccount, SenderIdentity, SenderRoute
from messaging.services.pre_send import fault_of
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.dispatch.test_variants import place
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def other_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def second(other_sink: SmtpSink) -> SmtpSink:
    other_sink.start_over()
    return other_sink


def two_ways(first: int, second: int, *, weight: int = 1) -> tuple[SenderIdentity, ProviderAccount]:
    """A sender with a main way out to one port and another one to a second port."""
    sender = make_sender(make_account(first))
    other = make_account(second)
    SenderRoute.objects.create(sender=sender, provider_account=other, weight=weight)
    return sender, other


def recipients(*sinks: SmtpSink) -> list[str]:
    return sorted(row.recipient for sink in sinks for row in sink.received())


def everybody(count: int) -> list[str]:
    return sorted(f"person{number}@example.com" for number in range(1, count + 1))


def test_weights_share_the_chunks_out() -> None:
    sender, other = two_ways(9, 9, weight=3)
    chance = random.Random(1)
    picked = Counter(open_ways(sender, []).pick(chance) for _time in range(400))
    assert 0.65 < picked[other] / 400 < 0.85
    assert picked[sender.provider_account] == 400 - picked[other]


def test_a_reserve_is_taken_only_while_no_other_way_is_open() -> None:
    sender, reserve = two_ways(9, 9, weight=0)
    chance = random.Random(1)
    assert {open_ways(sender, []).pick(chance) for _time in range(50)} == {sender.provider_account}
    assert open_ways(sender, [sender.provider_account_id]).pick(chance) == reserve
    assert open_ways(sender, [sender.provider_account_id, reserve.pk]).pick(chance) is None


def test_a_territory_has_its_own_way_and_falls_back_on_the_others() -> None:
    sender, general = two_ways(9, 9)
    region = place("32", TerritoryKind.REGION)
    place("60", TerritoryKind.DEPARTMENT, region)
    north = make_account()
    SenderRoute.objects.create(sender=sender, provider_account=north, territory=region)
    chance = random.Random(1)
    rows = [_row("60"), _row("75"), _row("")]
    ways = open_ways(sender, [general.pk])
    assert ways.departments is None
    split = ways.split(rows, ways.pick(chance), chance)
    assert {account: [row.department for row in part] for account, part in split} == {
        north: ["60"],
        sender.provider_account: ["75", ""],
    }
    ways = open_ways(sender, [north.pk, general.pk])
    assert ways.split(rows, ways.pick(chance), chance) == [(sender.provider_account, rows)]
    # Only the territory's way is open: the others' rows are not even claimed.
    ways = open_ways(sender, [general.pk, sender.provider_account_id])
    assert (ways.departments, ways.pick(chance)) == (["60"], None)
    assert ways.split(rows, None, chance) == [(north, rows[:1])]


def _row(department: str) -> Row:
    return Row(Key(1, ""), "a@example.org", b"", 0, False, department, "fr", 0, None, None)


def test_a_mailing_leaves_by_several_accounts_once_each(sink: SmtpSink, second: SmtpSink) -> None:
    make_people(1_200)
    sender, other = two_ways(sink.port, second.port)
    campaign = start(make_campaign(sender=sender))
    pump = Pump(rates=Rates(settings.REDIS_URL, workers=1), chance=random.Random(3))
    pump.run(seconds=40)
    pump.close()
    assert recipients(sink, second) == everybody(1_200)
    assert books(campaign) == {"accepted": 1_200}
    by_account = Counter(Delivery.objects.values_list("provider_account", flat=True))
    assert by_account[other.pk] == len(second.received()) > 0
    assert by_account[sender.provider_account_id] == len(sink.received()) > 0


def test_another_account_takes_over_when_one_is_down(
    sink: SmtpSink, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuit, "CONNECTION_FAILURES", 1)
    make_officer()
    make_people(30)
    sender, _other = two_ways(9, sink.port, weight=0)  # nobody answers on port 9
    campaign = start(make_campaign(sender=sender))
    pump.run(seconds=3)
    Delivery.objects.filter(state="retry_wait").update(due_at=timezone.now())
    pump.run(seconds=20)
    assert books(campaign) == {"accepted": 30}
    assert recipients(sink) == everybody(30)
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.SENDING
    told = Notification.objects.get()
    assert (told.kind, "others carry its messages" in told.message) == ("account.failing", True)
    main = ProviderAccount.objects.get(pk=sender.provider_account_id)
    assert main.trouble
    assert main.rests_until is not None


def test_an_account_out_of_quota_hands_its_refused_rows_to_another(
    sink: SmtpSink, second: SmtpSink, pump: Pump
) -> None:
    make_people(20)
    sink.start_over(faults=[Fault("mail", code=451, text="4.7.1 daily quota exceeded, account limited")])
    sender, _other = two_ways(sink.port, second.port, weight=0)
    campaign = start(make_campaign(sender=sender))
    ProviderAccount.objects.filter(pk=sender.provider_account_id).update(per_day=5)
    pump.run(seconds=5)
    assert sink.received() == []
    assert len(second.received()) == 15  # the main account came to its cap, the rest left at once
    Delivery.objects.filter(state="retry_wait").update(due_at=timezone.now())
    pump.run(seconds=5)
    assert recipients(second) == everybody(20)
    assert books(campaign) == {"accepted": 20}


def test_what_may_have_been_accepted_never_takes_another_way(
    sink: SmtpSink, second: SmtpSink, pump: Pump
) -> None:
    make_people(4)
    sink.start_over(faults=[Fault("dot", action="close", pattern="^person3@", keeps=True)])
    sender, _other = two_ways(sink.port, second.port, weight=0)
    campaign = start(make_campaign(sender=sender))
    pump.run(seconds=5)
    Delivery.objects.update(due_at=timezone.now())
    ProviderAccount.objects.filter(pk=sender.provider_account_id).update(is_active=False)
    pump.run(seconds=5)
    assert books(campaign)["unknown"] == 1
    assert recipients(sink, second) == everybody(4)


def test_a_mailing_pauses_only_when_no_way_is_left(pump: Pump, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "CONNECTION_FAILURES", 1)
    monkeypatch.setattr(circuit, "FIRST_REST", 0.0)
    monkeypatch.setattr(circuit, "LONGEST_REST", 0.0)
    make_people(3)
    sender, _other = two_ways(9, 9)
    campaign = start(make_campaign(sender=sender))
    for _time in range(8):
        Delivery.objects.update(due_at=timezone.now())
        pump.run(seconds=1)
        campaign.refresh_from_db()
        if campaign.state == CampaignState.PAUSED:
            break
    assert campaign.state == CampaignState.PAUSED
    assert {one.kind for one in Notification.objects.all()} == {"account.failing", "campaign.paused"}
    assert books(campaign) == {"retry_wait": 3}


def test_switching_one_way_off_holds_nothing_while_another_is_in_use() -> None:
    make_people(2)
    sender, other = two_ways(9, 9)
    start(make_campaign(sender=sender))
    ProviderAccount.objects.filter(pk=sender.provider_account_id).update(is_active=False)
    sender.refresh_from_db()
    assert ways_out.hold_without_way_out() == 0
    assert fault_of(sender) == ""
    assert [way.account for way in every_way(sender).ways] == [other]
    ProviderAccount.objects.update(is_active=False)
    assert ways_out.hold_without_way_out() == 1
    assert fault_of(sender) != ""
    assert Campaign.objects.get().state == CampaignState.PAUSED


def test_the_same_way_twice_is_refused() -> None:
    sender, other = two_ways(9, 9)
    with pytest.raises(IntegrityError, match="route_once"):
        SenderRoute.objects.create(sender=sender, provider_account=other)
