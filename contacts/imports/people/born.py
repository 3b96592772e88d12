"""When somebody was born, as a row says it: a day, or the year alone where nobody knows the day.

"00/00/1953", "1961" and "vers 1961" are years. A year is kept apart from days, so that nothing takes it for
the first of January. "--05-17", as Google writes a day without its year, says nothing. What a date that is
none says besides its year ("31/02/1953", "05/1953") is told back.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from django.utils import timezone

from contacts.folding import fold
from contacts.imports.reasons import reason
from contacts.imports.values import FIRST_YEAR, read_date
from contacts.imports.written_dates import read_birth_date, read_serial_day

_YEAR_ALONE = re.compile(
    r"(?:00?[/.\- ]){2}([0-9]{4})|([0-9]{4})(?:[/.\-]?00){0,2}"
    r"|(?:vers|environ|env\.?|circa|ca?\.) ?([0-9]{4})"
)
_NO_YEAR = re.compile(
    r"--[0-9]{2}-?[0-9]{2}|0000[/.\-][0-9]{2}[/.\-][0-9]{2}|[0-9]{2}[/.\-][0-9]{2}[/.\-]0000"
)
_YEAR_OF_A_DAY = re.compile(
    r"(?:[0-9]{1,2}[/.\- ]){1,2}([0-9]{4})|([0-9]{4})(?:[/.\-][0-9]{1,2}){1,2}|([0-9]{4})[0-9]{4}"
)


class Born(NamedTuple):
    """A day, or a year where the day is not known, or neither."""

    day: date | None = None
    year: int | None = None


NOBODY_SAYS = Born()


def read_born(text: str, parts: tuple[str, str, str], wrong: list[str], *, month_first: bool = False) -> Born:
    """Read a cell, else the year, month and day of three columns (Thunderbird's).

    What cannot be kept is added to `wrong`; zeros alone are Outlook's empty cell.
    """
    if found := read_birth_date(text, month_first) or read_serial_day(text):
        return Born(found)
    year, month, day = parts
    if year and month and day and (found := read_date(f"{day}/{month}/{year}")):
        return Born(found)
    written = text if fold(text).replace("0", "").strip() else "/".join(filter(None, (day, month, year)))
    if not fold(written).replace("0", "").strip() or _NO_YEAR.fullmatch(written):
        return NOBODY_SAYS
    if alone := _year(_YEAR_ALONE, written):
        return Born(year=alone)
    of_a_day = _year(_YEAR_OF_A_DAY, written)
    if text or year:
        wrong.append(reason("year_only" if of_a_day else "extra_date", written))
    return Born(year=of_a_day)


def reads_as_year(text: str) -> bool:
    """True for the year of a birth whose day nobody knows."""
    return _year(_YEAR_ALONE, text) is not None


def _year(shape: re.Pattern[str], text: str) -> int | None:
    found = shape.fullmatch(text.strip().lower())
    if found is None:
        return None
    year = int(next(filter(None, found.groups())))
    return year if FIRST_YEAR <= year <= timezone.localdate().year else None
