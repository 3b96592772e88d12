"""Polling stations, cantons and constituencies as rolls bring them.

A station lies in its commune, and in one canton and one constituency, which cut communes. A commune lies in a
canton or constituency only when all of its stations do: else nobody known by the commune alone is counted in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from django.db import connection, transaction

from contacts.imports.rolls.abroad import make_abroad
from contacts.imports.rolls.cantons import NAME_LIMIT, Canton, Cantons, seat_of
from contacts.imports.staging import Staging
from contacts.territories.grammar import place as place_forms

ROWS_A_STATEMENT = 5_000
LOCK = "contacts.imports.places"
Values = TypeVar("Values", bound=tuple[object, ...])


class _Row(NamedTuple):
    """A distinct place of the staging table, resolved."""

    territory_id: int
    department: str
    station_key: str
    station_code: str
    station_name: str
    constituency: str
    canton_code: str
    canton_name: str
    is_abroad: bool


class _Territory(NamedTuple):
    """A place to make; `is_named` says that the roll gives the name, which is not made up from a number."""

    kind: str
    code: str
    name: str
    parent_id: int
    is_named: bool


def make_places(staging: Staging) -> None:
    """Create or rename the territories of a roll, link them, and note each station's id in `places`.

    One transaction, one import at a time: two rolls of one department share cantons.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        make_abroad(cursor, staging)
        cursor.execute(staging.sql(_RESOLVED))
        rows = [_Row(*values) for values in cursor.fetchall()]
        cursor.execute("SELECT code, id, name FROM contacts_territory WHERE kind = 'department'")
        departments = {code: (department_id, name) for code, department_id, name in cursor.fetchall()}
        labelled = [row for row in rows if row.station_name.strip()]
        stations = {row.station_key: _station(row) for row in reversed([*labelled, *rows])}
        cantons = _cantons(rows, departments)
        seats = {row.station_key: _constituency(row, departments) for row in reversed(rows)}
        _upsert([*stations.values(), *cantons.values(), *seats.values()])
        _link_stations(
            [
                (key, found.kind, found.code)
                for links in (cantons, seats)
                for key, found in links.items()
                if found is not None
            ]
        )
        cursor.execute(staging.sql(_STATION_IDS))


def _station(row: _Row) -> _Territory:
    number = row.station_code.strip().lstrip("0") or row.station_code.strip()
    label = row.station_name.strip()
    if row.is_abroad:
        name = label or row.station_code.strip()
        return _Territory(
            "polling_station", row.station_key, name[:NAME_LIMIT], row.territory_id, bool(label)
        )
    name = f"Bureau {number} – {label}" if label else f"Bureau {number}"
    return _Territory("polling_station", row.station_key, name[:NAME_LIMIT], row.territory_id, bool(label))


def _cantons(rows: list[_Row], departments: dict[str, tuple[int, str]]) -> dict[str, _Territory]:
    """The canton of each station; those that there are get the number or the name that they lacked."""
    in_france = [row for row in rows if row.department in departments]
    ids = {departments[row.department][0]: row.department for row in in_france}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_CANTONS, [list(ids)])
        cantons = Cantons((pk, ids[parent], code, name) for pk, parent, code, name in cursor.fetchall())
        found: dict[str, Canton] = {}
        for row in sorted(in_france, key=lambda row: not row.canton_code.strip()):
            canton = cantons.canton(row.department, row.canton_code, row.canton_name)
            if canton is not None:
                found.setdefault(row.station_key, canton)
        changed = [(one.id, one.code, one.name) for one in cantons.changed()]
        if changed:
            cursor.execute(_NAME_CANTONS, [list(values) for values in zip(*changed, strict=True)])
    return {
        key: _Territory("canton", one.code, one.name, departments[one.department][0], one.has_name)
        for key, one in found.items()
    }


def _constituency(row: _Row, departments: dict[str, tuple[int, str]]) -> _Territory | None:
    number = seat_of(row.constituency, row.department)
    if row.department not in departments or not number:
        return None
    department_id, name = departments[row.department]
    ordinal = "1re" if number == "01" else f"{int(number)}e"
    of = place_forms(name, "department", row.department).of
    return _Territory(
        "constituency",
        f"{row.department}-{number}",
        f"{ordinal} circonscription {of}"[:NAME_LIMIT],
        department_id,
        False,
    )


def _upsert(found: Iterable[_Territory | None]) -> None:
    """Insert what is missing, rename stations of another name; every new place contains itself."""
    wanted = list(dict.fromkeys(one for one in found if one is not None))
    with connection.cursor() as cursor:
        for part in _parts(wanted):
            columns = [list(values) for values in zip(*part, strict=True)]
            cursor.execute(_INSERT, columns)
            cursor.execute(_RENAME, columns)
            cursor.execute(_ANCESTORS, [*columns[:2], *columns[:2]])


def _link_stations(links: list[tuple[str, str, str]]) -> None:
    """Put stations in their canton and constituency, and the communes that lie wholly in one."""
    with connection.cursor() as cursor:
        for part in _parts(links):
            columns = [list(values) for values in zip(*part, strict=True)]
            for statement in (_FORGET_LINKS, _LINK, _FORGET_COMMUNES, _LINK_COMMUNES):
                cursor.execute(statement, columns)


def _parts(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        yield rows[start : start + ROWS_A_STATEMENT]


_RESOLVED = """
SELECT territory_id, coalesce(department, ''), station_key, station_code, station_name, constituency,
       canton_code, canton_name, abroad_code IS NOT NULL
FROM {places} WHERE station_key IS NOT NULL ORDER BY id
"""
_KNOWN_CANTONS = """
SELECT id, parent_id, code, name FROM contacts_territory
WHERE kind = 'canton' AND parent_id = ANY(%s::bigint[]) ORDER BY id
"""
_NAME_CANTONS = """
UPDATE contacts_territory AS canton SET code = given.code, name = given.name
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS given (id, code, name) WHERE canton.id = given.id
"""
_STATION_IDS = """
UPDATE {places} AS place SET station_id = station.id
FROM contacts_territory AS station
WHERE station.kind = 'polling_station' AND station.code = place.station_key
  AND place.station_id IS DISTINCT FROM station.id
"""
_INSERT = """
INSERT INTO contacts_territory (kind, code, name, article, parent_id, postcodes)
SELECT DISTINCT ON (kind, code) kind, code, name, '', parent_id, ARRAY[]::varchar[]
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::boolean[])
    AS wanted (kind, code, name, parent_id, is_named)
ORDER BY kind, code, is_named DESC
ON CONFLICT (kind, code) DO NOTHING
"""
_RENAME = """
UPDATE contacts_territory AS station SET name = wanted.name
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::boolean[])
    AS wanted (kind, code, name, parent_id, is_named)
WHERE wanted.is_named AND wanted.kind = 'polling_station' AND station.kind = wanted.kind
  AND station.code = wanted.code AND station.name <> wanted.name
"""
_ANCESTORS = """
INSERT INTO contacts_territoryancestor (ancestor_id, descendant_id, depth)
SELECT link.ancestor_id, own.id, link.depth + 1
FROM contacts_territory AS own
JOIN unnest(%s::text[], %s::text[]) AS wanted (kind, code)
    ON wanted.kind = own.kind AND wanted.code = own.code
JOIN contacts_territoryancestor AS link ON link.descendant_id = own.parent_id
UNION
SELECT own.id, own.id, 0
FROM contacts_territory AS own
JOIN unnest(%s::text[], %s::text[]) AS wanted (kind, code)
    ON wanted.kind = own.kind AND wanted.code = own.code
ON CONFLICT DO NOTHING
"""
_WANTED = """
WITH wanted AS (
    SELECT station.id AS station_id, station.parent_id AS commune_id, given.kind, above.id AS above_id
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS given (station, kind, code)
    JOIN contacts_territory AS station ON station.kind = 'polling_station' AND station.code = given.station
    JOIN contacts_territory AS above ON above.kind = given.kind AND above.code = given.code
)
"""
_FORGET_LINKS = f"""{_WANTED}
DELETE FROM contacts_territoryancestor AS link USING wanted, contacts_territory AS above
WHERE link.descendant_id = wanted.station_id AND above.id = link.ancestor_id AND above.kind = wanted.kind
  AND link.ancestor_id <> wanted.above_id
"""
_LINK = f"""{_WANTED}
INSERT INTO contacts_territoryancestor (ancestor_id, descendant_id, depth)
SELECT DISTINCT above_id, station_id, 1 FROM wanted
ON CONFLICT DO NOTHING
"""
# Where the stations of a commune lie: `whole` when each of them lies in the same one.
_COMMUNES = f"""{_WANTED}, lying AS (
    SELECT touched.commune_id, touched.kind, min(above.id) AS above_id,
           count(DISTINCT above.id) = 1 AND count(above.id) = count(*) AS whole
    FROM (SELECT DISTINCT commune_id, kind FROM wanted) AS touched
    JOIN contacts_territory AS station
        ON station.parent_id = touched.commune_id AND station.kind = 'polling_station'
    LEFT JOIN contacts_territoryancestor AS link
        ON link.descendant_id = station.id
       AND EXISTS (SELECT FROM contacts_territory AS one
                   WHERE one.id = link.ancestor_id AND one.kind = touched.kind)
    LEFT JOIN contacts_territory AS above ON above.id = link.ancestor_id
    GROUP BY touched.commune_id, touched.kind
)
"""
_FORGET_COMMUNES = f"""{_COMMUNES}
DELETE FROM contacts_territoryancestor AS link USING lying, contacts_territory AS above
WHERE link.descendant_id = lying.commune_id AND above.id = link.ancestor_id AND above.kind = lying.kind
  AND NOT (lying.whole AND link.ancestor_id = lying.above_id)
"""
_LINK_COMMUNES = f"""{_COMMUNES}
INSERT INTO contacts_territoryancestor (ancestor_id, descendant_id, depth)
SELECT above_id, commune_id, 1 FROM lying WHERE whole
ON CONFLICT DO NOTHING
"""
