"""How each field of each model is treated when a person is erased.

Every model declares `personal_data`, a mapping of field names to one of the treatments; a test fails on a
field that is missing. Keys and plain technical fields may be declared together with `keep(...)`.
"""

from __future__ import annotations

from enum import StrEnum


class Treatment(StrEnum):
    """What erasure does to a field."""

    KEEP = "keep"  # says nothing about a person once the person's own fields are gone
    SCRUB = "scrub"  # emptied, the row stays for the counts
    ERASE = "erase"  # the row goes, if only for this field


def keep(*fields: str) -> dict[str, Treatment]:
    return dict.fromkeys(fields, Treatment.KEEP)


def scrub(*fields: str) -> dict[str, Treatment]:
    return dict.fromkeys(fields, Treatment.SCRUB)


def erase(*fields: str) -> dict[str, Treatment]:
    return dict.fromkeys(fields, Treatment.ERASE)
