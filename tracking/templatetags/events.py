"""Dates and places of events in templates: in the time of the place, in the active language."""

from __future__ import annotations

from django import template

from tracking.events import words
from tracking.models import EventSlot

register = template.Library()
register.filter("day_words", words.day_words)
register.filter("where_words", words.where_words)


@register.filter
def hours_words(slot: EventSlot) -> str:
    return _on_one_line(words.hours_words(slot))


@register.filter
def when_words(slot: EventSlot) -> str:
    return _on_one_line(words.when_words(slot))


def _on_one_line(text: str) -> str:
    """On a narrow screen no line ends between two hours."""
    return text.replace("–", "\u2060–\u2060")


@register.inclusion_tag("tracking/events/day_card.html")
def day_card(slot: EventSlot) -> dict[str, object]:
    """The date as a leaf of a calendar: what the eye looks for first."""
    return {"start": slot.local_start, "is_cancelled": slot.event.is_cancelled}
