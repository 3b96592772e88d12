"""What people and programs write in addresses and forms, before a Django form looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime

DIGITS = 19  # of a bigint; longer texts are no number of ours, and take long to read


def number_of(text: str) -> int | None:
    """The whole number that `text` is, as a bigint holds it; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < DIGITS else None


def numbers_of(texts: Iterable[str]) -> list[int]:
    """Those of the texts that are whole numbers."""
    return [number for number in map(number_of, texts) if number is not None]


def line_of(text: str, *, at_most: int) -> str:
    """Trimmed, cut to `at_most` characters, and without NUL, which PostgreSQL refuses."""
    return text.replace("\x00", "").strip()[:at_most]


def moment_of(text: str) -> datetime | None:
    """The moment that an ISO 8601 text names, in our time zone when it names none; None for anything else.

    In UTC: texts may name zones, and years with them, that PostgreSQL does not know.
    """
    try:
        found = parse_datetime(text)
        if found is not None and timezone.is_naive(found):
            found = timezone.make_aware(found)
        return None if found is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # well formed, and no date: the 45th of the 13th month
        return None
