"""Donations: each receipt once by whatever way it comes, nothing lost, amounts for few."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import TargetingClass, TimelineGroup
from contacts.registry import registry
from contacts.segments.compile import people_matching
from contacts.segments.nesting import classes_of
from contacts.segments.tree import parse_tree
from messaging.models import Campaign, Link
from tests.messaging.people import make_campaign, make_officer, make_people
from tracking.donations import files, hook, service
from tracking.donations.money import cents_of, euros
from tracking.donations.selectors import above_ceiling, raised, raised_by, warnings_for
from tracking.donations.service import DonationRefused, Gift, ReceiptKnown, record_donation
from tracking.enums import HitClass, InteractionKind
from tracking.models import Donation, DonationRule, Interaction
from tracking.services.interactions import record_interaction

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def officer() -> User:
    return make_officer()


def give(officer: User, receipt: str, cents: int = 25_00, *, days_ago: int = 0, **fields: Any) -> Donation:
    given_on = timezone.localdate() - timedelta(days=days_ago)
    gift = Gift(receipt=receipt, amount=cents, given_on=given_on, **({"method": "card"} | fields))
    return record_donation(gift=gift, came_by="hand", by=officer)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("25", 2500), ("12,50 €", 1250), ("1 234,5", 123450), ("1.234,56", 123456), ("1,234.56", 123456),
        ("0,001", None), ("dix", None), ("NaN", None), ("", None), ("-3", -300),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text, cents) -> None:
    assert cents_of(text) == cents
    assert euros(123450) == "1,234.50\u00a0€"


def test_each_receipt_is_kept_once_and_told_without_its_amount(officer) -> None:
    (person,) = make_people(1)
    made = give(officer, "R-1", contact=person.pk)
    with pytest.raises(ReceiptKnown):
        give(officer, "R-1", 99_00, contact=person.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Donation.objects.create(
            amount=1, given_on=timezone.localdate(), method="card", receipt="R-1", came_by="api"
        )
    for wrong in ({"cents": 0}, {"cents": 10**9}, {"method": "gold"}, {"receipt": " "}, {"days_ago": -9}):
        with pytest.raises(DonationRefused):
            give(officer, **({"receipt": "R-2"} | wrong))
    lines = registry.timeline_entries(person.pk, before=None, limit=5, group=TimelineGroup.DONATIONS)
    assert [line.title for line in lines] == ["Gave"]
    assert Interaction.objects.get(kind=InteractionKind.DONATION).data is None
    service.cancel_donation(donation=made, by=officer)
    assert (raised().amount, Donation.objects.count(), Interaction.objects.count()) == (0, 1, 0)


def test_gift_of_nobody_known_waits_for_a_person(officer) -> None:
    (person,) = make_people(1)
    known = give(officer, "R-1", address="PERSON1@example.com")
    stray = give(officer, "R-2", address="who@example.net", name="Who")
    assert (known.contact, stray.contact, raised().gifts) == (person, None, 2)
    service.match_donation(donation=stray, contact=person, by=officer)
    stray.refresh_from_db()
    assert (stray.contact, stray.address) == (person, "")
    assert Interaction.objects.filter(contact=person, kind="donation").count() == 2
    with pytest.raises(DonationRefused):
        service.match_donation(donation=stray, contact=person, by=officer)


def test_message_shows_what_it_raised(officer) -> None:
    (person,) = make_people(1)
    mailing = make_campaign(utm_campaign="appel", started_at=timezone.now())
    other = Campaign.objects.create(name="Other", started_at=timezone.now())
    service.change_rules(by=officer, page="https://dons.example.org/")
    Link.objects.create(campaign=other, number=1, url="https://dons.example.org/give?x=1")
    Link.objects.create(campaign=other, number=2, url="https://example.org/")
    clicked = record_interaction(
        kind=InteractionKind.CLICK,
        contact_id=person.pk,
        campaign_id=other.pk,
        ledger_month=other.ledger_month,
    )
    at = {"at": clicked.at, "event_id": clicked.event_id}
    Interaction.objects.filter(**at).update(hit_class=HitClass.HUMAN, link_number=2)
    give(officer, "R-0", contact=person.pk)  # they clicked on something else
    Interaction.objects.filter(**at).update(link_number=1)
    give(officer, "R-1", 10_00, contact=person.pk, reference="appel")
    give(officer, "R-2", 20_00, contact=person.pk, reference=f"m{mailing.pk}")
    give(officer, "R-3", 40_00, contact=person.pk)
    give(officer, "R-4", 80_00, contact=person.pk, days_ago=30)
    assert (raised_by(mailing.pk).amount, raised_by(other.pk).amount) == (30_00, 40_00)
    client = Client()
    client.force_login(officer)
    page = client.get(reverse("tracking:campaign_report", args=[mailing.pk])).content.decode()
    assert "30\u00a0€" in page


def test_ceilings_warn_and_refuse_nothing(officer) -> None:
    one, other = make_people(2)
    give(officer, "R-1", 4_000_00, contact=one.pk, days_ago=400)
    give(officer, "R-2", 700_00, contact=one.pk)
    give(officer, "R-3", 200_00, contact=other.pk, method="cash")
    assert [person for person, _total in above_ceiling()] == [one]
    assert "4,700" in warnings_for(one)[0]
    assert "cash" in warnings_for(other)[0]
    service.change_rules(by=officer, counts_from=timezone.localdate() - timedelta(days=30), cash=None)
    assert (above_ceiling(), warnings_for(one), warnings_for(other)) == ([], [], [])


def test_segments_know_who_gave_who_never_did_and_who_stopped(officer) -> None:
    lately, stopped, never = make_people(3)
    give(officer, "R-1", contact=lately.pk)
    give(officer, "R-2", contact=stopped.pk, days_ago=200)
    service.cancel_donation(donation=give(officer, "R-3", contact=never.pk), by=officer)

    def chosen(operator: str, value: Any = None) -> set[int]:
        rule = {"condition": "donated", "operator": operator} | ({"value": value} if value else {})
        tree = parse_tree({"all": [rule]})
        assert classes_of(tree) == {TargetingClass.CRITERION}
        return set(people_matching(tree).values_list("pk", flat=True))

    assert chosen("has") == {lately.pk, stopped.pk}
    assert chosen("has_not") == {never.pk}
    assert chosen("days", 90) == {lately.pk}
    assert chosen("not_days", 90) == {stopped.pk}


FILE = """\ufeffN° de reçu;Date du don;Montant;Mode de paiement;Email;Nom;Prénom
A-1;03/11/2026;25,00 €;CB;person1@example.com;Martin;Camille
A-2;2026-11-04;1 000;Chèque;who@example.net;Who;Ann
A-1;05/11/2026;5;CB;;;
A-3;05/11/2026;rien;CB;;;
A-4;45/11/2026;5;CB;;;
;05/11/2026;5;CB;;;
OLD;05/11/2026;5;CB;;;
"""


def test_file_is_seen_before_it_is_kept(officer, client) -> None:
    (person,) = make_people(1)
    give(officer, "OLD")
    client.force_login(officer)
    page = reverse("tracking:donation_file")
    shown = client.post(page, {"file": SimpleUploadedFile("dons.csv", FILE.encode())})
    preview = shown.context["preview"]
    assert [(row.gift.receipt, row.gift.amount, row.gift.method, row.known) for row in preview.good] == [
        ("A-1", 25_00, "card", True),
        ("A-2", 1_000_00, "cheque", False),
    ]
    assert [row.line for row in preview.bad] == [4, 5, 6, 7, 8]
    assert Donation.objects.count() == 1
    stranger = make_officer("other@example.org")
    with pytest.raises(DonationRefused):
        files.keep_aside(shown.context["key"], by=stranger)
    assert client.post(page, {"key": shown.context["key"]}).status_code == 302
    assert client.post(page, {"key": shown.context["key"]}).status_code == 422
    assert dict(Donation.objects.values_list("receipt", "contact")) == {
        "OLD": None,
        "A-1": person.pk,
        "A-2": None,
    }
    assert client.post(page, {"file": SimpleUploadedFile("x.csv", b"a;b\n1;2")}).status_code == 422
    latin = FILE.removeprefix("\ufeff").encode("cp1252")
    assert len(files.read_file(latin).bad) == 7, "the same file again: every receipt is known"


def test_calls_of_the_payment_page_are_proven_and_may_be_repeated(officer, client) -> None:
    (person,) = make_people(1)
    url, now = reverse("tracking:donation_hook"), int(timezone.now().timestamp())
    told = {
        "receipt": "H-1",
        "amount_cents": 1500,
        "date": "2026-11-03",
        "method": "card",
        "email": "person1@example.com",
    }
    body = json.dumps(told).encode()

    def call(content: bytes, secret: str, moment: int = now) -> int:
        proof = f"t={moment},v1={hook.sign(secret, moment, content)}"
        answer = client.post(
            url, content, content_type="application/json", headers={"X-Donation-Signature": proof}
        )
        return answer.status_code

    assert call(body, "") == 401, "without a secret nobody is believed"
    secret = service.renew_secret(by=officer)
    assert secret not in DonationRule.current().sealed_secret
    assert [call(body, secret), call(body, secret)] == [201, 200]
    assert call(body, "another") == 401
    assert call(body, secret, now - 3600) == 401
    assert client.post(url, body, content_type="application/json").status_code == 401
    for wrong in (b"[]", b"{", json.dumps(told | {"amount_cents": 0, "receipt": "H-2"}).encode()):
        assert call(wrong, secret) == 422
    assert client.get(url).status_code == 405
    made = Donation.objects.get()
    assert (made.contact, made.amount, made.came_by) == (person, 1500, "hook")


def test_amounts_are_shown_to_whoever_may_see_them(officer, client) -> None:
    (person,) = make_people(1)
    give(officer, "R-77", contact=person.pk)
    part = reverse("tracking:person_donations", args=[person.pk])
    data_officer = User.objects.create_user(email="d@example.org", language="en", role=Role.DATA_OFFICER)
    client.force_login(data_officer)
    assert client.get(part).content == b""
    assert client.get(reverse("tracking:donations")).status_code == 403
    assert client.post(part, {}).status_code == 403
    assert "R-77" not in client.get(reverse("contacts:person", args=[person.pk])).content.decode()
    client.force_login(officer)
    assert "R-77" in client.get(part).content.decode()
    typed = {"amount": "5 000,00", "given_on": "2026-11-01", "method": "cheque", "receipt": "R-78"}
    answer = client.post(part, typed, follow=True)
    assert "above the ceiling" in answer.content.decode()
    assert Donation.objects.get(receipt="R-78").amount == 5_000_00
    for name in ("donations", "donation_rules", "donation_file"):
        assert client.get(reverse(f"tracking:{name}")).status_code == 200
