"""What the name of a file says and its columns may not: of a roll where and when, of an audience its state.

Seen: "ListesElecteursActifs-com60057-LP-13-02-2026-08h44.csv", "ListesArrêtées-com92002-15-06-2024.csv",
"Listes arrêtées Nord 140524.zip".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_COMMUNE = re.compile(r"com([0-9][0-9AB][0-9]{3})", re.IGNORECASE)
_KIND = re.compile(r"(?:^|[^a-z])(LP|LCM|LCE)(?:[^a-z]|$)", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(?<![0-9])(20[0-9]{2})[-_.]?([01][0-9])[-_.]?([0-3][0-9])(?![0-9])")
# Mailchimp has a file for each state, which only its name says: "cleaned_members_export_ab12.csv".
_STATE = re.compile(
    r"(?:.*/)?(subscribed|unsubscribed|nonsubscribed|cleaned)_.*export.*", re.IGNORECASE | re.DOTALL
)
_DAY = re.compile(r"(?<![0-9])([0-3][0-9])[-_.]?([01][0-9])[-_.]?((?:20)?[0-9]{2})(?![0-9])")


@dataclass(frozen=True)
class NamedRoll:
    """INSEE code of the commune, "LP", "LCM" or "LCE", and the day of the list; empty when not said."""

    commune_code: str
    kind: str
    day: date | None


def named_roll(file_name: str) -> NamedRoll:
    """Read the name of a file, with its folders if it has some."""
    commune = _COMMUNE.search(file_name)
    kind = next(reversed(list(_KIND.finditer(file_name))), None)  # a sheet stands after its workbook
    return NamedRoll(
        commune_code=commune[1].upper() if commune else "",
        kind=kind[1].upper() if kind else "",
        day=_first_day(file_name),
    )


def named_state(file_name: str) -> str:
    """The state of everybody in a file of Mailchimp's, by its name; empty when it is not said."""
    found = _STATE.fullmatch(file_name)
    return found[1].lower() if found else ""


def _first_day(file_name: str) -> date | None:
    """The first day of the name. Of "20260301" the year is first: the 20th of a month 26 does not exist."""
    for found in _YEAR_FIRST.finditer(file_name):
        year, month, day = found.groups()
        if (read := _day(day, month, year)) is not None:
            return read
    return next((day for found in _DAY.finditer(file_name) if (day := _day(*found.groups()))), None)


def _day(day: str, month: str, year: str) -> date | None:
    try:
        return date(2000 + int(year[-2:]), int(month), int(day))
    except ValueError:
        return None
