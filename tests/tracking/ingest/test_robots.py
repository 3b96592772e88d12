"""Robots told by what they do: the hidden link, published addresses, the first seconds; and judged again."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import Client

from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import AuditEntry
from messaging.content.addresses import HIDDEN_LINK
from messaging.content.tokens import AnonymousMark, PersonalMark, sign_message
from messaging.models import Delivery
from tests.tracking.ingest.conftest import FIREFOX, MONTH, READ_LATER, click_of
from tracking.enums import Device, Reader
from tracking.ingest import classify, consumer, devices, neighbours, networks, reclassify
from tracking.ingest.agents import Named
from tracking.ingest.devices import name_devices
from tracking.ingest.hits import new_hit
from tracking.models import AddressList, CampaignCounter, Interaction

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
    " Mobile Safari/537.36"
)


def counted() -> dict[str, int]:
    rows = CampaignCounter.objects.values_list("metric").annotate(Sum("delta"))
    return {metric: number for metric, number in rows if number}


def classes() -> list[str]:
    return list(Interaction.objects.order_by("at").values_list("hit_class", flat=True))


@pytest.mark.parametrize("measured", [True, False])
def test_whoever_follows_the_hidden_link_is_a_robot_in_all_it_did_around(campaign, person, measured) -> None:
    mark = (
        PersonalMark(MONTH, campaign.pk, person.pk)
        if measured
        else AnonymousMark(MONTH, campaign.pk, "60", datetime.now(UTC) - READ_LATER)
    )
    browser = Client(headers={"user-agent": FIREFOX})
    browser.get(f"/o/{sign_message(mark)}.gif")
    browser.get(f"/c/{click_of(mark, link=1)}")
    consumer.drain()
    assert counted() == {"opens": 1, "unique_opens": 1, "clicks": 1, "unique_clicks": 1}
    answer = browser.get(f"/c/{click_of(mark, link=HIDDEN_LINK)}")
    assert (answer.status_code, answer.content) == (204, b""), "it leads nowhere"
    consumer.drain()
    browser.get(f"/c/{click_of(mark, link=2)}")
    consumer.drain()
    assert (set(classes()), counted()) == ({"scanner"}, {"set_aside": 4})
    assert set(Interaction.objects.values_list("signals__beside", "rules")) == {("trap", classify.RULES)}


def test_what_comes_back_in_the_first_seconds_is_a_robots(campaign, person) -> None:
    ensure_partition("messaging_delivery", MONTH.isoformat())
    handed = datetime.now(UTC) - timedelta(seconds=30)
    Delivery.objects.create(
        ledger_month=MONTH, campaign=campaign, contact=person, address="lea@example.org",
        address_hash=b"x" * 32, measured=True, handed_at=handed,
    )  # fmt: skip
    token = sign_message(PersonalMark(MONTH, campaign.pk, person.pk))
    for seconds in (1.2, 20, -5):
        hit = new_hit(token=token, user_agent=FIREFOX)
        object.__setattr__(hit, "at", handed + timedelta(seconds=seconds))
        consumer.store([hit])
    kept = {
        one.signals["seconds"] if one.signals else None: one.hit_class for one in Interaction.objects.all()
    }
    assert kept == {1.2: "scanner", 20.0: "human", None: "human"}


@pytest.fixture
def lists(tmp_path: Path) -> None:
    gateway, relay = tmp_path / "gateway.txt", tmp_path / "relay.csv"
    gateway.write_text("network\n198.51.100.0/25 # first half\n198.51.100.128/25\n\n2001:db8:1::/48\n")
    relay.write_text("203.0.113.8/31,FR,FR-75,Paris,\n203.0.113.64/32,FR,,,\n")
    for path, name, kind in ((gateway, "gateway", "scanner"), (relay, "relay", "proxy")):
        call_command("load_address_ranges", str(path), name=name, kind=kind, stdout=StringIO())


@pytest.mark.usefixtures("lists")
def test_published_addresses_are_told_and_only_the_name_of_their_list_is_kept(campaign) -> None:
    networks.forget()
    expected = {
        "198.51.100.0": "scanner:gateway", "198.51.100.255": "scanner:gateway", "198.51.99.255": "",
        "198.51.101.0": "", "2001:db8:1:ffff::1": "scanner:gateway", "2001:db8:2::": "",
        "::ffff:198.51.100.7": "scanner:gateway", "203.0.113.8": "proxy:relay", "203.0.113.9": "proxy:relay",
        "203.0.113.10": "", "203.0.113.64": "proxy:relay", "203.0.113.65": "", "": "",
    }  # fmt: skip
    assert networks.are_known()
    assert {address: networks.list_of(address) for address in expected} == expected
    mark = AnonymousMark(MONTH, campaign.pk, "60", datetime.now(UTC) - READ_LATER)
    for address in ("198.51.100.9", "203.0.113.8", "192.0.2.1"):
        client = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR=address)
        client.get(f"/o/{sign_message(mark)}.gif")
    consumer.drain()
    assert classes() == ["scanner", "privacy_proxy", "human"]
    stored = " ".join(str(row) for row in Interaction.objects.values())
    assert "scanner:gateway" in stored
    assert not any(address in stored for address in ("198.51", "203.0", "192.0.2"))


@pytest.mark.usefixtures("lists")
def test_a_list_is_replaced_forgotten_and_a_bad_file_changes_nothing(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("192.0.2.0/24\nnot a network\n")
    with pytest.raises(CommandError, match=r"2.*not a network"):
        call_command("load_address_ranges", str(bad), name="gateway", kind="scanner")
    assert AddressList.objects.get(name="gateway").networks == 3
    bad.write_text("192.0.2.0/24\n")
    call_command("load_address_ranges", str(bad), name="gateway", kind="scanner", stdout=StringIO())
    networks.forget()
    networks.are_known()
    assert (networks.list_of("192.0.2.9"), networks.list_of("198.51.100.0")) == ("scanner:gateway", "")
    call_command("load_address_ranges", name="gateway", remove=True, stdout=StringIO())
    networks.forget()
    networks.are_known()
    assert networks.list_of("192.0.2.9") == ""
    acts = AuditEntry.objects.filter(action__startswith="address_list.").values_list("action", flat=True)
    assert sorted(acts) == ["address_list.load"] * 3 + ["address_list.remove"]


def test_rules_that_change_judge_again_what_is_stored_and_twice_changes_nothing(
    campaign, person, an_open, monkeypatch
) -> None:
    """Counters after it are those that today's rules would have counted from the first hit on."""
    mark = PersonalMark(MONTH, campaign.pk, person.pk)
    with monkeypatch.context() as before:  # rules of a time when links in seconds and HEAD said nothing
        before.setattr(neighbours, "find_neighbours", lambda _hits: {})
        before.setattr(classify, "BURST_LINKS", 99)
        for number in (1, 2, 3):
            consumer.store([new_hit(token=click_of(mark, link=number), user_agent=FIREFOX)])
        consumer.store([an_open(1), an_open(1), an_open(2, user_agent="Mozilla/5.0"), an_open(3)])
    Interaction.objects.filter(kind="open", visitor=3).update(signals={"head": True}, rules=1)
    Interaction.objects.filter(kind="click", link_number=1).update(rules=0, signals=None)  # of before numbers
    kept = {"clicks": 3, "unique_clicks": 1, "opens": 3, "unique_opens": 2, "proxy_opens": 1}
    assert counted() == kept
    monkeypatch.setattr(classify, "BURST_LINKS", 2)
    told = StringIO()
    call_command("reclassify", days=2, stdout=told)
    assert "7 hits judged" not in told.getvalue(), "one has no signals: it stays as it was judged"
    assert "6 hits judged again, 3 changed class" in told.getvalue()
    after = {"clicks": 1, "unique_clicks": 1, "opens": 2, "unique_opens": 1, "proxy_opens": 1, "set_aside": 3}
    assert counted() == after
    rows = list(Interaction.objects.order_by("at").values())
    changed = [done.changed for done in reclassify.reclassify(since=rows[0]["at"], until=datetime.now(UTC))]
    assert changed == [0]
    assert (counted(), list(Interaction.objects.order_by("at").values())) == (after, rows)


def test_judging_again_in_small_batches_finds_what_one_batch_finds(campaign, person, monkeypatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(neighbours, "find_neighbours", lambda _hits: {})
        for number in (1, 2, 3, 4):
            mark = PersonalMark(MONTH, campaign.pk, person.pk)
            consumer.store([new_hit(token=click_of(mark, link=number), user_agent=FIREFOX)])
    assert counted() == {"clicks": 4, "unique_clicks": 1}
    since = datetime.now(UTC) - timedelta(hours=1)
    found = list(reclassify.reclassify(since=since, until=datetime.now(UTC), campaign=campaign.pk, batch=1))
    assert [one.changed for one in found] == [1, 1, 1, 1]
    assert counted() == {"set_aside": 4}


def test_devices_are_named_for_those_who_agreed_and_for_nobody_else(campaign, person, an_open) -> None:
    token = sign_message(PersonalMark(MONTH, campaign.pk, person.pk))
    outlook = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17726; Pro)"
    for agent in (PHONE, outlook):
        consumer.store([new_hit(token=token, user_agent=agent)])
    consumer.store([an_open(4, user_agent=PHONE)])
    assert name_devices() == 2
    assert list(Interaction.objects.order_by("at").values_list("device", "reader", "contact_id")) == [
        (Device.PHONE, Reader.BROWSER, person.pk),
        (Device.DESKTOP, Reader.MAIL, person.pk),
        ("", "", None),
    ]
    assert name_devices() == 0, "each once"


def test_whatever_its_name_shows_to_be_a_robot_later_is_taken_back(campaign, person, monkeypatch) -> None:
    token = sign_message(PersonalMark(MONTH, campaign.pk, person.pk))
    consumer.store([new_hit(token=token, user_agent="Exampler/2.1")])
    assert counted() == {"opens": 1, "unique_opens": 1}
    monkeypatch.setattr(
        devices, "name_device", lambda _agent: Named(Device.OTHER, Reader.OTHER, is_robot=True)
    )
    assert name_devices() == 1
    assert (classes(), counted()) == (["scanner"], {"set_aside": 1})
