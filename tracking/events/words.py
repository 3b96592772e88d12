"""When and where an event takes place, as people read it in the active language."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tracking.models import Event, EventSlot

DAY, HOUR = "l j F Y", "H:i"


def day_words(slot: EventSlot) -> str:
    """ "Friday 15 January 2027" in the time of the place."""
    return date_format(slot.local_start, DAY)


def hours_words(slot: EventSlot) -> str:
    """ "19:00–21:00", with the place whose clock it is where that is not the installation's."""
    start, end = slot.local_start, slot.local_end
    hours = f"{date_format(start, HOUR)}–{date_format(end, HOUR)}"
    if start.utcoffset() == start.astimezone(ZoneInfo(settings.TIME_ZONE)).utcoffset():
        return hours
    return _("%(hours)s (time of %(place)s)") % {"hours": hours, "place": _clock_of(slot.event)}


def when_words(slot: EventSlot) -> str:
    return _("%(day)s, %(hours)s") % {"day": day_words(slot), "hours": hours_words(slot)}


def where_words(event: Event) -> str:
    """The address, or that it takes place online."""
    return _("Online") if event.is_online else event.address


def _clock_of(event: Event) -> str:
    locale = (get_language() or settings.LANGUAGE_CODE).replace("-", "_")
    return str(get_timezone_location(ZoneInfo(event.time_zone), locale=locale, return_city=True))
