"""Places of recipients, in the words a sentence needs: read once, kept in the worker's memory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from contacts.territories.grammar import PlaceForms, place

CACHED = 8_192
"""Communes kept; about one kilobyte each."""

KEPT_SECONDS = 300.0
"""A commune that is renamed or merged, or a corrected limit, is in the messages of every worker by then."""

_READ = """
SELECT a.descendant_id, t.kind, t.name, t.code, t.article
FROM contacts_territoryancestor a JOIN contacts_territory t ON t.id = a.ancestor_id
WHERE a.descendant_id = ANY(%s)
    AND t.kind IN ('region', 'department', 'commune', 'municipal_arrondissement', 'constituency',
                   'polling_station')
ORDER BY a.descendant_id, a.depth
"""


class Territory(NamedTuple):
    kind: str
    name: str
    code: str
    article: str

    def forms(self, language: str) -> PlaceForms:
        return place(self.name, self.kind, self.code, article=self.article, language=language)


class Surroundings(NamedTuple):
    """A place and what contains it. `constituency` only where the place lies wholly in one."""

    commune: Territory | None = None
    department: Territory | None = None
    region: Territory | None = None
    constituency: Territory | None = None
    polling_station: Territory | None = None


NOWHERE = Surroundings()
_known: dict[int, Surroundings] = {}
_read_at = 0.0  # monotonic seconds: when the oldest of them was read


def surroundings_of(territory_ids: Iterable[int | None]) -> dict[int, Surroundings]:
    """What contains each of these communes or polling stations; one query for those not met before."""
    global _read_at
    wanted = {number for number in territory_ids if number is not None}
    if time.monotonic() - _read_at > KEPT_SECONDS:
        _known.clear()
    if not _known:
        _read_at = time.monotonic()
    missing = wanted - _known.keys()
    if missing:
        if len(_known) + len(missing) > CACHED:
            _known.clear()
            missing = wanted
        _known.update(_read(missing))
    return {number: _known[number] for number in wanted}


def _read(territory_ids: set[int]) -> dict[int, Surroundings]:
    around: dict[int, list[Territory]] = {number: [] for number in territory_ids}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [list(territory_ids)])
        for descendant, *values in cursor.fetchall():
            around[descendant].append(Territory(*values))
    return {number: _sorted(found) for number, found in around.items()}


def _sorted(found: list[Territory]) -> Surroundings:
    """`found`: nearest first, so that Lyon's arrondissement comes before Lyon."""

    def nearest(*kinds: str) -> Territory | None:
        return next((territory for territory in found if territory.kind in kinds), None)

    constituencies = [territory for territory in found if territory.kind == "constituency"]
    return Surroundings(
        commune=nearest("municipal_arrondissement", "commune"),
        department=nearest("department"),
        region=nearest("region"),
        constituency=constituencies[0] if len(constituencies) == 1 else None,
        polling_station=nearest("polling_station"),
    )
