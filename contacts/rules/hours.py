"""Hours of text messages and calls: by day, Monday to Saturday, on no public holiday, where the person lives.

`is_open` says it in Python; the check at hand-over says it in SQL, by the clock of the database and by what
`contacts.models.AreaTime` keeps of each place. A test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.utils.translation import gettext_noop

from contacts.registry import HandOverCheck
from contacts.rules import rulebook
from contacts.rules.silence import AREA, MAINLAND
from contacts.territories.zones import OVERSEAS, names_of_overseas, zones_abroad

RULE = "hours"
OPENS = time(8)
SUNDAY = 6
YEARS_AHEAD = 3  # of public holidays that are written down, anew each day
_ALSACE_MOSELLE = ("57", "67", "68")
_OWN_HOLIDAYS = {  # departments with holidays of their own, and how the library names them
    **dict.fromkeys(_ALSACE_MOSELLE, "57"),
    **{code: code for code in ("971", "972", "973", "974", "976")},
    **{"975": "PM", "977": "BL", "978": "MF", "986": "WF", "987": "PF", "988": "NC"},
}


def zones_of(area: str) -> tuple[str, ...]:
    """Time zones of an area: an overseas code, a folded name of a country, else mainland France."""
    return _zones().get(area, (MAINLAND,))


def is_open(moment: datetime, area: str, *, latest: int) -> bool:
    """Whether a text message or call may leave at an aware moment; `latest`: the hour at which it ends.

    A country with several zones is open while all of them are: where in it a person lives is not known.
    """
    closed = public_holidays(area, moment.year)
    for zone in zones_of(area):
        there = moment.astimezone(ZoneInfo(zone))
        if there.weekday() == SUNDAY or there.date() in closed or not OPENS <= there.time() < time(latest):
            return False
    return True


def public_holidays(area: str, year: int) -> frozenset[date]:
    """Days on which nobody is called: those of France and of the department; none for countries abroad."""
    if area in _zones() and area not in _codes():
        return frozenset()
    code = _codes().get(area, area)
    return _holidays(_OWN_HOLIDAYS.get(code, ""), year)


@lru_cache(maxsize=256)
def _holidays(subdivision: str, year: int) -> frozenset[date]:
    # The turn of the year: a moment in Paris may be in another year elsewhere.
    years = [year - 1, year, year + 1]
    return frozenset(holidays.country_holidays("FR", subdiv=subdivision or None, years=years))


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Overseas: the ways to write each place, and its code."""
    return {name: code for code in OVERSEAS for name in (code, *names_of_overseas(code))}


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    """Areas with another time than mainland France."""
    found: dict[str, tuple[str, ...]] = {name: (OVERSEAS[code],) for name, code in _codes().items()}
    for names, zones in zones_abroad().items():
        found.update(dict.fromkeys(names, tuple(sorted(zones))))
    return found


def areas() -> Iterator[tuple[str, tuple[str, ...], list[date]]]:
    """(area, its zones, its public holidays of the years to come): mainland France as "", what differs."""
    first = date.today().year  # noqa: DTZ011 - a year more or less is kept
    for area in ["", *_ALSACE_MOSELLE, *_zones()]:
        days = {day for year in range(first, first + YEARS_AHEAD) for day in public_holidays(area, year)}
        yield area, zones_of(area), sorted(days)


# A place that is not written down has the hours of mainland France; without those it is no hour anywhere.
_THERE = """(SELECT {area} AS area) here
    JOIN contacts_areatime p ON p.area = coalesce(
        (SELECT k.area FROM contacts_areatime k WHERE k.area = here.area), '')
    CROSS JOIN LATERAL unnest(p.zones) AS there (zone)"""


def closed_sql(row: str, *, latest: str, now: str = "now()") -> str:
    """SQL, true when it is no hour for a text message or call where the person of a delivery `row` lives."""
    local = f"({now} AT TIME ZONE there.zone)"
    return f"""(SELECT coalesce(bool_or(extract(isodow FROM {local}) = 7 OR {local}::date = ANY (p.holidays)
        OR {local}::time < '{OPENS}' OR {local}::time >= make_time(({latest})::int, 0, 0)), true)
        FROM {_THERE.format(area=AREA.format(row=row))})"""  # noqa: S608 - our own text


def opens_sql(row: str, *, now: str = "now()") -> str:
    """SQL: the next moment at which the hours begin there, in the zone that opens last."""
    local = f"({now} AT TIME ZONE there.zone)"
    begins = f"((day.day + time '{OPENS}') AT TIME ZONE there.zone)"
    return f"""(SELECT max((
        SELECT min({begins})
        FROM generate_series(date_trunc('day', {local}), {local} + interval '14 days', '1 day') AS day (day)
        WHERE {begins} > {now} AND extract(isodow FROM day.day) <> 7 AND day.day::date <> ALL (p.holidays)))
        FROM {_THERE.format(area=AREA.format(row=row))})"""  # noqa: S608 - our own text


WAITS = gettext_noop("Waits for the hours of text messages and calls")

HAND_OVER = HandOverCheck(
    37,
    "queued",
    "c.kind = 'political' AND c.channel IN ('sms', 'call') AND "
    + closed_sql("d", latest=rulebook.figure_sql(RULE)),
    WAITS,
    until="SELECT " + opens_sql("v"),
    rule=RULE,
)
"""No text message and no call of propaganda outside the hours: it waits, and `send_until` may end it."""
