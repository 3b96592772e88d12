"""Segment conditions on events: who takes part may be written to about it; all else is a criterion."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.enums import TargetingClass
from contacts.segments.conditions import Condition, ConditionGroup, Context, register_condition
from contacts.segments.standard.pieces import having_any, named_rows
from tracking.models import Event, Rsvp

EVENTS = named_rows(Event, _("This event does not exist any more."), order="title")
ANY = {"any": EVENTS}
ANY_OR_NONE = {"any": EVENTS, "none": EVENTS}


def _takes_part(operator: str, value: Any, _context: Context) -> Q:
    registered = Rsvp.objects.registered()
    return having_any(operator, lambda ids: registered.filter(event__in=ids), value)


def _registered(operator: str, value: Any, _context: Context) -> Q:
    """Whoever gave their seat back had registered: they are not among them any more."""
    active = Rsvp.objects.active().filter(is_walk_in=False)
    return having_any(operator, lambda ids: active.filter(event__in=ids), value)


def _came(operator: str, value: Any, _context: Context) -> Q:
    came = Rsvp.objects.filter(came_at__isnull=False)
    return having_any(operator, lambda ids: came.filter(event__in=ids), value)


def _missed(operator: str, value: Any, _context: Context) -> Q:
    missed = Rsvp.objects.filter(missed_at__isnull=False)
    return having_any(operator, lambda ids: missed.filter(event__in=ids), value)


def register() -> None:
    for key, label, operators, targeting_class, compiled, note in (
        (
            "event_takes_part",
            _("Takes part in the event"),
            ANY,
            TargetingClass.REGISTRANT,
            _takes_part,
            _("For service messages about it: those who have a seat."),
        ),
        (
            "event_registered",
            _("Registered for the event"),
            ANY_OR_NONE,
            TargetingClass.CRITERION,
            _registered,
            _("Also those who wait for a seat; without those who gave theirs back."),
        ),
        ("event_came", _("Came to the event"), ANY_OR_NONE, TargetingClass.CRITERION, _came, ""),
        (
            "event_missed",
            _("Registered for the event and did not come"),
            ANY,
            TargetingClass.CRITERION,
            _missed,
            _("Known where people were marked at the entrance."),
        ),
    ):
        register_condition(
            Condition(
                key=key,
                label=label,
                group=ConditionGroup.ENGAGEMENT,
                operators=operators,
                targeting_class=targeting_class,
                compile=compiled,
                note=note,
            )
        )
