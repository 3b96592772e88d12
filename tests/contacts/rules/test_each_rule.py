"""Every rule of the rulebook of France: the engine refuses, lets through, and screen and API say why.

A rule without its case fails: `CASES` has one for each, by its key.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import Organisation
from contacts.enums import (
    Channel,
    ConsentPurpose,
    MessageKind,
    Support,
    SuppressionReason,
    SuppressionScope,
    UnreachableReason,
)
from contacts.models import AreaTime, Contact, Import, List, ListMembership, PhoneNumber, Segment, Source
from contacts.rules import fr
from contacts.rules.reasons import RULE_OF
from contacts.segments.reachability import why_not_person
from contacts.services.consents import record_consent
from contacts.services.elections import Round, save_election, write_area_times
from contacts.services.projections import refresh_projections
from contacts.services.support import SupportRefused, record_support
from contacts.services.suppressions import suppress
from messaging.dispatch.gate import hand_over
from messaging.dispatch.ledger import Ledger, claim
from messaging.models import Campaign, Delivery
from messaging.services.compiling import compile_campaign
from messaging.services.origins import origins_of
from messaging.services.pre_send import pre_send
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import agree_to_targeting, make_campaign, make_officer, make_people, make_source

pytestmark = pytest.mark.django_db(transaction=True)
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Case:
    """What the engine says, and where staff and machines read why."""

    refuses: Callable[[], bool]
    screen: str
    api: str


Make = Callable[[bool], Case]
CASES: dict[str, Make] = {}


def case(key: str) -> Callable[[Make], Make]:
    def kept(make: Make) -> Make:
        CASES[key] = make
        return make

    return kept


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    Organisation.objects.update_or_create(id=1, defaults={"name": "Campagne", "sending_enabled": True})
    with override("en"):
        yield


@pytest.fixture
def officer() -> Client:
    found = Client(headers={"accept-language": "en"})
    found.force_login(make_officer())
    return found


def test_every_rule_has_its_case() -> None:
    assert set(CASES) == {rule.key for rule in fr.RULES}


@pytest.mark.parametrize("rule", fr.RULES, ids=lambda rule: rule.key)
def test_what_holds_a_rule_is_there(rule: Any) -> None:
    module, _colon, name = rule.held_by.partition(":")
    assert hasattr(import_module(module), name), rule.key


@pytest.mark.parametrize("rule", fr.RULES, ids=lambda rule: rule.key)
def test_the_engine_refuses_and_screen_and_api_say_why(rule: Any, officer: Client) -> None:
    broken = CASES[rule.key](True)
    assert broken.refuses(), "the engine lets it through"
    page = html.unescape(officer.get(broken.screen).content.decode())
    said = said_by(rule)
    assert any(words in page for words in said), f"{broken.screen} says none of {said}"
    told = list(refusals_in(officer.get(broken.api, headers={"accept-language": "en"}).json()))
    assert (rule.key, True) in [(one, bool(words)) for one, words in told], told


@pytest.mark.parametrize("rule", fr.RULES, ids=lambda rule: rule.key)
def test_the_engine_lets_through_what_breaks_nothing(rule: Any) -> None:
    assert not CASES[rule.key](False).refuses()


def said_by(rule: Any) -> list[str]:
    """The sentence of the rule, or that of the reason which it stands behind."""
    reasons = [str(reason.label) for reason, key in RULE_OF.items() if key == rule.key]
    own = {
        "forbidden-criteria": ["may not choose who receives"],
        "silence": ["holds until"],
        "first-information": ["it carried the full information"],
        "way-out": ["it had a way to leave in one step"],
        "measurement-consent": ["opens and clicks were not tied to the person"],
    }
    return [str(rule.refusal), *reasons, *own.get(rule.key, [])]


def refusals_in(told: Any) -> Iterator[tuple[str, str]]:
    """(rule, sentence), wherever they stand in an answer of the API."""
    if isinstance(told, dict):
        if "rule" in told and "sentence" in told:
            yield told["rule"], told["sentence"]
        for value in told.values():
            yield from refusals_in(value)
    elif isinstance(told, list):
        for value in told:
            yield from refusals_in(value)


# Who is written to at all: a person, their page, and the API of people.


def of_person(person: Contact, reason: UnreachableReason, *, targeted: bool = False) -> Case:
    def refuses() -> bool:
        terms = {"channel": Channel.EMAIL, "kind": MessageKind.POLITICAL, "targeted": targeted}
        found = why_not_person(person, **terms)
        assert found in (None, reason)
        return found is not None

    return Case(refuses, f"/people/{person.pk}/", f"/api/v1/people/{person.pk}/")


def somebody(**source: Any) -> Contact:
    values = {"lawful_basis": "legitimate_interest", "kind": "address_book"} | source
    (person,) = make_people(1, source=make_source("Book", **values))
    return person


@case("opt-out")
def _opt_out(broken: bool) -> Case:
    person = somebody()
    if broken:
        left = {"scope": SuppressionScope.POLITICAL, "reason": SuppressionReason.UNSUBSCRIBE}
        suppress(address="person1@example.com", channel=Channel.EMAIL, by=None, **left)
    return of_person(person, UnreachableReason.SUPPRESSED)


@case("consent-withdrawn")
def _withdrawn(broken: bool) -> Case:
    person = somebody()
    words = {"contact": person, "channel": Channel.EMAIL, "purpose": ConsentPurpose.MESSAGES, "by": None}
    record_consent(**words, given=not broken, source=make_source())
    return of_person(person, UnreachableReason.WITHDRAWN)


@case("lawful-basis")
def _basis(broken: bool) -> Case:
    return of_person(somebody(**({"lawful_basis": "none"} if broken else {})), UnreachableReason.NO_BASIS)


@case("roll-offline")
def _roll(broken: bool) -> Case:
    roll = {"kind": "roll", "lawful_basis": "public_roll", "channels": ["post"]}
    return of_person(somebody(**(roll if broken else {})), UnreachableReason.ROLL_ONLY)


@case("whole-broker-file")
def _broker(broken: bool) -> Case:
    bought = {
        "kind": "broker_purchase",
        "lawful_basis": "consent",
        "supplier": "Exempla",
        "proof": "Contract",
    }
    return of_person(somebody(**(bought if broken else {})), UnreachableReason.BROKER_ONLY)


@case("licence")
def _licence(broken: bool) -> Case:
    day = timezone.localdate() + timedelta(days=-1 if broken else 1)
    return of_person(somebody(licence_ends_on=day), UnreachableReason.LICENCE_ENDED)


@case("targeting-consent")
def _targeting(broken: bool) -> Case:
    (person,) = make_people(1)
    if not broken:
        agree_to_targeting(person)
    return chosen_by_hand(person, UnreachableReason.NO_TARGETING_CONSENT)


@case("minors")
def _minors(broken: bool) -> Case:
    (person,) = make_people(1)
    agree_to_targeting(person)
    Contact.objects.update(birth_year=timezone.localdate().year - (15 if broken else 20))
    return chosen_by_hand(person, UnreachableReason.UNDER_AGE)


def chosen_by_hand(person: Contact, reason: UnreachableReason) -> Case:
    """A mailing to a list that staff picked: its page says who is left out."""
    picked = List.objects.create(name="Notables", targeting_class="criterion")
    ListMembership.objects.create(list=picked, contact=person)
    campaign = make_campaign(audience={"type": "list", "id": picked.pk})
    mailing = of_mailing(campaign)
    return Case(of_person(person, reason, targeted=True).refuses, mailing.screen, mailing.api)


# The mailing, on the page before sending, and the same in the API.


def of_mailing(campaign: Campaign, rule: str = "") -> Case:
    def refuses() -> bool:
        found = pre_send(campaign)
        return rule in [
            *(one.rule for one in found.obstacles), *(one.rule.key for one in found.warnings)
        ]  # fmt: skip

    return Case(
        refuses,
        reverse("messaging:campaign_review", args=[campaign.pk]),
        reverse("api:review", args=[campaign.pk]),
    )


@case("forbidden-criteria")
def _forbidden(broken: bool) -> Case:
    make_people(1)
    by_name = {"condition": "name", "operator": "contains", "value": "Mart"}
    by_language = {"condition": "language", "operator": "is", "value": ["fr"]}
    segment = Segment.objects.create(name="Some", tree={"all": [by_name if broken else by_language]})
    return of_mailing(make_campaign(audience={"type": "segment", "id": segment.pk}), "forbidden-criteria")


@case("silence")
def _silence(broken: bool) -> Case:
    make_people(1)
    day = timezone.localdate() + timedelta(days=1 if broken else 30)
    save_election(name="Vote", suffrage="presidential", rounds=[Round(day)], by=make_officer())
    return of_mailing(make_campaign(), "silence")


@case("opt-out-file")
def _opt_out_file(broken: bool) -> Case:
    make_people(1)
    kind = "address-book" if broken else "roll"
    Import.objects.create(
        kind=kind, source=make_source(), state="done", file_path="", finished_at=timezone.now()
    )
    return of_mailing(make_campaign(), "opt-out-file")


@case("expected-text")
def _expected(broken: bool) -> Case:
    basis = "legitimate_interest" if broken else "consent"
    source = make_source("Phones", kind="address_book", lawful_basis=basis, channels=["sms", "email"])
    (person,) = make_people(1, source=source)
    number = {"e164": "+33639980001", "line": "mobile", "address_hash": b"x" * 32}
    PhoneNumber.objects.create(contact=person, source=source, **number)
    refresh_projections([person.pk])
    return of_mailing(make_campaign(channel="sms"), "expected-text")


@case("free-number")
def _free_number(broken: bool) -> Case:
    _vote_in_two_months()
    number = "0 800 12 34 56" if broken else "01 99 00 12 34"
    blocks = [{"id": "a", "type": "text", "html": f"<p>Appelez le {number}</p>"}]
    return of_mailing(make_campaign(blocks=blocks), "free-number")


@case("paid-promotion")
def _paid(broken: bool) -> Case:
    _vote_in_two_months()
    kind = "broker_rental" if broken else "broker_purchase"
    file = Source.objects.create(
        name="File", kind=kind, lawful_basis="consent", channels=["email"], supplier="Exempla",
        proof="Contract", licence_ends_on=timezone.localdate() + timedelta(days=60),
    )  # fmt: skip
    make_people(1, source=file)
    return of_mailing(make_campaign(audience={"type": "source", "id": file.pk}), "paid-promotion")


@case("email-hours")
def _email_hours(broken: bool) -> Case:
    make_people(1)
    hour = time(3) if broken else time(12)
    at = datetime.combine(timezone.localdate() + timedelta(days=3), hour, PARIS)
    return of_mailing(make_campaign(scheduled_at=at), "email-hours")


def _vote_in_two_months() -> None:
    make_people(1, start=50)
    day = timezone.localdate() + timedelta(days=60)
    save_election(name="Vote", suffrage="presidential", rounds=[Round(day)], by=make_officer())


# Each message at the last moment.


@case("hours")
def _hours(broken: bool) -> Case:
    """A text message is claimed at an hour that is open nowhere, or everywhere: the hours are set so."""
    write_area_times()
    make_people(1)
    campaign = start(make_campaign())
    Campaign.objects.filter(pk=campaign.pk).update(channel="sms")
    _let_it_be(broken)

    def refuses() -> bool:
        held = claim(Ledger(campaign.ledger_month, campaign.pk), limit=10)
        left = hand_over(held, [row.key for row in held.rows], account=1, seconds=60)
        return not left and Delivery.objects.get().state == "queued"

    return of_message(refuses)


def of_message(refuses: Callable[[], bool]) -> Case:
    """The only message, on the page that tells why it left or waits, and the same in the API."""
    person = Delivery.objects.get().contact_id
    return Case(
        refuses,
        f"{reverse('messaging:why')}?person={person}",
        reverse("api:person_messages", args=[person]),
    )


def _let_it_leave() -> None:
    campaign = start(make_campaign())
    held = claim(Ledger(campaign.ledger_month, campaign.pk), limit=10)
    assert hand_over(held, [row.key for row in held.rows], account=1, seconds=60)


def _let_it_be(closed: bool) -> None:
    """Mainland France in a zone where it is night, or noon of a working day, at this moment."""
    hour = timezone.now().hour
    wanted = 3 if closed else 12
    offset = (hour - wanted + 12) % 24 - 12  # of Etc/GMT: east is negative
    place = AreaTime.objects.filter(area="")
    weekdays = timezone.now() - timedelta(hours=offset)
    if not closed and weekdays.isoweekday() == 7:
        pytest.skip("On a Sunday no hour is open anywhere.")
    place.update(zones=[f"Etc/GMT{offset:+d}"], holidays=[])


# What may be kept of people.


@case("support-levels")
def _support(broken: bool) -> Case:
    person = Contact.objects.create(last_name="Martin", relationship="occasional" if broken else "member")

    def refuses() -> bool:
        try:
            record_support(contact=person, level=Support.STRONG, by=make_officer())
        except SupportRefused:
            return True
        return False

    return Case(refuses, f"/people/{person.pk}/", f"/api/v1/people/{person.pk}/")


# What the program puts into every message: it refuses to leave it out.


@case("first-information")
def _information(broken: bool) -> Case:
    """From an indirect source the whole notice is owed; from a form a line is enough."""
    source = make_source("Origin", kind="address_book" if broken else "form", lawful_basis="member")
    make_people(1, source=source)
    (origin,) = origins_of([source.pk], languages=["en"]).values()
    _let_it_leave()
    return of_message(lambda: bool(origin.notice))


@case("way-out")
def _way_out(broken: bool) -> Case:
    """Whatever blocks a mailing has, the way out is in both parts: a mailing cannot leave without one."""
    hostile = "<p>No way out</p></body></html><style>.foot{display:none}</style>"
    campaign = make_campaign(blocks=[{"id": "a", "type": "text", "html": hostile}])
    if not broken:
        return of_mailing(campaign, "way-out")
    compiled = compile_campaign(campaign)
    put_in = all("unsubscribe_url" in part for part in (compiled.html, compiled.text))
    make_people(1)
    _let_it_leave()
    return of_message(lambda: put_in)


@case("measurement-consent")
def _measurement(broken: bool) -> Case:
    """Without their agreement nothing of a message is tied to the person."""
    (person,) = make_people(1)
    if not broken:
        measured = {"channel": Channel.EMAIL, "purpose": ConsentPurpose.MEASUREMENT, "given": True}
        record_consent(contact=person, source=make_source(), by=None, **measured)
    _let_it_leave()
    measured_now = Delivery.objects.get().measured
    return of_message(lambda: not measured_now)
