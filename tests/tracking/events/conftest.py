"""An event to come, and people who register for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from contacts.folding import fold
from messaging.models import Delivery
from messaging.services.senders import ensure_local_sender
from tracking.events.preparing import create_event, publish
from tracking.events.registering import Answers, register
from tracking.events.slots import SlotPlan
from tracking.models import Event, EventSlot, Rsvp

BOX = {"channel": "email", "purpose": "messages"}


@pytest.fixture(autouse=True)
def sender(db: None) -> None:
    ensure_local_sender()


def plan(*, days: float = 10, hours: float = 2, capacity: int | None = None) -> SlotPlan:
    """A slot that begins some days from now, on the full minute."""
    begins = (timezone.now() + timedelta(days=days)).replace(second=0, microsecond=0)
    return SlotPlan(begins, begins + timedelta(hours=hours), capacity)


def make_event(
    *, capacity: int | None = None, days: float = 10, published: bool = True, **given: Any
) -> Event:
    values = {
        "kind": "meeting",
        "title": "Réunion publique",
        "title_en": "Public meeting",
        "text": "Venez débattre.",
        "venue": "Salle des fêtes",
        "street": "1 place de la Mairie",
        "postcode": "60000",
        "city": "Beauvais",
        "consents": [BOX],
    }
    slots = given.pop("slots", None) or [plan(days=days, capacity=capacity)]
    event = create_event(by=None, slots=slots, **(values | given))
    if published:
        publish(event=event, by=None)
        event.refresh_from_db()
    return event


@pytest.fixture
def event() -> Event:
    return make_event(capacity=3)


def address_of(name: str) -> str:
    return f"{fold(name).replace(' ', '.')}@example.org"


def answers(name: str = "Léa", **given: Any) -> Answers:
    """What a person of this forename sends."""
    values = {"first_name": name, "last_name": "Martin", "email": address_of(name)}
    wanted: dict[str, Any] = {"guests": 0, "consents": [], "language": "en"} | given
    return Answers(values=values | wanted.pop("values", {}), **wanted)


def come(slot: EventSlot, name: str = "Léa", **given: Any) -> Rsvp:
    return register(slot=slot, answers=answers(name, **given))


def slot_of(event: Event) -> EventSlot:
    found: EventSlot = event.slots.select_related("event").get()
    return found


def subjects(rsvp: Rsvp) -> list[str]:
    """Of what was written to a registered person, by the alphabet."""
    return sorted(row.context["subject"] for row in Delivery.objects.filter(address=rsvp.email))
