"""What brings people into a scenario at events: registering, and coming."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contacts.enums import TargetingClass
from tracking.models import Event, Rsvp
from tracking.scenarios.triggers import Trigger, Value, register_trigger

OFFERED = 200  # events, the newest first


def _registered(value: Value, since: datetime, until: datetime, _started: datetime) -> QuerySet[Any]:
    """Those who hold a seat or wait for one."""
    return Rsvp.objects.active().filter(
        event=value.get("id"), is_walk_in=False, contact__isnull=False, at__gte=since, at__lte=until
    )


def _came(value: Value, since: datetime, until: datetime, _started: datetime) -> QuerySet[Any]:
    return Rsvp.objects.filter(
        event=value.get("id"), contact__isnull=False, came_at__gte=since, came_at__lte=until
    )


def _offered() -> list[tuple[int, str]]:
    return list(Event.objects.order_by("-pk").values_list("pk", "title")[:OFFERED])


def register() -> None:
    """Choosing people by what they did is a criterion, whatever is then sent to them."""
    criterion = frozenset({TargetingClass.CRITERION})
    for key, label, people in (
        ("rsvp", _("Registered for the event"), _registered),
        ("came", _("Came to the event"), _came),
    ):
        register_trigger(Trigger(key, label, people, lambda _value: criterion, _offered))
