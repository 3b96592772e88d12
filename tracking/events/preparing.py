"""What the team does with an event: prepare it, change it, publish it, cancel it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaign_crm.platform import audit, walls
from campaign_crm.platform.models import User
from tracking.events.errors import EventRefused
from tracking.events.places import zone_of
from tracking.events.silent import ask_dates_allowed, ask_page_may_change
from tracking.events.slots import SlotPlan, ask_well_made, differ, plan_of, some_moved, write_slots
from tracking.events.telling import CANCELLED, CHANGED, tell_event
from tracking.models import Event, EventSlot

TOLD = frozenset({"kind", "venue", "street", "postcode", "city", "access", "online_url"})
"""What registered people must learn of, beside another date."""


@transaction.atomic
def create_event(
    *, by: User | None, slots: Sequence[SlotPlan], hosts: Iterable[User] = (), **values: Any
) -> Event:
    """Prepare an event that nobody sees yet; raises EventRefused."""
    event = Event(slug=free_slug(values["title"]), created_by=by, **values)
    event.time_zone = zone_of(event)
    ask_well_made(slots)
    ask_dates_allowed(event, slots)
    event.save()
    event.hosts.set(hosts)
    write_slots(event, slots)
    audit.record(action="event.create", on=event, by=by)
    return event


@transaction.atomic
def update_event(
    *, event: Event, by: User | None, slots: Sequence[SlotPlan], hosts: Iterable[User], **values: Any
) -> list[str]:
    """Write what differs; gives the names of what changed.

    Who is registered is told of another date or place. Raises EventRefused, or PublicPagesAreSilent for a
    page that everybody reads.
    """
    event = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
    changed = [name for name, value in values.items() if getattr(event, name) != value]
    for name in changed:
        setattr(event, name, values[name])
    is_told = bool(TOLD & set(changed)) or some_moved(event, slots)
    changed += ["slots"] if differ(event, slots) else []
    ask_well_made(slots)
    if changed:
        _ask_allowed(event, slots)
    event.time_zone = zone_of(event)
    event.sequence += is_told
    event.updated_at = Now()
    event.save()
    event.hosts.set(hosts)
    write_slots(event, slots)
    if changed:
        audit.record(action="event.update", on=event, by=by, fields=changed)
    if is_told and event.state == Event.State.PUBLISHED:
        tell_event(event, CHANGED, by=by)
    return changed


@transaction.atomic
def publish(*, event: Event, by: User | None) -> None:
    """Show the page to everybody; raises EventRefused or PublicPagesAreSilent."""
    event = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
    if event.state != Event.State.DRAFT:
        raise EventRefused(_("This event is published already, or cancelled."))
    if not EventSlot.objects.to_come().filter(event=event).exists():
        raise EventRefused(_("Give it a date to come first."))
    if not event.is_online and not event.address:
        raise EventRefused(_("Say where it takes place first."))
    ask_page_may_change(event)
    ask_dates_allowed(event, [plan_of(slot) for slot in event.slots.all()])
    event.state, event.updated_at = Event.State.PUBLISHED, Now()
    event.save(update_fields=["state", "updated_at"])
    audit.record(action="event.publish", on=event, by=by)


@transaction.atomic
def cancel_event(*, event: Event, because: str, by: User | None) -> None:
    """It does not take place: everybody registered or waiting is told why. Raises EventRefused."""
    event = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
    if event.is_cancelled:
        raise EventRefused(_("This event is cancelled already."))
    was_public = event.state == Event.State.PUBLISHED
    event.state, event.cancelled_because, event.updated_at = Event.State.CANCELLED, because.strip(), Now()
    event.sequence += 1
    event.save(update_fields=["state", "cancelled_because", "sequence", "updated_at"])
    audit.record(action="event.cancel", on=event, by=by, reason=event.cancelled_because)
    if was_public:
        tell_event(event, CANCELLED, by=by)


def free_slug(title: str) -> str:
    """An address for the page of this title that no other event has, of whatever territory."""
    base = slugify(title)[:60] or "event"
    with walls.acting_within(None):
        taken = set(Event.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)


def _ask_allowed(event: Event, slots: Sequence[SlotPlan]) -> None:
    """A change of what everybody reads, and of when it takes place."""
    if event.state == Event.State.PUBLISHED:
        ask_page_may_change(event)
    ask_dates_allowed(event, slots)
