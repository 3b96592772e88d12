"""The silence before and during a vote (Code électoral, art. L49): when it holds, and for whom.

It begins on the eve at midnight and ends when the polls close, in the time of the place where the person
lives. Nothing here asks who is pressing the button: inside a window nothing political leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from contacts.enums import Suffrage
from contacts.registry import HandOverCheck
from contacts.territories.zones import OVERSEAS, names_of_overseas, zones_abroad

MAINLAND = "Europe/Paris"

# Décrets of convocation: for these votes the Americas and French Polynesia, and French citizens in the
# Americas, vote on the Saturday.
EARLY_VOTES = frozenset({Suffrage.PRESIDENTIAL, Suffrage.LEGISLATIVE, Suffrage.EUROPEAN, Suffrage.REFERENDUM})
EARLY_DEPARTMENTS = frozenset({"971", "972", "973", "975", "977", "978", "987"})

MARGIN = timedelta(minutes=10)
"""Nothing is handed over so shortly before: what a provider takes at 23:59 arrives after midnight."""


@dataclass(frozen=True)
class Window:
    """From when to when a round mutes some areas; no `areas`: everybody who is in no other window."""

    areas: tuple[str, ...]
    begins_at: datetime
    ends_at: datetime


def windows_of(day: date, closes_at: time, suffrage: str) -> list[Window]:
    """The windows of one round: mainland France first, then each place with another time.

    `day` and `closes_at` are mainland's. A country abroad with several time zones is muted while any of
    them is: where in it a person lives is not known.
    """
    early = suffrage in EARLY_VOTES
    mainland = _window((), [MAINLAND], day, closes_at)
    found: dict[tuple[datetime, datetime], list[str]] = {}
    for areas, zones, votes_early in _elsewhere():
        voting_day = day - timedelta(days=1) if early and votes_early else day
        window = _window(areas, zones, voting_day, closes_at)
        found.setdefault((window.begins_at, window.ends_at), []).extend(areas)
    others = [Window(tuple(sorted(areas)), begin, end) for (begin, end), areas in found.items()]
    return [mainland, *sorted(others, key=lambda window: (window.begins_at, window.ends_at))]


def _elsewhere() -> Iterator[tuple[tuple[str, ...], Iterable[str], bool]]:
    """(areas, their zones, whether they vote a day early where the vote is such)."""
    for code, zone in OVERSEAS.items():
        yield (code, *names_of_overseas(code)), [zone], code in EARLY_DEPARTMENTS
    for names, zones in zones_abroad().items():
        yield names, zones, any(zone.startswith("America/") for zone in zones)


def _window(areas: tuple[str, ...], zones: Iterable[str], day: date, closes_at: time) -> Window:
    eve = datetime.combine(day - timedelta(days=1), time())
    close = datetime.combine(day, closes_at)
    begins = min(eve.replace(tzinfo=ZoneInfo(zone)) for zone in zones)
    ends = max(close.replace(tzinfo=ZoneInfo(zone)) for zone in zones)
    return Window(areas, begins, ends)


# Where the person of a delivery lives: an overseas department, a country abroad, else mainland France.
AREA = """coalesce(nullif({row}.department, ''), (
    SELECT fold(a.country) FROM contacts_postaladdress a
    WHERE a.contact_id = {row}.contact_id AND a.country <> ''
    ORDER BY a.is_primary DESC, a.id LIMIT 1), '')"""

# The windows that mute that person now. A round of part of the country mutes whoever lives there, or in a
# commune that lies partly in it, or votes there; a person whose place is not known only where all vote.
_WINDOWS = """FROM contacts_silencewindow w, (SELECT {area} AS area) here
    WHERE w.begins_at - interval '{margin} seconds' <= {now} AND w.ends_at > {now}
        AND (here.area = ANY (w.areas) OR w.areas = '{{}}' AND NOT EXISTS (
            SELECT FROM contacts_silencewindow o WHERE o.round_id = w.round_id AND here.area = ANY (o.areas)))
        AND (w.territory_id IS NULL OR EXISTS (
            SELECT FROM contacts_territoryancestor inside
            JOIN contacts_territoryancestor home ON home.descendant_id = inside.descendant_id
            WHERE inside.ancestor_id = w.territory_id AND home.ancestor_id IN (
                SELECT p.commune_id FROM contacts_contact p WHERE p.id = {row}.contact_id
                UNION ALL SELECT v.polling_station_id FROM contacts_electoralregistration v
                WHERE v.contact_id = {row}.contact_id)))"""


def windows_sql(row: str, *, now: str = "now()") -> str:
    """SQL "FROM … w WHERE …": the windows that mute the person of a delivery, named `row`, at `now`."""
    margin = int(MARGIN.total_seconds())
    return _WINDOWS.format(row=row, area=AREA.format(row=row), margin=margin, now=now)


# Nearly always nobody is muted: seen once a batch, and no person is looked at.
SOMEWHERE = f"""EXISTS (SELECT FROM contacts_silencewindow z
    WHERE z.begins_at - interval '{int(MARGIN.total_seconds())} seconds' <= now() AND z.ends_at > now())"""

# A test of a political mailing takes the lane of service messages, and is as political as the mailing. What
# somebody of the team writes by hand was approved by nobody before: it waits as well.
POLITICAL = """(c.kind = 'political' OR c.standing_for ^@ 'personal:'
    OR c.standing_for ^@ 'test:' AND split_part(c.standing_for, ':', 4) = 'political')"""

WAITS = gettext_noop("Waits for the polls to close")

HAND_OVER = HandOverCheck(
    35,
    "queued",
    f"{POLITICAL} AND {SOMEWHERE} AND (SELECT true {windows_sql('d')} LIMIT 1)",
    WAITS,
    until=f"SELECT max(w.ends_at) {windows_sql('v')}",
    rule="silence",
)
"""Nothing political is handed over to somebody who is muted; it waits, and `send_until` may end it first."""
