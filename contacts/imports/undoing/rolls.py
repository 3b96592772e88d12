"""What a roll changed on electors and a later one says too is that one's, before an undo gives values back.

A later roll writes nothing where an elector is as it says: that it says so follows from what it covered and
from its columns. It says the same as the undone one where it was the next to be compared with the elector,
has that column, and wrote no other value; of somebody who left, where it is a whole roll that lacks them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from contacts.imports.rolls.engine import said_by
from contacts.imports.sketch import Layout
from contacts.models import Import


@dataclass(frozen=True)
class LaterRoll:
    """A roll that stands, the columns that it gives, and whether whoever is not in it has left."""

    import_id: int
    columns: list[str]
    is_whole: bool


def later_rolls(import_id: int) -> list[LaterRoll]:
    """Rolls of the same communes that were compared after this one, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(_LATER, {"import": import_id})
        found = [row[0] for row in cursor.fetchall()]
    runs = Import.objects.in_bulk(found)
    return [_later(runs[pk]) for pk in found]


def _later(run: Import) -> LaterRoll:
    said = said_by(Layout.from_json(run.layout), run.mapping.values())
    columns = [name for name in said.columns if not said.is_lacking(name)]
    return LaterRoll(run.pk, columns, bool(run.options.get("whole_roll")))


def hand_over_values(import_id: int, ids: list[int], later: Sequence[LaterRoll]) -> None:
    """What these electors got from the roll and a later one says too is that one's, with what was before."""
    with connection.cursor() as cursor:
        for number, heir in enumerate(later, start=1):
            cursor.execute(
                _HAND_OVER,
                {
                    "import": import_id,
                    "ids": ids,
                    "heir": heir.import_id,
                    "columns": heir.columns,
                    "whole": heir.is_whole,
                    "until": [one.import_id for one in later[:number]],
                },
            )


_LATER = """
SELECT other.import_run_id
FROM contacts_rollcoverage AS other
JOIN contacts_import AS run
    ON run.id = other.import_run_id AND run.state IN ('running', 'done', 'failed', 'cancelled')
WHERE other.import_run_id <> %(import)s
  AND other.commune_id IN (SELECT commune_id FROM contacts_rollcoverage WHERE import_run_id = %(import)s)
GROUP BY other.import_run_id
HAVING min(other.went_on_at) > (
    SELECT max(went_on_at) FROM contacts_rollcoverage WHERE import_run_id = %(import)s)
ORDER BY min(other.went_on_at)
"""
_HAND_OVER = """
WITH said AS MATERIALIZED (
    SELECT change.id, change.row_id, change.as_of, field.key,
           change.before -> field.key AS before, change.after -> field.key AS after
    FROM contacts_importchange AS change
    JOIN contacts_electoralregistration AS own ON own.id = change.row_id
    CROSS JOIN LATERAL jsonb_object_keys(change.before) AS field (key)
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS is_theirs, coalesce(bool_or(own.id = ANY(other.absent)), false) AS is_missing
        FROM contacts_rollcoverage AS other
        WHERE other.import_run_id = %(heir)s AND other.commune_id = own.commune_id
          AND other.roll_kind = own.roll_kind
          AND (other.polling_station_id IS NOT DISTINCT FROM own.polling_station_id
               OR other.polling_station_id = (change.after ->> 'polling_station_id')::bigint)
    ) AS covered
    WHERE change.import_run_id = %(import)s AND change."table" = 'registration'
      AND change.row_id = ANY(%(ids)s) AND field.key = ANY(%(columns)s) AND covered.is_theirs
      AND CASE WHEN field.key = 'left_on' AND change.after -> 'left_on' <> 'null'
               THEN covered.is_missing AND %(whole)s ELSE NOT covered.is_missing END
      AND NOT EXISTS (
          SELECT FROM contacts_importchange AS later
          WHERE later."table" = 'registration' AND later.row_id = change.row_id AND later.id > change.id
            AND later.import_run_id = ANY(%(until)s) AND later.after ? field.key)
),
moving AS (
    SELECT change.id, array_agg(said.key) AS keys,
           count(*) = (SELECT count(*) FROM jsonb_object_keys(change.before)) AS is_all
    FROM said JOIN contacts_importchange AS change USING (id) GROUP BY change.id
),
given AS (
    INSERT INTO contacts_importchange (import_run_id, "table", row_id, before, after, as_of)
    SELECT %(heir)s, 'registration', said.row_id, jsonb_object_agg(said.key, said.before),
           jsonb_object_agg(said.key, said.after), said.as_of
    FROM said JOIN moving USING (id) WHERE NOT moving.is_all GROUP BY said.id, said.row_id, said.as_of
)
UPDATE contacts_importchange AS change
SET import_run_id = CASE WHEN moving.is_all THEN %(heir)s ELSE change.import_run_id END,
    before = CASE WHEN moving.is_all THEN change.before ELSE change.before - moving.keys END,
    after = CASE WHEN moving.is_all THEN change.after ELSE change.after - moving.keys END
FROM moving WHERE change.id = moving.id
"""
