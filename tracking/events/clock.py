"""What happens by itself around a time slot: a reminder, who came settled, a thank-you."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from contacts.services.silence import silence_of_page
from tracking.events.attendance import close
from tracking.events.places import places_of
from tracking.events.telling import REMINDER, THANKS, tell_slot
from tracking.models import Event, EventSlot

REMINDED_BEFORE = timedelta(hours=24)
SETTLED_AFTER = timedelta(hours=6)
"""A phone at the door may have been without a network for an hour, and its battery empty until home."""
THANKED_WITHIN = timedelta(days=7)


def tick(now: datetime | None = None) -> None:
    """Do what is due; asked again, nothing is done twice."""
    now = now or timezone.now()
    public = EventSlot.objects.filter(event__state=Event.State.PUBLISHED)
    for slot in public.filter(reminded_at=None, starts_at__gt=now, starts_at__lte=now + REMINDED_BEFORE):
        _remind(slot.pk)
    for slot in public.filter(closed_at=None, ends_at__lte=now - SETTLED_AFTER):
        _close(slot.pk)
    for slot in public.filter(
        closed_at__isnull=False, thanked_at=None, ends_at__gt=now - THANKED_WITHIN
    ).exclude(event__thank_you=""):
        _thank(slot.pk, now)


@transaction.atomic
def _remind(pk: int) -> None:
    slot = _locked(pk)
    if slot.reminded_at is None:
        slot.reminded_at = timezone.now()
        slot.save(update_fields=["reminded_at"])
        tell_slot(slot, REMINDER)


@transaction.atomic
def _close(pk: int) -> None:
    slot = _locked(pk)
    if slot.closed_at is None:
        close(slot)


@transaction.atomic
def _thank(pk: int, now: datetime) -> None:
    """The team's own words: they wait for the end of a silence."""
    slot = _locked(pk)
    if slot.thanked_at is None and silence_of_page(places_of(slot.event), now) is None:
        slot.thanked_at = timezone.now()
        slot.save(update_fields=["thanked_at"])
        tell_slot(slot, THANKS)


def _locked(pk: int) -> EventSlot:
    slot: EventSlot = EventSlot.objects.select_for_update(of=("self",)).select_related("event").get(pk=pk)
    return slot
