"""Messages to everybody who is registered, by a background task: once each, whoever dies on the way.

Each message has an occasion of its own, so that a task begun again writes to nobody twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaign_crm.platform.jobs import RunningJob, enqueue, handler
from campaign_crm.platform.models import Job, User
from tracking.events import messages
from tracking.models import Event, EventSlot, Rsvp

JOB = "tracking.tell_registered"
AT_A_TIME = 50  # messages a transaction
JUST_REGISTERED = timedelta(hours=6)
"""Whoever got their ticket within this time is not reminded."""
CANCELLED, CHANGED, REMINDER, THANKS = "cancelled", "changed", "reminder", "thanks"


def tell_event(event: Event, what: str, *, by: User | None) -> Job:
    """Write to everybody registered or waiting for slots to come: CANCELLED or CHANGED."""
    return enqueue(kind=JOB, payload={"what": what, "event": event.pk, "sequence": event.sequence}, by=by)


def tell_slot(slot: EventSlot, what: str) -> Job:
    """Write to those registered for one slot: REMINDER, or THANKS to those who came."""
    return enqueue(kind=JOB, payload={"what": what, "slot": slot.pk})


@handler(JOB)
def run(job: RunningJob) -> None:
    told = _recipients(job.payload).order_by("pk")
    send = _sender(job.payload)
    last, done, total = 0, 0, told.count()
    while True:
        with transaction.atomic():
            batch = list(told.filter(pk__gt=last).select_related("event", "slot__event")[:AT_A_TIME])
            for rsvp in batch:
                send(rsvp)
            done += len(batch)
            job.progress(done, total)
        if len(batch) < AT_A_TIME:
            return
        last = batch[-1].pk


def _recipients(payload: dict[str, Any]) -> QuerySet[Rsvp]:
    what = payload["what"]
    if what in (CANCELLED, CHANGED):
        slots = EventSlot.objects.to_come().filter(event=payload["event"])
        return Rsvp.objects.active().filter(slot__in=slots.order_by())
    registered = Rsvp.objects.registered().filter(slot=payload["slot"])
    if what == REMINDER:
        return registered.filter(at__lt=timezone.now() - JUST_REGISTERED)
    if what == THANKS and registered.filter(came_at__isnull=False).exists():
        return registered.filter(came_at__isnull=False)
    return registered.filter(is_walk_in=False)


def _sender(payload: dict[str, Any]) -> Callable[[Rsvp], None]:
    senders: dict[str, Callable[[Rsvp], None]] = {
        CANCELLED: messages.send_cancellation,
        REMINDER: messages.send_reminder,
        THANKS: messages.send_thanks,
    }
    if payload["what"] == CHANGED:
        return partial(messages.send_change, sequence=payload["sequence"])
    return senders[payload["what"]]
