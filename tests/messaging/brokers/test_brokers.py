"""Mailings by brokers: the kit, the silence, approval, opt-outs as hashes both ways, results as sums."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.models import AuditEntry, Organisation, User
from contacts.enums import Channel, Suffrage, SuppressionReason, SuppressionScope
from contacts.models import RuleChange, SuppressedDigest, Suppression
from contacts.services.elections import Round, save_election
from contacts.services.suppressions import address_hash_for, suppress
from messaging.brokers.kit import ONLINE, UNSUBSCRIBE, make_kit
from messaging.brokers.mailings import (
    BrokerRefused,
    approve,
    cancel,
    faults_of,
    hand_over,
    save_broker_mailing,
    write_results,
)
from messaging.brokers.opt_outs import hand_opt_outs, hashes_of, take_opt_outs
from messaging.brokers.results import read_results
from messaging.models import BrokerMailing, Campaign, OptOutHandOver, SendingRule
from tests.messaging.people import make_campaign, make_officer, make_people

pytestmark = pytest.mark.django_db
PAGE = "/mailings/brokers/"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def officer() -> User:
    return make_officer()


@pytest.fixture
def client(client: Client, officer: User) -> Client:
    client.force_login(officer)
    return client


def planned(officer: User, **fields: Any) -> BrokerMailing:
    wanted = {
        "campaign": fields.pop("campaign", None) or make_campaign(),
        "broker": "Exempla",
        "proof": "Contract of January",
        "origin_text": "you agreed that Exempla sends you messages of its partners",
        "leaves_at": timezone.now() + timedelta(days=5),
        "expected": 1000,
    }
    return save_broker_mailing(by=officer, **wanted | fields)


def handed(officer: User, **fields: Any) -> BrokerMailing:
    return hand_over(mailing=planned(officer, **fields), by=officer)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def stop(address: str) -> None:
    suppress(
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        address=address,
        by=None,
    )


def test_the_kit_holds_the_message_for_nobody_and_instructions_in_french(officer: User) -> None:
    with zipfile.ZipFile(io.BytesIO(make_kit(handed(officer)))) as kit:
        parts = {name: kit.read(name).decode() for name in kit.namelist() if not name.startswith("images/")}
    assert set(parts) == {"LISEZ-MOI.txt", "objet.txt", "expediteur.txt", "message.html", "message.txt"}
    assert parts["objet.txt"].startswith("Bonjour")
    assert "answers@example.org" in parts["expediteur.txt"]
    for part in ("message.html", "message.txt"):
        assert UNSUBSCRIBE in parts[part]
        assert ONLINE in parts[part]
        assert "https://example.org/programme" in parts[part]  # its own address, counted by nobody
        assert ".invalid" not in parts[part]
        assert "you agreed that Exempla sends you messages" in parts[part]
        assert "Campagne 2027" in parts[part]
    assert "{{" not in parts["message.html"]
    assert "silence électoral" in parts["LISEZ-MOI.txt"]
    assert "sent;delivered;opens;clicks;unsubscribes" in parts["LISEZ-MOI.txt"]


def test_later_edits_change_nothing_of_a_kit(officer: User) -> None:
    mailing = handed(officer)
    before = make_kit(mailing)
    Campaign.objects.update(blocks=[{"id": "a", "type": "text", "html": "<p>Another</p>"}])
    mailing = BrokerMailing.objects.select_related("campaign__sender").get(pk=mailing.pk)
    with zipfile.ZipFile(io.BytesIO(before)) as old, zipfile.ZipFile(io.BytesIO(make_kit(mailing))) as new:
        assert old.read("message.html") == new.read("message.html")


def test_a_day_within_the_silence_is_refused_when_planned_and_when_handed_over(officer: User) -> None:
    mailing = planned(officer)
    day = timezone.localdate(mailing.leaves_at)
    save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=[Round(day)], territory=None, by=None)
    with pytest.raises(BrokerRefused, match="The silence before “Vote”"):
        hand_over(mailing=mailing, by=officer)
    with pytest.raises(BrokerRefused, match="The silence before “Vote”"):
        planned(officer, broker="Another", campaign=mailing.campaign)


def test_the_rules_of_a_plan_are_asked_of_a_rented_file_too(client: Client, officer: User) -> None:
    blocks = [{"id": "a", "type": "text", "html": "<p>Appelez le 0 800 123 456</p>"}]
    mailing = planned(officer, campaign=make_campaign(blocks=blocks))
    page = f"{PAGE}{mailing.pk}/"
    assert "may count as commercial advertising" not in client.get(page).content.decode()
    day = timezone.localdate(mailing.leaves_at) + timedelta(days=30)
    save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=[Round(day)], territory=None, by=None)
    shown = client.get(page).content.decode()
    for words in ("may count as commercial advertising", "It names a free number"):
        assert words in shown
    assert not faults_of(mailing), "both warn"
    RuleChange.objects.create(rule="free-number", severity="block", reason="Ours", changed_by=officer)
    with pytest.raises(BrokerRefused, match="It names a free number"):
        hand_over(mailing=mailing, by=officer)


def test_a_file_whose_places_are_not_known_is_muted_a_day_earlier_as_overseas(officer: User) -> None:
    mailing = planned(officer)
    day = timezone.localdate(mailing.leaves_at) + timedelta(days=2)
    save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=[Round(day)], territory=None, by=None)
    mailing.leaves_at = timezone.localtime(mailing.leaves_at).replace(hour=12, minute=0)
    mailing.save(update_fields=["leaves_at"])
    with pytest.raises(BrokerRefused, match="The silence before “Vote”"):
        hand_over(mailing=mailing, by=officer)


def test_a_large_one_is_approved_by_somebody_else_for_what_it_says_now(officer: User) -> None:
    mailing = planned(officer)
    rule = SendingRule.current()
    rule.approval_above = 500
    rule.save()
    other = User.objects.create_user(email="approver@example.org", role="approver", language="en")
    with pytest.raises(BrokerRefused, match="approved by somebody else"):
        hand_over(mailing=mailing, by=officer)
    with pytest.raises(BrokerRefused, match="Somebody else approves"):
        approve(mailing=mailing, reason="Urgent", by=officer)
    approve(mailing=mailing, reason="", by=other)
    campaign = mailing.campaign
    Campaign.objects.filter(pk=campaign.pk).update(subject="Another subject")
    mailing.refresh_from_db()
    with pytest.raises(BrokerRefused, match="approved by somebody else"):
        hand_over(mailing=mailing, by=officer)
    approve(mailing=mailing, reason="", by=other)
    assert hand_over(mailing=mailing, by=officer).state == "handed"


def test_what_is_missing_is_said(officer: User) -> None:
    mailing = planned(officer)
    Organisation.objects.update(postal_address="", sending_enabled=False)
    BrokerMailing.objects.update(leaves_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(BrokerRefused) as refused:
        hand_over(mailing=mailing, by=officer)
    for words in ("switched off", "no postal address", "has passed"):
        assert words in str(refused.value)


def test_what_was_handed_over_is_planned_anew_not_changed(officer: User) -> None:
    mailing = handed(officer)
    with pytest.raises(BrokerRefused, match="has the kit already"):
        save_broker_mailing(mailing=mailing, campaign=mailing.campaign, by=officer, expected=5)
    cancel(mailing=mailing, reason="Contract ended", by=officer)
    with pytest.raises(BrokerRefused, match="cannot be done any more"):
        write_results(mailing=mailing, by=officer, sent=10)


@pytest.mark.parametrize("salted", [True, False])
def test_opt_outs_are_handed_over_as_hashes_and_journaled(officer: User, salted: bool) -> None:
    first, *_others = make_people(3)
    stop("person1@example.com")
    stop("gone@example.com")
    assert first.emailaddress_set.get().normalised == "person1@example.com"
    mailing = handed(officer)
    made = hand_opt_outs(mailing=mailing, salted=salted, by=officer)
    assert (made.count, made.unknown, bool(made.salt)) == (1, 1, salted)
    assert "".join(hashes_of(made)) == f"{sha256(made.salt + 'person1@example.com')}\n"
    entry = AuditEntry.objects.get(action="broker.opt_outs")
    assert entry.detail == {"rows": 1, "kind": "salted" if salted else "plain"}


def test_opt_outs_wait_for_the_kit(officer: User) -> None:
    with pytest.raises(BrokerRefused, match="Hand the kit over first"):
        hand_opt_outs(mailing=planned(officer), salted=True, by=officer)


def test_a_file_of_hashes_expires(client: Client, officer: User) -> None:
    make_people(1)
    stop("person1@example.com")
    made = hand_opt_outs(mailing=handed(officer), salted=True, by=officer)
    address = f"{PAGE}opt-outs/{made.pk}/"
    assert len(b"".join(client.get(address).streaming_content)) == 65
    OptOutHandOver.objects.update(expires_at=timezone.now())
    assert client.get(address).status_code == 302
    assert AuditEntry.objects.filter(action="broker.opt_outs_fetched").count() == 1


def test_opt_outs_that_come_back_join_the_list(officer: User) -> None:
    make_people(2)
    mailing = handed(officer)
    made = hand_opt_outs(mailing=mailing, salted=True, by=officer)
    salted_hash = sha256(f"{made.salt}person2@example.com")
    lines = ["email\n", "Person1@Example.com;x\n", f"{salted_hash}\n", sha256("stranger") + "\n", "nobody\n"]
    taken = take_opt_outs(mailing=mailing, lines=lines, by=officer)
    assert (taken.stopped, taken.kept, taken.unknown, taken.wrong) == (2, 0, 1, 1)
    stopped = {bytes(entry.address_hash) for entry in Suppression.objects.in_force()}
    assert stopped == {address_hash_for(Channel.EMAIL, f"person{number}@example.com") for number in (1, 2)}


def test_plain_hashes_of_strangers_wait_for_their_address(officer: User) -> None:
    mailing = handed(officer)
    taken = take_opt_outs(mailing=mailing, lines=[sha256("later@example.com").upper()], by=officer)
    assert taken.kept == 1
    assert SuppressedDigest.objects.get().detail == {"broker_mailing": mailing.pk}


@pytest.mark.parametrize("lines", [[], ["email\n"], ["not an address\n"]])
def test_a_file_without_opt_outs_is_refused(officer: User, lines: list[str]) -> None:
    with pytest.raises(BrokerRefused, match="no address and no SHA-256"):
        take_opt_outs(mailing=handed(officer), lines=lines, by=officer)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a;b\n1;2\n", "must name the columns"),
        (b"", "must name the columns"),
        (b"sent;opens\nmany;2\n", "is not a whole number"),
        (b"sent;opens\n-5;2\n", "is not a whole number"),
        (b"sent\n" + b"1\n" * 600_000, "more than totals"),
    ],
)
def test_results_that_cannot_be_read_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(BrokerRefused, match=message):
        read_results(content)


def test_results_are_read_with_the_names_that_brokers_use() -> None:
    content = "Envoyés;Remis;Ouvertures;Clics;Désinscriptions\n1 000;990;;12;3\n500;495;;8;1\n"
    totals = {"sent": 1500, "delivered": 1485, "opens": None, "clicks": 20, "unsubscribes": 4}
    assert read_results(content.encode("cp1252")) == totals


def test_figures_that_cannot_be_are_refused(officer: User) -> None:
    mailing = handed(officer)
    with pytest.raises(BrokerRefused, match="at least how many were sent"):
        write_results(mailing=mailing, by=officer, delivered=5)
    with pytest.raises(BrokerRefused, match="than were sent"):
        write_results(mailing=mailing, by=officer, sent=5, delivered=6)


def test_one_goes_from_its_plan_to_its_results_on_screen(client: Client) -> None:
    campaign = make_campaign(name="Programme")
    leaves_at = timezone.localtime() + timedelta(days=3)
    posted = {
        "campaign": campaign.pk,
        "broker": "Exempla",
        "leaves_at": leaves_at.strftime("%Y-%m-%dT%H:%M"),
        "expected": "2000",
        "cost": "150",
        "origin_text": "you agreed to it",
        "proof": "Contract",
    }
    assert client.post(f"{PAGE}new/", posted | {"expected": "0"}).status_code == 422
    assert client.post(f"{PAGE}new/", posted).status_code == 302
    mailing = BrokerMailing.objects.get()
    assert client.post(f"{PAGE}new/", posted).status_code == 422  # this broker has it
    page = f"{PAGE}{mailing.pk}/"
    assert client.get(f"{page}kit/").status_code == 404
    assert "Nothing is missing." in client.get(page).content.decode()
    client.post(f"{page}act/hand-over/")
    assert client.get(f"{page}kit/")["Content-Type"] == "application/zip"
    month = leaves_at.strftime("%Y-%m")
    assert "by Exempla" in client.get(f"/mailings/calendar/?month={month}").content.decode()
    assert PAGE in client.get("/mailings/").content.decode()
    client.post(f"{page}act/opt-outs/", {"salted": "on"})
    assert OptOutHandOver.objects.get().salt in client.get(page).content.decode()
    totals = SimpleUploadedFile("r.csv", b"sent;delivered;opens;clicks;unsubscribes\n2000;1900;300;40;5\n")
    client.post(f"{page}act/results/", {"file": totals})
    client.post(f"{page}act/take-opt-outs/", {"file": SimpleUploadedFile("o.csv", b"a@example.com\n")})
    assert Suppression.objects.count() == 1
    mailing.refresh_from_db()
    assert (mailing.state, mailing.sent, mailing.unsubscribes) == ("done", 2000, 5)
    assert "1,900" in client.get(PAGE).content.decode()
    assert "150.00" in client.get("/campaign-accounts/").content.decode()


def test_each_act_asks_for_its_right(client: Client, officer: User) -> None:
    mailing = planned(officer)
    client.force_login(User.objects.create_user(email="a@example.org", role="approver", language="en"))
    assert client.get(f"{PAGE}{mailing.pk}/").status_code == 200
    assert client.post(f"{PAGE}{mailing.pk}/act/hand-over/").status_code == 403
    assert client.post(f"{PAGE}{mailing.pk}/act/results/").status_code == 403
    assert client.get(f"{PAGE}new/").status_code == 403
