"""Events of the demonstration: some over, with who came; some to come, with who registered and who waits."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from campaign_crm.platform.crypto import keyed_hash
from campaign_crm.platform.models import User
from campaign_crm.shell.demo.places import Place, Places
from campaign_crm.shell.demo.plan import Plan
from contacts.models import EmailAddress, Territory
from tracking.enums import InteractionKind
from tracking.errors import TrackingError
from tracking.events.preparing import create_event, publish
from tracking.events.slots import SlotPlan
from tracking.models import Event, EventSlot, Interaction, Rsvp
from tracking.models.event_rsvp import TICKET_LENGTH, TICKET_LETTERS

BOXES = [{"channel": "email", "purpose": "messages"}, {"channel": "email", "purpose": "targeting"}]
CAME_SHARE, GUESTS_SHARE, WALK_IN_SHARE = 0.72, 0.25, 0.12


@dataclass(frozen=True)
class EventWords:
    """One event. `days`: from today, negative for what is over. `people`: who registered, at most."""

    kind: str
    title: str
    title_en: str
    text: str
    days: int
    hour: int
    people: int
    department: str = ""
    venue: str = ""
    street: str = ""
    capacity: int | None = None
    slots: int = 1
    online_url: str = ""


EVENTS = (
    EventWords(
        "meeting", "Grande réunion publique", "Large public meeting",
        "Venez poser vos questions et rencontrer l’équipe de la campagne. Entrée libre sur inscription, "
        "buvette sur place.",
        9, 19, 140, "60", "Salle des fêtes", "1 place de la Mairie", 120,
    ),
    EventWords(
        "canvassing", "Porte-à-porte du samedi", "Saturday canvassing",
        "Deux heures à la rencontre des habitants, en binôme. Une formation de vingt minutes au départ, "
        "aucune expérience nécessaire.",
        4, 10, 18, "60", "Permanence de campagne", "14 rue du Marché", 24, 2,
    ),
    EventWords(
        "phone_bank", "Soirée téléphone", "Phone evening",
        "On appelle ensemble celles et ceux qui ont demandé à être rappelés. Apportez un casque si vous en "
        "avez un.",
        6, 18, 12, "59", "Local de l’équipe", "8 rue des Arts", 15,
    ),
    EventWords(
        "online", "Questions-réponses en direct", "Live questions and answers",
        "Une heure en visioconférence pour parler de nos propositions sur l’école.",
        12, 20, 60, online_url="https://visio.example.org/questions",
    ),
    EventWords(
        "meeting", "Café citoyen", "Citizens’ café",
        "Autour d’un café, on parle de ce qui change dans le quartier.",
        16, 10, 25, "974", "Maison des associations", "3 rue du Port", 40,
    ),
    EventWords(
        "meeting", "Réunion de lancement", "Opening meeting",
        "La première réunion de la campagne.", -18, 19, 90, "60", "Salle polyvalente", "2 rue des Arts", 150,
    ),
    EventWords(
        "canvassing", "Premier porte-à-porte", "First canvassing", "Pour se lancer ensemble.",
        -5, 10, 20, "60", "Permanence de campagne", "14 rue du Marché", 30,
    ),
)  # fmt: skip


def make_events(plan: Plan, places: Places, by: User, people: range) -> int:
    """Make them, with people of this demonstration; returns how many.

    Before a vote some days are silent: what the law refuses then is not shown either.
    """
    made = 0
    for words in EVENTS:
        rng = plan.rng(f"event {words.title}")
        try:
            event = _event(plan, places, words, by)
        except TrackingError:
            continue
        for slot in event.slots.select_related("event").order_by("starts_at"):
            _fill(plan, slot, words, people, rng)
        made += 1
    return made


def _event(plan: Plan, places: Places, words: EventWords, by: User) -> Event:
    begins = plan.at(-words.days, words.hour)
    plans = [
        SlotPlan(
            begins + timedelta(hours=3 * number), begins + timedelta(hours=3 * number + 2), words.capacity
        )
        for number in range(words.slots)
    ]
    values: dict[str, Any] = {
        "kind": words.kind, "title": words.title, "title_en": words.title_en, "text": words.text,
        "venue": words.venue, "street": words.street, "online_url": words.online_url, "consents": BOXES,
    }  # fmt: skip
    if words.department:
        town = _town(places, words.department)
        department = Territory.objects.get(kind="department", code=words.department)
        values |= {"city": town.town, "postcode": town.postcodes[0], "commune_id": town.id,
                   "territory": department}  # fmt: skip
    event = create_event(by=by, slots=plans, hosts=[by], **values)
    if words.days > 0:
        publish(event=event, by=by)
    else:
        Event.objects.filter(pk=event.pk).update(state=Event.State.PUBLISHED)
    for number, slot in enumerate(event.slots.order_by("starts_at")):
        name = f"{plan.seed}/{plan.salt}/{words.title}/{number}"
        EventSlot.objects.filter(pk=slot.pk).update(uid=uuid.uuid5(uuid.NAMESPACE_URL, name))
    event.refresh_from_db()
    return event


def _town(places: Places, department: str) -> Place:
    return max(
        (place for place in places.all if place.department == department),
        key=lambda place: (place.population, place.code),
    )


def _fill(plan: Plan, slot: EventSlot, words: EventWords, people: range, rng: Random) -> None:
    """People who registered, in the order in which they did."""
    chosen = rng.sample(people, min(words.people, len(people)))
    points = EmailAddress.objects.filter(contact__in=chosen, is_primary=True).select_related("contact")
    rsvps = []
    for point in points.order_by("contact"):
        rsvp = _rsvp(plan, slot, point, rng)
        if not rsvp.is_walk_in:
            _seat(slot, rsvp)
        rsvps.append(rsvp)
    Rsvp.objects.bulk_create(rsvps)
    EventSlot.objects.filter(pk=slot.pk).update(
        taken=slot.taken, **({"closed_at": slot.ends_at + timedelta(hours=6)} if words.days < 0 else {})
    )
    Interaction.objects.bulk_create(one for rsvp in rsvps for one in _acts(plan, rsvp))


def _rsvp(plan: Plan, slot: EventSlot, point: EmailAddress, rng: Random) -> Rsvp:
    is_over = slot.ends_at < plan.now
    at = min(slot.starts_at, plan.now) - timedelta(minutes=rng.randrange(60, 14 * 24 * 60))
    came = is_over and rng.random() < CAME_SHARE
    walks_in = came and rng.random() < WALK_IN_SHARE
    here = slot.starts_at + timedelta(minutes=rng.randrange(-15, 40))
    return Rsvp(
        event=slot.event, slot=slot, contact=point.contact, name=point.contact.full_name, email=point.address,
        address_hash=keyed_hash("email", point.normalised),
        guests=0 if walks_in or rng.random() > GUESTS_SHARE else 1,
        state=Rsvp.State.REGISTERED, is_walk_in=walks_in, came_from="door" if walks_in else "",
        ticket="".join(rng.choice(TICKET_LETTERS) for _place in range(TICKET_LENGTH)),
        at=here if walks_in else at, queued_at=at,
        came_at=here if came else None, missed_at=slot.ends_at if is_over and not came else None,
    )  # fmt: skip


def _seat(slot: EventSlot, rsvp: Rsvp) -> None:
    """A seat while there is one; whoever came had one."""
    if slot.capacity is not None and slot.taken + rsvp.seats > slot.capacity:
        rsvp.state, rsvp.came_at, rsvp.missed_at = Rsvp.State.WAITING, None, None
    else:
        slot.taken += rsvp.seats


def _acts(plan: Plan, rsvp: Rsvp) -> Iterator[Interaction]:
    """What stands on a person's timeline."""
    moments: dict[InteractionKind, datetime | None] = {
        InteractionKind.RSVP: None if rsvp.is_walk_in else rsvp.at,
        InteractionKind.CAME: rsvp.came_at,
        InteractionKind.MISSED: rsvp.missed_at,
    }
    for kind, at in moments.items():
        if at is not None:
            name = f"{plan.salt}/{rsvp.ticket}/{kind}"
            yield Interaction(
                at=at, event_id=uuid.uuid5(uuid.NAMESPACE_URL, name), kind=kind, contact_id=rsvp.contact_id,
                data={"event": rsvp.event_id, "slot": rsvp.slot_id, "rsvp": rsvp.pk},
            )  # fmt: skip
