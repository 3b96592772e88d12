"""Whatever is said, withdrawn, closed or muted, before a freeze or after it: nothing unlawful is handed over.

The rules are said again here, slowly and plainly, from what was done to one person; what the engine hands
over is held against that. Its queries, projections and checks are none of this page's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

import pytest
from django.utils import timezone
from hypothesis import event, given, settings
from hypothesis import strategies as st

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.models import (
    Contact,
    Election,
    ElectionRound,
    EmailAddress,
    List,
    ListMembership,
    SilenceWindow,
    Source,
)
from contacts.services.consents import record_consent
from contacts.services.projections import refresh_projections
from contacts.services.suppressions import suppress
from messaging.dispatch import lifecycle
from messaging.dispatch.gate import hand_over
from messaging.dispatch.ledger import Ledger, claim
from messaging.errors import CannotSend
from messaging.models import Campaign, Delivery
from messaging.services.campaigns import send_now
from tests.messaging.people import give_addresses, make_campaign, make_officer, make_source

pytestmark = pytest.mark.django_db(transaction=True)

FORM, BOOK, BROKER = "form", "address_book", "broker_purchase"
NUMBERS = count(1)
DAY = timedelta(days=1)

ACTS = st.sampled_from(
    [
        *("agree", "withdraw", "agree to targeting", "withdraw targeting", "agree to targeting in a book"),
        *("suppress", "address returned", "licence ends", "licence goes on", "channel closes"),
        *("silence", "silence elsewhere", "silence is over", "is sixteen", "too late"),
    ]
)


@dataclass
class Said:
    """All that anybody would need to know to say whether this person may be written to."""

    basis: str
    kind: str
    whole_source: bool  # the mailing goes to the whole source; else to a list that staff made
    channel_open: bool = True
    licensed: bool = True
    agreed: bool | None = None  # the last that the person said of messages
    targeting: str = ""  # through what the last agreement to targeted messages came; empty: none
    suppressed: bool = False
    returned: bool = False
    muted: bool = False
    sixteen: bool = False
    late: bool = False
    done: list[str] = field(default_factory=list)

    @property
    def may_be_written_to(self) -> bool:
        if self.suppressed or self.returned or self.muted or self.late or self.agreed is False:
            return False
        opened = self.basis != "none" and self.channel_open and self.licensed
        if self.kind == BROKER and not self.whole_source:
            opened = False
        if not (opened or self.agreed):
            return False
        if self.whole_source:
            return True
        return self.targeting == FORM and not self.sixteen


class World:
    """One person, one mailing, and what is done to them."""

    def __init__(self, said: Said) -> None:
        self.said = said
        number = next(NUMBERS)
        self.address = f"person{number}@example.com"
        bought = {"supplier": "Broker", "proof": "Contract 12, folder B"} if said.kind == BROKER else {}
        self.source = Source.objects.create(
            name=f"Source {number}", kind=said.kind, lawful_basis=said.basis, channels=["email"], **bought
        )
        self.person = Contact.objects.create(first_name="Camille", last_name=f"Martin{number}")
        give_addresses([self.person], [self.address], self.source)
        chosen = List.objects.create(name=f"List {number}")
        ListMembership.objects.create(list=chosen, contact=self.person)
        audience = (
            {"type": "source", "id": self.source.pk}
            if said.whole_source
            else {"type": "list", "id": chosen.pk}
        )
        self.campaign = make_campaign(audience=audience, name=f"Mailing {number}")
        self.frozen = False

    def do(self, act: str) -> None:
        said = self.said
        said.done.append(act)
        match act:
            case "agree" | "withdraw":
                said.agreed = act == "agree"
                self._consent(ConsentPurpose.MESSAGES, FORM, given=said.agreed)
            case "agree to targeting" | "agree to targeting in a book":
                said.targeting = BOOK if act.endswith("book") else FORM
                self._consent(ConsentPurpose.TARGETING, said.targeting, given=True)
            case "withdraw targeting":
                said.targeting = ""
                self._consent(ConsentPurpose.TARGETING, FORM, given=False)
            case "suppress":
                said.suppressed = True
                suppress(
                    address_hash=keyed_hash("email", self.address),
                    channel=Channel.EMAIL,
                    scope=SuppressionScope.POLITICAL,
                    reason=SuppressionReason.UNSUBSCRIBE,
                    by=None,
                )
            case "address returned":
                said.returned = True
                EmailAddress.objects.filter(contact=self.person).update(status="bounced")
            case "licence ends" | "licence goes on":
                said.licensed = act == "licence goes on"
                ends_on = timezone.localdate() + (DAY if said.licensed else -DAY)
                self._source(licence_ends_on=ends_on)
            case "channel closes":
                said.channel_open = False
                self._source(channels=["post"])
            case "silence":
                said.muted = True
                self._mute([])
            case "silence elsewhere":
                self._mute(["974"])
            case "silence is over":
                said.muted = False
                SilenceWindow.objects.all().delete()
            case "is sixteen" if not self.frozen:
                said.sixteen = True
                born = date(timezone.localdate().year - 16, 1, 1)
                Contact.objects.filter(pk=self.person.pk).update(birth_date=born, birth_year=born.year)
            case "too late" if self.frozen:
                said.late = True
                Campaign.objects.filter(pk=self.campaign.pk).update(send_until=timezone.now() - DAY)
        refresh_projections([self.person.pk])

    def freeze(self) -> None:
        try:
            send_now(campaign=self.campaign, by=make_officer())
        except CannotSend as refused:
            self.said.done.append(f"refused: {refused}")  # nobody, or not now
            return
        assert lifecycle.freeze_waiting() == 1
        self.frozen = True

    def is_handed(self) -> bool:
        if not self.frozen:
            return False
        held = claim(Ledger(self.campaign.ledger_month, self.campaign.pk), limit=10)
        handed = hand_over(held, [row.key for row in held.rows], account=1, seconds=60)
        assert set(Delivery.objects.of_campaign(self.campaign).values_list("contact_id", flat=True)) <= {
            self.person.pk
        }
        return bool(handed)

    def _consent(self, purpose: ConsentPurpose, kind: str, *, given: bool) -> None:
        record_consent(
            contact=self.person,
            channel=Channel.EMAIL,
            purpose=purpose,
            given=given,
            source=make_source(f"Said by {kind}", kind=kind),
            by=None,
        )

    def _source(self, **fields: object) -> None:
        Source.objects.filter(pk=self.source.pk).update(**fields)

    def _mute(self, areas: list[str]) -> None:
        now = timezone.now()
        vote, _new = Election.objects.get_or_create(name="Vote", suffrage="presidential")
        held, _new = ElectionRound.objects.get_or_create(election=vote, number=1, day=now.date())
        SilenceWindow.objects.create(round=held, areas=areas, begins_at=now - DAY, ends_at=now + DAY)
        if areas:  # mainland's own window, which is over
            SilenceWindow.objects.create(round=held, areas=[], begins_at=now - 2 * DAY, ends_at=now - DAY)


@settings(max_examples=100, deadline=None)
@given(
    basis=st.sampled_from(["consent", "member", "legitimate_interest", "none"]),
    kind=st.sampled_from([FORM, BOOK, BROKER]),
    whole_source=st.booleans(),
    before=st.lists(ACTS, max_size=4),
    after=st.lists(ACTS, max_size=3),
)
def test_nothing_unlawful_is_handed_over(
    basis: str, kind: str, whole_source: bool, before: list[str], after: list[str]
) -> None:
    SilenceWindow.objects.all().delete()
    world = World(Said(basis, kind, whole_source))
    for act in before:
        world.do(act)
    # A whole file whose licence has ended is no audience, whatever its people said.
    is_audience = world.said.licensed or not whole_source
    allowed_at_freeze = world.said.may_be_written_to and is_audience
    world.freeze()
    for act in after:
        world.do(act)
    handed = world.is_handed()
    event(f"handed: {handed}")
    if handed:
        assert world.said.may_be_written_to, world.said
    elif allowed_at_freeze and not after:
        raise AssertionError(f"They may be written to, and are not: {world.said}")
