"""The time slots of an event, as the team plans them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from tracking.events import messages, seats
from tracking.events.errors import EventRefused
from tracking.models import Event, EventSlot

LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class SlotPlan:
    """A time slot as the team wants it; `pk` None: a new one. Moments are aware."""

    starts_at: datetime
    ends_at: datetime
    capacity: int | None = None
    pk: int | None = None


def plan_of(slot: EventSlot) -> SlotPlan:
    return SlotPlan(slot.starts_at, slot.ends_at, slot.capacity, slot.pk)


def ask_well_made(slots: Sequence[SlotPlan]) -> None:
    """Raises EventRefused where the dates make no sense together."""
    if not slots:
        raise EventRefused(_("Give it a date."))
    for slot in slots:
        if not slot.starts_at < slot.ends_at <= slot.starts_at + LONGEST:
            raise EventRefused(_("It ends after it begins, within a week."))
    if len({slot.starts_at for slot in slots}) < len(slots):
        raise EventRefused(_("Two time slots begin at the same moment."))


def differ(event: Event, slots: Sequence[SlotPlan]) -> bool:
    held = {plan_of(slot) for slot in event.slots.all()} if event.pk else set()
    return held != set(slots)


def some_moved(event: Event, slots: Sequence[SlotPlan]) -> bool:
    """Whether a slot that people may be registered for has another time."""
    times = {slot.pk: (slot.starts_at, slot.ends_at) for slot in slots if slot.pk}
    held = {slot.pk: (slot.starts_at, slot.ends_at) for slot in event.slots.all()}
    return any(times[pk] != held[pk] for pk in times.keys() & held.keys())


def write_slots(event: Event, slots: Sequence[SlotPlan]) -> None:
    """Bring the slots of an event to what is planned; raises EventRefused.

    A slot with people in it does not go, and has no fewer seats than are taken. With more seats, those who
    wait move up.
    """
    kept = {slot.pk for slot in slots if slot.pk}
    for gone in event.slots.exclude(pk__in=kept):
        if gone.rsvps.active().exists():
            raise EventRefused(
                _("People are registered for a time slot that you take away: move it instead.")
            )
        gone.delete()
    held = {slot.pk: slot for slot in event.slots.all()}
    for plan in slots:
        if plan.pk in held:
            _change(seats.locked(plan.pk), plan)
        else:
            EventSlot.objects.create(
                event=event, starts_at=plan.starts_at, ends_at=plan.ends_at, capacity=plan.capacity
            )


def _change(slot: EventSlot, plan: SlotPlan) -> None:
    if plan.capacity is not None and plan.capacity < slot.taken:
        message = _("%(taken)s seats are taken already: there cannot be fewer.")
        raise EventRefused(message % {"taken": slot.taken})
    if slot.starts_at != plan.starts_at:
        slot.reminded_at = None  # of another day: they are reminded of that one
    slot.starts_at, slot.ends_at, slot.capacity = plan.starts_at, plan.ends_at, plan.capacity
    slot.save(update_fields=["starts_at", "ends_at", "capacity", "reminded_at"])
    for moved in seats.move_up(slot):
        messages.send_seat(moved)
