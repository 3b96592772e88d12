"""Writing the rows of a roll: new electors, what changed on those that were known, and who left."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction

from contacts.imports.chunks import Chunk, mark_done
from contacts.imports.progress import Progress
from contacts.imports.rolls.compare import EVERYTHING
from contacts.imports.rolls.prepare import SETTINGS
from contacts.imports.rolls.said import Said
from contacts.imports.staging import Staging
from contacts.services.projections import refresh_projections_from, refresh_reach

ROWS_A_CHUNK = 50_000


def write_chunk(
    staging: Staging, chunk: Chunk, *, import_id: int, source_id: int, said: Said, progress: Progress
) -> None:
    """Write one piece in a transaction of its own; an elector that somebody else wrote meanwhile is left."""
    try:
        _write(staging, chunk, import_id, source_id, said, progress, "")
    except IntegrityError:  # another import of the same roll, at the same time
        _write(staging, chunk, import_id, source_id, said, progress, "ON CONFLICT (identity) DO NOTHING")


def mark_departed(staging: Staging, *, import_id: int, on: date) -> None:
    """Note that the electors of `departed` left the roll on the day of their commune's list, or else on this
    one; doing it again changes nothing.
    """
    staging.ensure("list_days", "territory_id bigint, day date")  # long after a preview it may be missing
    values: dict[str, Any] = {"import": import_id, "on": on}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging.sql(_LEFT), values)
        refresh_projections_from(
            staging.sql(
                "SELECT contact_id FROM contacts_electoralregistration"
                " WHERE id IN (SELECT id FROM {departed}) AND contact_id IS NOT NULL"
            ),
            refresh=refresh_reach,
        )


def _write(
    staging: Staging,
    chunk: Chunk,
    import_id: int,
    source_id: int,
    said: Said,
    progress: Progress,
    otherwise: str,
) -> None:
    values = {"import": import_id, "source": source_id}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        if chunk.part == EVERYTHING:
            new = staging.sql(_NEW, rows_of=staging.sql(_ALL_ROWS), inside=chunk.inside("own"))
            cursor.execute(new + otherwise, values)
        else:
            cursor.execute("SET LOCAL enable_nestloop = on")  # few rows, each found by its place
            inside = chunk.inside("todo")
            new = staging.sql(_NEW, rows_of=staging.sql(_NEW_ROWS), inside=inside)
            cursor.execute(new + otherwise, values)
            cursor.execute(staging.sql(_CHANGED, inside=inside, **_columns(said)), values)
            refresh_reach([row[0] for row in cursor.fetchall()])
        mark_done(staging, chunk)
        progress.wrote(chunk.rows)


def _columns(said: Said) -> dict[str, str]:
    return {
        "given": said.named,
        "kept": said.of("kept"),
        "wanted": said.of("change"),
        "written": said.written("change"),
    }


_ALL_ROWS = "{rows} AS own"
_NEW_ROWS = "{todo} AS todo JOIN {rows} AS own ON own.ctid = todo.row AND todo.id IS NULL"
_NEW = """
INSERT INTO contacts_electoralregistration (
    identity, source_id, created_by_import_id, commune_id, polling_station_id, roll_kind, order_number,
    birth_name, used_name, first_names, gender, birth_date, birth_date_raw, birthplace_hash,
    street, complement, locality, postcode, city, country)
SELECT coalesce(special.identity, own.identity), %(source)s, %(import)s, place.territory_id, place.station_id,
       place.kind, own.order_number, own.birth_name, own.used_name, own.first_names, own.gender,
       own.birth_date, own.birth_date_raw, own.birthplace_hash,
       own.street, own.complement, own.locality, own.postcode, own.city, own.country
FROM {rows_of}
JOIN {places} AS place ON place.id = own.place
LEFT JOIN {special} AS special ON special.line = own.line
WHERE {inside} AND NOT coalesce(special.duplicate, false)
"""
# The earlier values are kept in ImportChange before they go, only those that differ. Gives the people whose
# elector changed: their post is read from the roll.
_CHANGED = """
WITH change AS MATERIALIZED (
    SELECT todo.id, {given}
    FROM {todo} AS todo
    JOIN {rows} AS own ON own.ctid = todo.row
    JOIN {places} AS place ON place.id = own.place
    JOIN contacts_electoralregistration AS kept ON kept.id = todo.id
    WHERE {inside} AND todo.id IS NOT NULL
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
_LEFT = """
WITH gone AS (
    UPDATE contacts_electoralregistration AS kept
    SET left_on = coalesce((SELECT max(list.day) FROM {list_days} AS list
                            WHERE list.territory_id = kept.commune_id), %(on)s)
    FROM {departed} AS departed WHERE kept.id = departed.id AND kept.left_on IS NULL
    RETURNING kept.id, kept.left_on
)
INSERT INTO contacts_importchange (import_run_id, "table", row_id, before, after)
SELECT %(import)s, 'registration', id, '{{"left_on": null}}', jsonb_build_object('left_on', left_on)
FROM gone
"""
