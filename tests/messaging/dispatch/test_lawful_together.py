"""Three people, two of whom share an address, and all that may happen around one mailing to them.

What `test_lawful` says of one person is said again for several: by territory, as a service message, from
rolls and rented files, in by-elections, with records merged and people erased between the freeze and the
hand-over, while days pass. The rules are said plainly; whatever is handed over is held against them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from hypothesis import event, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.merging.errors import MergeRefused
from contacts.merging.service import merge
from contacts.models import (
    Contact,
    Election,
    ElectionRound,
    List,
    ListMembership,
    Newsletter,
    SilenceWindow,
    Source,
    Territory,
    TerritoryAncestor,
)
from contacts.requests.erasing import hide_person
from contacts.services.consents import record_consent
from contacts.services.projections import refresh_projections
from contacts.services.subscriptions import subscribe
from contacts.services.suppressions import suppress
from messaging.dispatch import lifecycle
from messaging.dispatch.gate import hand_over
from messaging.dispatch.ledger import Ledger, claim
from messaging.errors import MessagingError
from messaging.models import Delivery
from messaging.services.approval_state import content_of
from messaging.services.approvals import approve, ask_approval
from messaging.services.campaigns import send_now
from tests.messaging.people import give_addresses, make_campaign, make_officer, make_registrants, make_source

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = count(1)  # names of all that is made
DAY = timedelta(days=1)
FORM, BOOK, ROLL = "form", "address_book", "roll"
BROKERS = ("broker_purchase", "broker_rental")
KINDS = (FORM, BOOK, ROLL, *BROKERS)
LETTER, WHOLE, LISTED, REGISTERED = "newsletter", "source", "list", "registered"
# (audience, whether it is a service message): most may leave, two are refused as they are.
MAILINGS = [
    *((LETTER, False), (WHOLE, False), (LISTED, False), (REGISTERED, True), (REGISTERED, True)),
    *((REGISTERED, False), (LETTER, True)),
]
WHO = st.sampled_from([0, 1, 2])
ACTS = st.tuples(
    st.sampled_from(
        [
            *("agree", "withdraw", "agree to targeting", "withdraw targeting", "unsubscribe"),
            *("stop everything", "licence ends", "licence goes on", "sixteen", "silence"),
            *("by-election here", "by-election elsewhere", "a day passes", "a day passes"),
            *("merge with the next", "erase"),
        ]
    ),
    WHO,
)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path  # of the ledger of erasures


@dataclass
class Person:
    """What is known of one record; a merge makes one of two, an erasure none."""

    address: str
    kind: str
    here: bool
    agreed: bool | None = None
    targeting: bool | None = None
    sixteen: bool = False
    gone: bool = False
    addresses: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)


class World:
    """Three records (the first two at one address), one mailing, and what is done to them."""

    def __init__(
        self, kinds: list[str], here: list[bool], audience: str, *, service: bool, in_place: bool
    ) -> None:
        SilenceWindow.objects.all().delete()
        number = next(NUMBERS)
        self.audience, self.service, self.in_place = audience, service, in_place
        self.everything: set[str] = set()
        self.political: set[str] = set()
        self.windows: list[list[Any]] = []  # [whom: "all" | "here" | "elsewhere", days until it ends]
        self.licences = dict.fromkeys(KINDS, 400)
        self.places = {inside: self._place(f"{number}{inside:d}") for inside in (True, False)}
        self.sources = {kind: self._source(kind, number) for kind in KINDS}
        addresses = [f"shared{number}@example.com", f"shared{number}@example.com", f"own{number}@example.com"]
        self.people = [
            Person(address, kind, inside, addresses={address}, kinds={kind})
            for address, kind, inside in zip(addresses, kinds, here, strict=True)
        ]
        self.records = [
            Contact.objects.create(
                first_name="Camille", last_name=f"Martin{number}{place}", commune=self.places[one.here]
            )
            for place, one in enumerate(self.people)
        ]
        for record, one in zip(self.records, self.people, strict=True):
            give_addresses([record], [one.address], self.sources[one.kind])
        self.whole = self.people[2].kind
        self.campaign = make_campaign(
            audience=self._audience(number),
            name=f"Mailing {number}",
            kind="service" if service else "political",
            territory=self.places[True] if in_place else None,
        )
        self.frozen, self.refused = False, ""

    def _place(self, code: str) -> Territory:
        place = Territory.objects.create(kind="commune", code=f"T{code}", name=f"Place {code}")
        TerritoryAncestor.objects.get_or_create(ancestor=place, descendant=place, defaults={"depth": 0})
        return place

    def _source(self, kind: str, number: int) -> Source:
        basis = {FORM: "consent", ROLL: "public_roll"}.get(kind, "legitimate_interest")
        bought = {"supplier": "Broker", "proof": "Contract 12"} if kind in BROKERS else {}
        ends_on = timezone.localdate() + timedelta(days=400)
        return Source.objects.create(
            name=f"{kind} {number}", kind=kind, lawful_basis=basis, channels=["email"],
            licence_ends_on=ends_on, **bought,
        )  # fmt: skip

    def _audience(self, number: int) -> dict[str, Any]:
        if self.audience == LETTER:
            letter = Newsletter.objects.create(name=f"Letter {number}")
            for record in self.records:
                subscribe(contact=record, newsletter=letter, source=make_source(), by=None)
            return {"type": "newsletter", "id": letter.pk}
        if self.audience == WHOLE:
            return {"type": "source", "id": self.sources[self.whole].pk}
        if self.audience == REGISTERED:
            return {"type": "segment", "id": make_registrants(f"Meeting {number}", *self.records[:2]).pk}
        picked = List.objects.create(name=f"List {number}")
        ListMembership.objects.bulk_create(ListMembership(list=picked, contact=one) for one in self.records)
        return {"type": "list", "id": picked.pk}

    def do(self, act: str, who: int) -> None:
        person, record = self.people[who], self.records[who]
        match act:
            case "agree" | "withdraw" if not person.gone:
                person.agreed = act == "agree"
                self._say(record, ConsentPurpose.MESSAGES, given=person.agreed)
            case "agree to targeting" | "withdraw targeting" if not person.gone:
                person.targeting = act == "agree to targeting"
                self._say(record, ConsentPurpose.TARGETING, given=person.targeting)
            case "unsubscribe":
                self.political.add(person.address)
                self._suppress(person.address, SuppressionScope.POLITICAL, SuppressionReason.UNSUBSCRIBE)
            case "stop everything":
                self.everything.add(person.address)
                self._suppress(person.address, SuppressionScope.EVERYTHING, SuppressionReason.COMPLAINT)
            case "licence ends" | "licence goes on":
                self.licences[person.kind] = -1 if act == "licence ends" else 400
                self._licence(person.kind)
            case "sixteen" if not self.frozen and not person.gone:
                person.sixteen = True
                Contact.objects.filter(pk=record.pk).update(birth_year=timezone.localdate().year - 15)
            case "silence":
                self._mute("all", None)
            case "by-election here" | "by-election elsewhere":
                here = act == "by-election here"
                self._mute("here" if here else "elsewhere", self.places[here])
            case "a day passes":
                self._a_day_passes()
            case "merge with the next":
                self._merge(who)
            case "erase" if not person.gone:
                person.gone = True
                self.everything |= person.addresses
                hide_person(contact=record, by=None)
        refresh_projections([one.pk for one in self.records])

    def _say(self, record: Contact, purpose: ConsentPurpose, *, given: bool) -> None:
        record_consent(
            contact=record, channel=Channel.EMAIL, purpose=purpose, given=given, source=make_source(), by=None
        )

    def _suppress(self, address: str, scope: SuppressionScope, reason: SuppressionReason) -> None:
        digest = keyed_hash("email", address)
        suppress(address_hash=digest, channel=Channel.EMAIL, scope=scope, reason=reason, by=None)

    def _licence(self, kind: str) -> None:
        ends_on = timezone.localdate() + timedelta(days=self.licences[kind])
        Source.objects.filter(pk=self.sources[kind].pk).update(licence_ends_on=ends_on)

    def _mute(self, whom: str, territory: Territory | None) -> None:
        now, name = timezone.now(), f"Vote {next(NUMBERS)}"
        vote = Election.objects.create(name=name, suffrage="municipal", territory=territory)
        held = ElectionRound.objects.create(election=vote, number=1, day=now.date())
        terms = {"begins_at": now - timedelta(hours=1), "ends_at": now + timedelta(hours=36)}
        SilenceWindow.objects.create(round=held, territory=territory, areas=[], **terms)
        self.windows.append([whom, 1.5])

    def _a_day_passes(self) -> None:
        """The clock is the database's: a day passes when everything that was to come is a day nearer."""
        SilenceWindow.objects.update(begins_at=F("begins_at") - DAY, ends_at=F("ends_at") - DAY)
        for window in self.windows:
            window[1] -= 1
        for kind in KINDS:
            self.licences[kind] -= 1
            self._licence(kind)
        Delivery.objects.of_campaign(self.campaign).update(due_at=F("due_at") - DAY)

    def _merge(self, who: int) -> None:
        other = (who + 1) % 3
        kept, absorbed = self.people[who], self.people[other]
        if kept.gone or absorbed.gone or self.records[who].pk == self.records[other].pk:
            return
        try:
            merge(kept=self.records[who], absorbed=self.records[other], by=None)
        except MergeRefused:
            return
        absorbed.gone = True  # its record: the person goes on as the other
        kept.addresses |= absorbed.addresses
        kept.kinds |= absorbed.kinds
        kept.sixteen |= absorbed.sixteen
        kept.agreed = _both(kept.agreed, absorbed.agreed)
        kept.targeting = _both(kept.targeting, absorbed.targeting)

    def freeze(self) -> None:
        try:
            if self.service:
                other = make_officer("second@example.org")
                ask_approval(campaign=self.campaign, by=make_officer())
                approve(campaign=self.campaign, content=content_of(self.campaign), by=other)
            send_now(campaign=self.campaign, by=make_officer())
        except MessagingError as refused:
            self.refused = str(refused)
            return
        assert lifecycle.freeze_waiting() == 1
        self.campaign.refresh_from_db()
        self.frozen = self.campaign.frozen_at is not None

    def handed_to(self) -> list[tuple[int, str]]:
        """(record, address) of all that was handed over, which never repeats an address."""
        if not self.frozen:
            return []
        ledger = Ledger(self.campaign.ledger_month, self.campaign.pk)
        held = claim(ledger, limit=10)
        keys = {key.contact for key in hand_over(held, [row.key for row in held.rows], account=1, seconds=60)}
        rows = Delivery.objects.of_campaign(self.campaign).filter(contact_id__in=keys)
        handed = list(rows.filter(handed_at__isnull=False).values_list("contact_id", "address"))
        addresses = [address for _contact, address in handed]
        assert len(addresses) == len(set(addresses)), "nobody twice"
        return handed

    def why_not(self, contact: int, address: str) -> str:
        """Why nothing may be handed over to this record at this address; empty when it may."""
        place = next(n for n, record in enumerate(self.records) if record.pk == contact)
        person = self.people[place]
        home = "here" if person.here else "elsewhere"
        if person.gone:
            return "erased, or a record of before"
        if person.addresses & self.everything:
            return "every message to an address of theirs is stopped"
        if any(days > 0 and whom in ("all", home) for whom, days in self.windows):
            return "muted"  # a service message too: it was approved after the silence had begun
        if self.service:
            return "" if self.audience == REGISTERED else "takes part in nothing"
        if person.addresses & self.political:
            return "objected"
        if person.agreed is False:
            return "withdrew"
        if not (person.agreed or any(self._opens(kind) for kind in person.kinds)):
            return "nothing opens the channel"
        if self.audience in (LISTED, REGISTERED) or self.in_place:
            if person.targeting is not True:
                return "did not agree to be chosen"
            if person.sixteen:
                return "is under age"
        return "lives elsewhere" if self.in_place and not person.here else ""

    def _opens(self, kind: str) -> bool:
        if kind == ROLL or self.licences[kind] < 0:
            return False
        if kind in BROKERS:
            return self.audience == WHOLE and kind == self.whole and not self.in_place
        return True


def _both(one: bool | None, other: bool | None) -> bool | None:
    """Of two records of one person, the refusal holds."""
    said = [word for word in (one, other) if word is not None]
    return all(said) if said else None


@hypothesis_settings(max_examples=45, deadline=None)
@example(["form"] * 3, [True] * 3, (LETTER, False), False, [], [])
@example(["form"] * 3, [True] * 3, (REGISTERED, True), False, [("unsubscribe", 0)], [("silence", 0)])
@example(["form"] * 3, [True] * 3, (LISTED, False), True, [("agree to targeting", 2)], [])
@example(["broker_rental"] * 3, [True] * 3, (WHOLE, False), False, [], [("merge with the next", 1)])
@given(
    kinds=st.lists(st.sampled_from((FORM, FORM, *KINDS)), min_size=3, max_size=3),
    here=st.lists(st.booleans(), min_size=3, max_size=3),
    mailing=st.sampled_from(MAILINGS),
    in_place=st.sampled_from([False, False, True]),
    before=st.lists(ACTS, max_size=3),
    after=st.lists(ACTS, max_size=3),
)
def test_nothing_unlawful_is_handed_over_whoever_they_share_their_address_with(
    kinds: list[str],
    here: list[bool],
    mailing: tuple[str, bool],
    in_place: bool,
    before: list[tuple[str, int]],
    after: list[tuple[str, int]],
) -> None:
    audience, service = mailing
    world = World(kinds, here, audience, service=service, in_place=in_place)
    for act, who in before:
        world.do(act, who)
    world.freeze()
    for act, who in after:
        world.do(act, who)
    handed = world.handed_to()
    event(f"handed: {len(handed)}, refused: {bool(world.refused)}")
    for contact, address in handed:
        assert not (why := world.why_not(contact, address)), (why, address, world.people)


@pytest.mark.parametrize(
    ("kind", "audience", "service", "in_place", "acts"),
    [
        ("form", LETTER, False, False, []),
        ("form", REGISTERED, True, False, [("unsubscribe", 0)]),
        ("form", LISTED, False, True, [("agree to targeting", 0), ("agree to targeting", 2)]),
        ("broker_rental", WHOLE, False, False, []),
        ("form", LETTER, False, False, [("silence", 0), ("a day passes", 0), ("a day passes", 0)]),
        ("form", LETTER, False, False, [("by-election elsewhere", 0)]),
    ],
)
def test_and_what_is_lawful_leaves(
    kind: str, audience: str, service: bool, in_place: bool, acts: list[tuple[str, int]]
) -> None:
    """Without this, an engine that sends nothing would pass."""
    world = World([kind] * 3, [True] * 3, audience, service=service, in_place=in_place)
    for act, who in acts:
        world.do(act, who)
    world.freeze()
    assert len(world.handed_to()) == (1 if audience == REGISTERED else 2)
