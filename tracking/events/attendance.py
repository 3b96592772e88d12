"""Who came, and who did not, as activity of people.

A mark at the door is one row under the phone's own number (CheckIn): what arrives twice, or after the day was
settled, changes nothing twice. The newest mark by its moment holds.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from campaign_crm.platform.models import User
from tracking.enums import InteractionKind
from tracking.models import CheckIn, EventSlot, Interaction, Rsvp
from tracking.services.interactions import record_interaction

_EVENTS = uuid.UUID("6c1f4a53-6f0c-4a7a-9d0b-3f7f5b6f2f10")  # of ours: names of attendances


def mark(*, rsvp: Rsvp, number: uuid.UUID, came: bool, at: datetime, by: User | None) -> bool:
    """Write one mark; False when its number is known: it was sent before."""
    moment = min(at, timezone.now())
    _row, is_new = CheckIn.objects.get_or_create(
        id=number, defaults={"rsvp": rsvp, "came": came, "at": moment, "by": by}
    )
    if is_new:
        settle(rsvp)
    return is_new


def settle(rsvp: Rsvp) -> None:
    """Bring a registration, and the person's activity, to what its newest mark says."""
    newest = rsvp.check_ins.order_by("-at", "-received_at").first()
    came_at = newest.at if newest is not None and newest.came else None
    if came_at == rsvp.came_at:
        return
    _forget(rsvp, InteractionKind.CAME)
    rsvp.came_at = came_at
    if came_at is not None:
        _forget(rsvp, InteractionKind.MISSED)
        rsvp.missed_at = None
        _record(rsvp, InteractionKind.CAME, came_at)
    rsvp.save(update_fields=["came_at", "missed_at"])


def close(slot: EventSlot) -> int:
    """Note who registered and did not come; returns how many. Where nobody was marked, nobody is known to."""
    registered: QuerySet[Rsvp] = Rsvp.objects.registered().filter(slot=slot)
    missed = 0
    if registered.filter(came_at__isnull=False).exists():
        for rsvp in registered.filter(came_at__isnull=True, missed_at__isnull=True):
            rsvp.missed_at = slot.ends_at
            rsvp.save(update_fields=["missed_at"])
            _record(rsvp, InteractionKind.MISSED, slot.ends_at)
            missed += 1
    slot.closed_at = timezone.now()
    slot.save(update_fields=["closed_at"])
    return missed


def _record(rsvp: Rsvp, kind: InteractionKind, at: datetime) -> None:
    if rsvp.contact_id is None:  # erased meanwhile
        return
    record_interaction(
        kind=kind,
        contact_id=rsvp.contact_id,
        at=at,
        event_id=_number(rsvp, kind),
        data={"event": rsvp.event_id, "slot": rsvp.slot_id, "rsvp": rsvp.pk},
    )


def _forget(rsvp: Rsvp, kind: InteractionKind) -> None:
    """A mark that was a mistake is no activity of the person."""
    at = rsvp.came_at if kind == InteractionKind.CAME else rsvp.missed_at
    if at is not None:
        Interaction.objects.filter(at=at, event_id=_number(rsvp, kind)).delete()


def _number(rsvp: Rsvp, kind: InteractionKind) -> uuid.UUID:
    return uuid.uuid5(_EVENTS, f"{rsvp.pk} {kind}")
