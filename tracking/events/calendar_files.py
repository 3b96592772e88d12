"""iCalendar files (RFC 5545): one event for a registered person, or a feed of public ones.

Moments are in UTC, which every calendar shows in its reader's own time, whatever it knows of our time zones.
A slot keeps its UID for ever; SEQUENCE and STATUS tell calendars what moved and what is cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from tracking.events.words import where_words
from tracking.models import EventSlot

MEDIA_TYPE = "text/calendar; charset=utf-8"
PUBLISH, CANCEL = "PUBLISH", "CANCEL"
LONGEST_LINE = 75  # octets (RFC 5545 §3.1)
_ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\r": "", "\n": "\\n"}


def calendar_of(
    slots: Sequence[EventSlot], *, name: str, host: str, urls: dict[int, str], method: str = PUBLISH
) -> bytes:
    """A calendar of slots (with their events). `urls`: the page of each slot, by its number.

    `host` makes the UIDs ours alone (RFC 7986 §5.3); `name` is what subscribers see.
    """
    lines: list[str] = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{escaped(host)}//Events//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        f"X-WR-CALNAME:{escaped(name)}",
    ]
    for slot in slots:
        lines += _lines_of(slot, host=host, url=urls.get(slot.pk, ""))
    lines.append("END:VCALENDAR")
    return b"".join(_folded(lines))


def _lines_of(slot: EventSlot, *, host: str, url: str) -> list[str]:
    event = slot.event
    lines = [
        "BEGIN:VEVENT",
        f"UID:{slot.uid}@{host}",
        f"DTSTAMP:{_moment(event.updated_at)}",
        f"LAST-MODIFIED:{_moment(event.updated_at)}",
        f"SEQUENCE:{event.sequence}",
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
        f"DTSTART:{_moment(slot.starts_at)}",
        f"DTEND:{_moment(slot.ends_at)}",
        f"SUMMARY:{escaped(event.shown_title)}",
        f"LOCATION:{escaped(where_words(event))}",
    ]
    if event.shown_text:
        lines.append(f"DESCRIPTION:{escaped(event.shown_text)}")
    if url:
        lines.append(f"URL:{url}")
    return [*lines, "END:VEVENT"]


def escaped(text: str) -> str:
    """A value of type TEXT (RFC 5545 §3.3.11)."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text if letter >= " " or letter in "\r\n\t")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _folded(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines of 75 octets at most, never cut inside a letter."""
    for line in lines:
        rest = line.encode()
        first = True
        while True:
            room = LONGEST_LINE if first else LONGEST_LINE - 1
            cut = min(room, len(rest))
            while cut < len(rest) and rest[cut] & 0xC0 == 0x80:
                cut -= 1
            yield (b"" if first else b" ") + rest[:cut] + b"\r\n"
            rest, first = rest[cut:], False
            if not rest:
                break
