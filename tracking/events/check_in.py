"""What a phone at the door asks and sends: its list, its marks, people who came without having registered.

Whoever welcomes people at an event meets all who come, wherever they live: the scope decides which events
they may welcome at, and the rest is done for the whole country.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from campaign_crm.platform import audit, walls
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.locks import wait_for_turn
from campaign_crm.platform.models import User
from contacts.models import ConsentWording
from tracking.events import messages
from tracking.events.attendance import mark
from tracking.events.people import person_of, record_given
from tracking.events.registering import name_of
from tracking.events.tickets import digest_of
from tracking.models import Event, EventSlot, Rsvp


@dataclass(frozen=True)
class Mark:
    """One mark; `number` is the phone's own, `rsvp` whom it is about. `at` is aware."""

    number: uuid.UUID
    rsvp: int
    came: bool
    at: datetime


@dataclass(frozen=True)
class WalkIn:
    """Somebody who came without having registered: names, and e-mail, phone, postcode as they gave them."""

    number: uuid.UUID
    slot: int
    values: Mapping[str, str]
    consents: Sequence[ConsentWording]
    language: str
    at: datetime


def list_for(event: Event, *, by: User) -> list[dict[str, Any]]:
    """Who is expected or waits: what a phone keeps for an hour. No address, no number, no ticket."""
    audit.record(action="event.check_in_list", on=event, by=by)
    found = Rsvp.objects.active().filter(event=event).order_by("name", "pk")
    return [
        {
            "id": rsvp.pk,
            "slot": rsvp.slot_id,
            "name": rsvp.name,
            "guests": rsvp.guests,
            "state": rsvp.state,
            "came": rsvp.came_at is not None,
            "ticket": digest_of(rsvp),
        }
        for rsvp in found
    ]


@transaction.atomic
def receive_marks(*, event: Event, marks: Sequence[Mark], by: User) -> list[uuid.UUID]:
    """Write marks, each once whatever is sent again; returns the numbers that the phone may forget.

    A mark about a registration of another event, or of nobody any more, is forgotten too: it means nothing.
    """
    with walls.acting_within(None):
        known = Rsvp.objects.select_for_update(of=("self",)).filter(event=event).order_by("pk")
        rsvps = {rsvp.pk: rsvp for rsvp in known.filter(pk__in={one.rsvp for one in marks})}
        for one in sorted(marks, key=lambda each: each.at):
            if one.rsvp in rsvps:
                mark(rsvp=rsvps[one.rsvp], number=one.number, came=one.came, at=one.at, by=by)
    return [one.number for one in marks]


@transaction.atomic
def receive_walk_in(*, event: Event, walk_in: WalkIn, by: User) -> Rsvp | None:
    """Note that somebody came without having registered; sent again, it is the same person once.

    Whoever turns out to be registered already is marked as having come. None: the slot is of another event.
    """
    with walls.acting_within(None):
        slot = EventSlot.objects.filter(pk=walk_in.slot, event=event).select_related("event").first()
        if slot is None:
            return None
        wait_for_turn(f"walk-in {walk_in.number}")
        done = Rsvp.objects.filter(check_ins=walk_in.number).first()
        if done is not None:
            return done
        contact = person_of(walk_in.values, language=walk_in.language)
        rsvp = Rsvp.objects.active().filter(slot=slot, contact=contact).first()
        if rsvp is None:
            rsvp = _walk_in(slot, contact.pk, walk_in)
            if rsvp.consents and not rsvp.email:
                record_given(contact, walk_in.consents, rsvp)
            elif rsvp.consents:
                messages.send_welcome(rsvp)
        mark(rsvp=rsvp, number=walk_in.number, came=True, at=walk_in.at, by=by)
    return rsvp


def _walk_in(slot: EventSlot, contact: int, walk_in: WalkIn) -> Rsvp:
    email = walk_in.values.get("email", "")
    made: Rsvp = Rsvp.objects.create(
        event=slot.event,
        slot=slot,
        contact_id=contact,
        name=name_of(walk_in.values),
        email=email,
        phone=walk_in.values.get("phone", ""),
        address_hash=keyed_hash("email", email) if email else None,
        language=walk_in.language,
        state=Rsvp.State.REGISTERED,
        is_walk_in=True,
        consents=[wording.pk for wording in walk_in.consents],
        came_from="door",
    )
    made.refresh_from_db(fields=["at", "queued_at"])
    return made
