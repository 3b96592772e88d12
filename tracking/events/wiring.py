"""What events tell the rest of the product; called once, from `TrackingConfig.ready()`."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.merging.belongings import Belonging
from contacts.models import Contact
from contacts.registry import ExportScope, SignOfLife, registry
from messaging.content.attachments import register_attachments
from tracking.events import conditions, triggers
from tracking.events.registering import cancel
from tracking.events.telling import JOB
from tracking.events.tickets import attachments_of
from tracking.events.words import when_words
from tracking.models import Event, EventSlot, Rsvp

__all__ = ["JOB", "register"]

# Of two registrations of one person for one slot, the one that is kept stays; the other one's seats too.
BELONGING = Belonging(
    "tracking_rsvp",
    same="held.slot_id = own.slot_id AND held.state <> 'cancelled' AND own.state <> 'cancelled'",
)


def register() -> None:
    conditions.register()
    triggers.register()
    register_attachments("rsvp", attachments_of)
    registry.add("belongings", "rsvps", BELONGING)
    registry.add("erasure_steps", "rsvps", give_seats_back)
    registry.add("answer_sections", "tracking_rsvp", told_to_person)
    registry.add("export_scopes", "event", ExportScope(registered_people, words_of))
    registry.add("signs_of_life", "rsvps", SignOfLife("tracking_rsvp", "at"))
    came = SignOfLife("tracking_rsvp", "came_at", when="own.came_at IS NOT NULL")
    registry.add("acts", "events", came)


@transaction.atomic
def give_seats_back(ids: list[int]) -> None:
    """Before people are erased: their seats to come are free, and others move up."""
    to_come = EventSlot.objects.to_come().order_by()
    for rsvp in Rsvp.objects.active().filter(contact_id__in=ids, slot__in=to_come):
        cancel(rsvp=rsvp)


def told_to_person(contact_id: int) -> list[dict[str, Any]]:
    """What a person is told of their registrations."""
    rsvps = Rsvp.objects.filter(contact_id=contact_id).select_related("event", "slot__event").order_by("at")
    return [
        {
            _("Event"): rsvp.event.shown_title,
            _("When"): when_words(rsvp.slot),
            _("State"): rsvp.get_state_display(),
            _("Guests"): rsvp.guests,
            _("Name"): rsvp.name,
            _("E-mail"): rsvp.email,
            _("Came"): _("Yes") if rsvp.came_at else _("Not known"),
        }
        for rsvp in rsvps
    ]


def registered_people(event: int) -> QuerySet[Contact] | None:
    """Who is registered for an event or waits, as far as whoever asks sees it and them."""
    if not Event.objects.filter(pk=event).exists():
        return None
    rsvps = Rsvp.objects.active().filter(event=event)
    return Contact.objects.visible().filter(pk__in=rsvps.values("contact"))


def words_of(event: int) -> str:
    found = Event.objects.filter(pk=event).first()
    return _("Registered for “%(title)s”") % {"title": found.title if found else event}
