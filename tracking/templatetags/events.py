"""Dates and places of events in templates: in the time of the place, in the active language."""

from __future__ import annotations

from django import template

from tracking.events import words
from tracking.models import EventSlot

register = template.Library()
register.filter("day_words", words.day_words)
register.filter("hours_words", words.hours_words)
register.filter("when_words", words.when_words)
register.filter("where_words", words.where_words)


@register.inclusion_tag("tracking/events/day_card.html")
def day_card(slot: EventSlot) -> dict[str, object]:
    """The date as a leaf of a calendar: what the eye looks for first."""
    return {"start": slot.local_start, "is_cancelled": slot.event.is_cancelled}
