"""Writing the rows of a roll: new electors, and what changed on those that were known."""

from __future__ import annotations

from django.db import IntegrityError, connection, transaction

from contacts.imports.chunks import Chunk, mark_done
from contacts.imports.progress import Progress
from contacts.imports.rolls.compare import COMPARED
from contacts.imports.rolls.prepare import SETTINGS
from contacts.imports.staging import Staging
from contacts.services.projections import refresh_reach

ROWS_A_CHUNK = 50_000


def write_chunk(
    staging: Staging, chunk: Chunk, *, import_id: int, source_id: int, progress: Progress
) -> None:
    """Write one piece in a transaction of its own; an elector that somebody else wrote meanwhile is left."""
    try:
        _write(staging, chunk, import_id, source_id, progress, _NEW)
    except IntegrityError:  # another import of the same roll, at the same time
        _write(staging, chunk, import_id, source_id, progress, f"{_NEW} ON CONFLICT (identity) DO NOTHING")


def _write(
    staging: Staging, chunk: Chunk, import_id: int, source_id: int, progress: Progress, new: str
) -> None:
    inside = chunk.inside("own")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        cursor.execute(staging.sql(_LINES, inside=inside))
        first, last = cursor.fetchone()
        values = {"import": import_id, "source": source_id, "first": first, "last": last}
        cursor.execute(staging.sql(new, inside=inside), values)
        cursor.execute(
            staging.sql(
                _CHANGED,
                inside=inside,
                given=", ".join(f"{sql} AS {column}" for column, sql in COMPARED.items()),
                kept=", ".join(f"kept.{column}" for column in COMPARED),
                wanted=", ".join(f"change.{column}" for column in COMPARED),
                written=", ".join(f"{column} = change.{column}" for column in COMPARED),
            ),
            values,
        )
        refresh_reach([row[0] for row in cursor.fetchall()])
        mark_done(staging, chunk)
        progress.wrote(chunk.rows)


# A piece has lines of one stretch of the file, more or less: of a million known rows those between its first
# and its last are all that need be looked at.
_LINES = "SELECT min(line), max(line) FROM {rows} AS own WHERE {inside}"
_NEW = """
INSERT INTO contacts_electoralregistration (
    identity, source_id, created_by_import_id, commune_id, polling_station_id, roll_kind, order_number,
    birth_name, used_name, first_names, gender, birth_date, birth_date_raw, birthplace_hash,
    street, complement, locality, postcode, city, country)
SELECT coalesce(special.identity, own.identity), %(source)s, %(import)s, place.territory_id, place.station_id,
       place.kind, own.order_number, own.birth_name, own.used_name, own.first_names, own.gender,
       own.birth_date, own.birth_date_raw, own.birthplace_hash,
       own.street, own.complement, own.locality, own.postcode, own.city, own.country
FROM {rows} AS own
JOIN {places} AS place ON place.id = own.place
LEFT JOIN {special} AS special ON special.line = own.line
WHERE {inside} AND NOT coalesce(special.duplicate, false)
  AND NOT EXISTS (SELECT FROM {known} AS known
                  WHERE known.line BETWEEN %(first)s AND %(last)s AND known.line = own.line)
"""
# The earlier values are kept in ImportChange before they go, only those that differ. Gives the people whose
# elector changed: their post is read from the roll.
_CHANGED = """
WITH change AS MATERIALIZED (
    SELECT known.id, {given}
    FROM {rows} AS own
    JOIN {known} AS known
      ON known.line BETWEEN %(first)s AND %(last)s AND known.line = own.line AND known.changed
    JOIN {places} AS place ON place.id = own.place
    WHERE {inside}
), differing AS (
    SELECT kept.id, was.key, was.value AS before, will.value AS after
    FROM change
    JOIN contacts_electoralregistration AS kept ON kept.id = change.id
    CROSS JOIN LATERAL jsonb_each(to_jsonb(change) - 'id') AS will
    JOIN LATERAL jsonb_each(to_jsonb(kept)) AS was ON was.key = will.key
    WHERE was.value IS DISTINCT FROM will.value
), remembered AS (
    INSERT INTO contacts_importchange (import_run_id, "table", row_id, before, after)
    SELECT %(import)s, 'registration', id, jsonb_object_agg(key, before), jsonb_object_agg(key, after)
    FROM differing GROUP BY id
), rewritten AS (
    UPDATE contacts_electoralregistration AS kept SET {written}
    FROM change WHERE kept.id = change.id AND ROW({kept}) IS DISTINCT FROM ROW({wanted})
    RETURNING kept.contact_id
)
SELECT DISTINCT contact_id FROM rewritten WHERE contact_id IS NOT NULL ORDER BY contact_id
"""
