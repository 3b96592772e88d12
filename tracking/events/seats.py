"""Seats: never one more than there are, whoever comes at once; the waiting list moves up by itself.

`EventSlot.taken` changes under the lock of its row alone, and the database refuses it above `capacity`.
"""

from __future__ import annotations

from django.db.models import F

from tracking.models import EventSlot, Rsvp


def locked(slot_id: int) -> EventSlot:
    """The slot as it is now; others who want its seats wait until the caller's transaction ends."""
    slot: EventSlot = (
        EventSlot.objects.select_for_update(of=("self",)).select_related("event").get(pk=slot_id)
    )
    return slot


def has_room(slot: EventSlot, seats: int) -> bool:
    """Asked of a locked slot."""
    return slot.capacity is None or slot.taken + seats <= slot.capacity


def take(slot: EventSlot, seats: int) -> None:
    """Take seats of a locked slot that has room; a negative number gives them back."""
    EventSlot.objects.filter(pk=slot.pk).update(taken=F("taken") + seats)
    slot.taken += seats


def move_up(slot: EventSlot) -> list[Rsvp]:
    """Give free seats of a locked slot to those who wait, in their order; returns who has one now.

    A party for which there are too few seats keeps its place, and whoever comes after it and fits goes in:
    no seat stays empty for it.
    """
    if slot.is_over or slot.event.is_cancelled:
        return []
    moved = []
    for rsvp in slot.rsvps.waiting():
        if not has_room(slot, 1):
            break
        if not has_room(slot, rsvp.seats):
            continue
        take(slot, rsvp.seats)
        rsvp.slot = slot
        rsvp.state = Rsvp.State.REGISTERED
        rsvp.save(update_fields=["state"])
        moved.append(rsvp)
    return moved
