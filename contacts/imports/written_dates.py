"""Days as people write them: two digits of a year, months by their names.

Apart from `values.read_date`, which knows only what cannot be read two ways: an electoral roll is read by
that one alone.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from django.utils import timezone

from contacts.folding import fold
from contacts.imports.values import FIRST_YEAR, read_date

YOUNGEST = 15  # a year of two digits that makes somebody younger may as well be a century earlier

_SHORT_YEAR = re.compile(r"([0-9]{1,2})([/.\-])([0-9]{1,2})\2([0-9]{2})(?:[ T].*)?")
_DAY_FIRST = re.compile(r"(?:[a-z]+ )?([0-9]{1,2})(?:er|st|nd|rd|th)? (?:of )?([a-z]+) ([0-9]{4})(?: .*)?")
_MONTH_FIRST = re.compile(r"(?:[a-z]+ )?([a-z]+) ([0-9]{1,2})(?:st|nd|rd|th)? ([0-9]{4})(?: .*)?")
# The number of a day in a spreadsheet, from 1927 on: below stand the years. After the point stand hours.
_SERIAL = re.compile(r"([1-6][0-9]{4})(?:[.,][0-9]+)?")
_SERIAL_ZERO = date(1899, 12, 30)
_MONTHS = (
    *("janvier janv january jan", "fevrier fevr fev february feb", "mars march mar", "avril avr april apr"),
    *("mai may", "juin june jun", "juillet juil july jul", "aout august aug", "septembre sept sep september"),
    *("octobre oct october", "novembre nov november", "decembre dec december"),
)
_MONTH_OF = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}


@lru_cache(maxsize=65_536)
def read_written_date(text: str, month_first: bool = False) -> date | None:
    """Read what `read_date` reads, 17/05/80, "17 mai 1980" and "Mar 3, 2023 4:05 PM"."""
    return read_date(text, month_first) or _with_month_name(fold(text)) or _short(text.strip(), month_first)


def read_serial_day(text: str) -> date | None:
    """Read the number by which a spreadsheet counts days, of a column that is known to hold days."""
    found = _SERIAL.fullmatch(text.strip())
    return _SERIAL_ZERO + timedelta(days=int(found[1])) if found else None


def read_birth_date(text: str, month_first: bool = False) -> date | None:
    """Read a day of birth; None too where two digits of a year may mean a child or somebody very old."""
    found = read_written_date(text, month_first)
    if found and _SHORT_YEAR.fullmatch(text.strip()) and timezone.localdate().year - found.year < YOUNGEST:
        return None
    return found


def _with_month_name(folded: str) -> date | None:
    if found := _DAY_FIRST.fullmatch(folded):
        day, month, year = found.groups()
    elif found := _MONTH_FIRST.fullmatch(folded):
        month, day, year = found.groups()
    else:
        return None
    return _day(int(year), _MONTH_OF.get(month, 0), int(day))


def _short(text: str, month_first: bool) -> date | None:
    found = _SHORT_YEAR.fullmatch(text)
    if found is None:
        return None
    first, second, end = int(found[1]), int(found[3]), int(found[4])
    month, day = (first, second) if month_first and first <= 12 else (second, first)
    year = 2000 + end
    return _day(year if year <= timezone.localdate().year else year - 100, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= FIRST_YEAR else None
    except ValueError:
        return None
