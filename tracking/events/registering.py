"""A person registers, changes their registration, or gives their seat back. Each is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import walls
from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.webhooks.events import WebhookEvent
from campaign_crm.platform.webhooks.outbox import emit
from contacts.models import ConsentWording, Contact
from tracking.enums import InteractionKind
from tracking.events import messages, seats
from tracking.events.errors import RegistrationClosed
from tracking.events.people import person_of
from tracking.models import Event, EventSlot, Rsvp
from tracking.services.interactions import record_interaction


@dataclass(frozen=True)
class Answers:
    """What one person sent, checked: names, address and number as plain values, and what they agreed to."""

    values: Mapping[str, str]
    guests: int
    consents: Sequence[ConsentWording]
    language: str
    came_from: str = ""


@transaction.atomic
def register(*, slot: EventSlot, answers: Answers) -> Rsvp:
    """Give a seat, or a place on the waiting list, and write to the person; raises RegistrationClosed.

    Whoever is registered already keeps what they have, and gets their ticket again, once a day: a stranger
    who knows a name and an address changes nothing.
    """
    contact = person_of(answers.values, language=answers.language)
    locked = seats.locked(slot.pk)
    _ask_open(locked)
    known = Rsvp.objects.active().filter(slot=locked, contact=contact).first()
    if known is not None:
        messages.send_ticket(known, occasion=f"ticket-{known.pk}-{timezone.localdate():%Y%m%d}")
        return known
    guests = min(answers.guests, locked.event.guests_allowed)
    rsvp = _new_rsvp(locked, contact, answers, guests)
    note(InteractionKind.RSVP, rsvp)
    _tell(WebhookEvent.RSVP_CREATED, rsvp)
    messages.send_ticket(rsvp, occasion=f"ticket-{rsvp.pk}")
    return rsvp


@transaction.atomic
def change_guests(*, rsvp: Rsvp, guests: int) -> Rsvp:
    """Come with more or fewer; raises RegistrationClosed where there are no seats for so many."""
    locked = seats.locked(rsvp.slot_id)
    _ask_open(locked)
    rsvp = _current(rsvp, locked)
    guests = max(0, min(guests, locked.event.guests_allowed))
    more = guests - rsvp.guests
    if rsvp.is_registered and more > 0 and not seats.has_room(locked, more):
        raise RegistrationClosed(_("There are not enough free seats for so many guests."))
    if rsvp.is_registered and more:
        seats.take(locked, more)
    rsvp.guests = guests
    rsvp.save(update_fields=["guests"])
    _tell_moved_up(locked)
    rsvp.refresh_from_db(fields=["state"])
    return rsvp


@transaction.atomic
def cancel(*, rsvp: Rsvp) -> Rsvp:
    """Give the seat back: whoever waits for it has it, and is written to. Twice changes nothing more."""
    locked = seats.locked(rsvp.slot_id)
    rsvp = _current(rsvp, locked)
    if rsvp.is_cancelled:
        return rsvp
    if rsvp.is_registered and not rsvp.is_walk_in:
        seats.take(locked, -rsvp.seats)
    rsvp.state, rsvp.cancelled_at = Rsvp.State.CANCELLED, timezone.now()
    rsvp.save(update_fields=["state", "cancelled_at"])
    note(InteractionKind.RSVP_CANCELLED, rsvp)
    _tell(WebhookEvent.RSVP_CANCELLED, rsvp)
    _tell_moved_up(locked)
    return rsvp


def note(kind: InteractionKind, rsvp: Rsvp) -> None:
    """A line on the person's timeline, wherever they live."""
    data = {"event": rsvp.event_id, "slot": rsvp.slot_id, "rsvp": rsvp.pk}
    with walls.acting_within(None):
        record_interaction(kind=kind, contact_id=rsvp.contact_id, data=data)


def _tell(event: WebhookEvent, rsvp: Rsvp) -> None:
    data = {"event": rsvp.event.slug, "slot": rsvp.slot_id, "rsvp": rsvp.pk, "state": rsvp.state}
    emit(event, data, person=rsvp.contact_id)


def is_open(event: Event, slot: EventSlot) -> bool:
    """Whether somebody may register now."""
    return event.state == Event.State.PUBLISHED and not slot.is_over


def _ask_open(slot: EventSlot) -> None:
    if not is_open(slot.event, slot):
        raise RegistrationClosed(_("Registration is closed: this is over, or cancelled."))


def _new_rsvp(slot: EventSlot, contact: Contact, answers: Answers, guests: int) -> Rsvp:
    has_room = seats.has_room(slot, 1 + guests)
    if has_room:
        seats.take(slot, 1 + guests)
    email = answers.values.get("email", "")
    made = Rsvp.objects.create(
        event=slot.event,
        slot=slot,
        contact=contact,
        name=name_of(answers.values),
        email=email,
        phone=answers.values.get("phone", ""),
        address_hash=keyed_hash("email", email) if email else None,
        language=answers.language,
        guests=guests,
        state=Rsvp.State.REGISTERED if has_room else Rsvp.State.WAITING,
        consents=[wording.pk for wording in answers.consents],
        came_from=answers.came_from,
    )
    made.refresh_from_db(fields=["at", "queued_at"])
    return made


def name_of(values: Mapping[str, str]) -> str:
    return f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()


def _current(rsvp: Rsvp, slot: EventSlot) -> Rsvp:
    """The registration as it is now, its slot being locked."""
    found: Rsvp = Rsvp.objects.select_related("event", "contact").get(pk=rsvp.pk)
    found.slot = slot
    return found


def _tell_moved_up(slot: EventSlot) -> None:
    for moved in seats.move_up(slot):
        messages.send_seat(moved)
