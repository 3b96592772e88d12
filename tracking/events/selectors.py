"""Reads about events: what comes, who registered, who came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from contacts.models import Territory
from tracking.events.places import near
from tracking.models import Event, EventSlot, Rsvp

LISTED = 100  # slots of a public list
FED = timedelta(days=90)  # how far back a feed keeps what is over, so that calendars learn of cancellations
IS_REGISTERED = Q(state=Rsvp.State.REGISTERED, is_walk_in=False)


@dataclass(frozen=True)
class Figures:
    """Of a slot, or of an event; people with their guests in `seats`."""

    registered: int = 0
    seats: int = 0
    waiting: int = 0
    came: int = 0
    walk_ins: int = 0
    missed: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(mine + theirs for mine, theirs in zip(self.numbers, other.numbers, strict=True)))

    @property
    def numbers(self) -> tuple[int, ...]:
        return (self.registered, self.seats, self.waiting, self.came, self.walk_ins, self.missed)


_COUNTS: dict[str, Any] = {
    "registered": Count("pk", filter=IS_REGISTERED),
    "seats": Sum(F("guests") + 1, filter=IS_REGISTERED, default=0),
    "waiting": Count("pk", filter=Q(state=Rsvp.State.WAITING)),
    "came": Count("pk", filter=Q(came_at__isnull=False)),
    "walk_ins": Count("pk", filter=Q(came_at__isnull=False, is_walk_in=True)),
    "missed": Count("pk", filter=Q(missed_at__isnull=False)),
}


def events_of(user: User) -> QuerySet[Event]:
    """Those that a member of the team sees: all of their scope, or the ones that they host."""
    events: QuerySet[Event] = Event.objects.all()
    return events if user.has_right(Right.EDIT_EVENTS) else events.filter(hosts=user)


def figures_by_slot(event: Event) -> dict[int, Figures]:
    """Registered, waiting, came… of each slot; of those without anybody, nothing."""
    rows = Rsvp.objects.filter(event=event).values("slot").annotate(**_COUNTS)
    return {row.pop("slot"): Figures(**row) for row in rows}


def figures_by_event(events: Sequence[Event]) -> dict[int, Figures]:
    rows = Rsvp.objects.filter(event__in=events).values("event").annotate(**_COUNTS)
    return {row.pop("event"): Figures(**row) for row in rows}


def with_days(events: QuerySet[Event]) -> QuerySet[Event]:
    """With when the first slot begins (`first_at`) and of the next one (`next_at`, None when all is over)."""
    to_come = Q(slots__ends_at__gt=timezone.now())
    return events.annotate(first_at=Min("slots__starts_at"), next_at=Min("slots__starts_at", filter=to_come))


def slots_between(events: QuerySet[Event], first: datetime, after: datetime) -> list[EventSlot]:
    """The slots of some events that begin within some time, in order."""
    found = EventSlot.objects.filter(event__in=events, starts_at__gte=first, starts_at__lt=after)
    return list(found.select_related("event").order_by("starts_at", "pk"))


def public_slots(events: Q | None = None) -> QuerySet[EventSlot]:
    """What comes and is listed, the first one first."""
    listed = Event.objects.listed().filter(events or Q())
    found: QuerySet[EventSlot] = EventSlot.objects.to_come().filter(event__in=listed)
    return found.select_related("event__commune")


def open_slots(event: Event) -> list[EventSlot]:
    """The slots that one may register for, in order; those that are full have a waiting list."""
    if event.state != Event.State.PUBLISHED:
        return []
    return list(EventSlot.objects.to_come().filter(event=event).select_related("event"))


def slots_near(commune: Territory) -> tuple[list[EventSlot], list[EventSlot], list[EventSlot]]:
    """What comes in a commune, elsewhere in its department, and online."""
    here, around = near(commune)
    online = Q(kind=Event.Kind.ONLINE)
    return (
        list(public_slots(here & ~online)[:LISTED]),
        list(public_slots(around & ~online)[:LISTED]),
        list(public_slots(online)[:LISTED]),
    )


def fed_slots() -> list[EventSlot]:
    """What a calendar that follows us holds: what comes, what was lately, and what is cancelled of it."""
    public = Event.objects.public().filter(is_listed=True)
    since = timezone.now() - FED
    found = EventSlot.objects.filter(event__in=public, ends_at__gte=since)
    return list(found.select_related("event").order_by("starts_at", "pk")[: 5 * LISTED])


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))
