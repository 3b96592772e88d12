"""What a roll would change: which of its rows are known already, and in what they differ."""

from __future__ import annotations

from functools import partial

from django.db import connection, transaction

from contacts.imports.lanes import in_lanes, lanes_here
from contacts.imports.rolls.prepare import SETTINGS
from contacts.imports.staging import Staging

# Columns of ElectoralRegistration that a newer roll may change, with the SQL of the value it gives.
COMPARED: dict[str, str] = {
    "source_id": "%(source)s::bigint",
    "polling_station_id": "place.station_id",
    "order_number": "own.order_number",
    "used_name": "own.used_name",
    "birth_name": "own.birth_name",
    "first_names": "own.first_names",
    "gender": "own.gender",
    "street": "own.street",
    "complement": "own.complement",
    "locality": "own.locality",
    "postcode": "own.postcode",
    "city": "own.city",
    "country": "own.country",
}


def compare(staging: Staging, *, source_id: int) -> None:
    """Fill `known`: the rows whose elector is in the base, and whether anything would change."""
    staging.create("known", "line integer, id bigint, changed boolean")
    in_lanes(
        partial(_compare_communes, staging, source_id=source_id),
        [share for share in _shares(staging) if share],
    )
    with connection.cursor() as cursor:
        cursor.execute(staging.sql("ALTER TABLE {known} ADD PRIMARY KEY (line)"))
    staging.analyze("known")


def _shares(staging: Staging) -> list[list[int]]:
    """The communes of the roll whose electors are in the base, dealt out among the lanes."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_FIND_STATIONS))
        cursor.execute(staging.sql(_KNOWN_COMMUNES))
        communes = [commune for (commune,) in cursor.fetchall()]
    lanes = lanes_here()
    return [communes[lane::lanes] for lane in range(lanes)]


def _compare_communes(staging: Staging, communes: list[int], *, source_id: int) -> None:
    given = ", ".join(COMPARED.values())
    kept = ", ".join(f"kept.{column}" for column in COMPARED)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(
            staging.sql(_KNOWN, given=given, kept=kept),
            {"communes": communes, "source": source_id},
        )


def counts(staging: Staging, *, rows: int) -> dict[str, int]:
    """Return the counts of the preview, in rows of the file, and the places of the roll."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_COUNTS))
        names = [column.name for column in cursor.description]
        found: dict[str, int] = dict(zip(names, cursor.fetchone(), strict=True))
    found["rows"] = rows
    found["new"] = found.pop("taken") - found["duplicate"] - found["updated"] - found["unchanged"]
    return found


# Stations that exist; those that do not come with the import, and their rows count as changed until then.
_FIND_STATIONS = """
UPDATE {places} AS place SET station_id = station.id
FROM contacts_territory AS station
WHERE station.kind = 'polling_station' AND station.code = place.station_key
"""
_KNOWN_COMMUNES = """
SELECT territory_id FROM (SELECT DISTINCT territory_id FROM {places} WHERE territory_id IS NOT NULL) AS place
WHERE EXISTS (SELECT FROM contacts_electoralregistration WHERE commune_id = territory_id)
ORDER BY territory_id
"""
# Reads the electors of these communes only, whatever else the base holds.
_KNOWN = """
INSERT INTO {known} (line, id, changed)
SELECT own.line, kept.id, ROW({given}) IS DISTINCT FROM ROW({kept})
FROM {rows} AS own
JOIN {places} AS place ON place.id = own.place AND place.territory_id = ANY(%(communes)s)
LEFT JOIN {special} AS special ON special.line = own.line
JOIN contacts_electoralregistration AS kept
  ON kept.commune_id = ANY(%(communes)s) AND kept.identity = coalesce(special.identity, own.identity)
WHERE NOT coalesce(special.duplicate, false)
"""
_COUNTS = """
SELECT (SELECT count(*) FROM {rows}) AS taken,
       (SELECT count(*) FROM {rejects}) AS rejected,
       (SELECT count(*) FROM {special} WHERE duplicate) AS duplicate,
       (SELECT count(*) FROM {known} WHERE changed) AS updated,
       (SELECT count(*) FROM {known} WHERE NOT changed) AS unchanged,
       (SELECT count(DISTINCT territory_id) FROM {places}) AS communes,
       (SELECT count(DISTINCT station_key) FROM {places}) AS stations,
       (SELECT count(DISTINCT station_key) FROM {places} WHERE station_id IS NULL) AS new_stations
"""
