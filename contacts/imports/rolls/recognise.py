"""Electors whom two rolls know by other columns: one of them has no place of birth.

Who arrived and who is missing are one where the name and the whole day of birth are the same, on one list of
one commune, the place of birth is told by one roll at most, and nobody else fits either of them. Names and a
place without a day are not enough: a father and his son have them too. Such rolls are refused, as before.

The elector keeps the identity they came with; the next roll finds them the same way.
"""

from __future__ import annotations

from django.db import connection, transaction

from contacts.imports.rolls.said import Said
from contacts.imports.staging import Staging


def recognise_without_birthplace(staging: Staging, *, source_id: int, said: Said, differences: str) -> None:
    """Make changes of those of `todo` who arrive and those of `departed` who are one."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging.sql("SELECT EXISTS (SELECT FROM {departed})"))
        if not cursor.fetchone()[0]:
            return
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(staging.sql(_RECOGNISE))
        if not cursor.rowcount:
            return
        cursor.execute(staging.sql(_ARE_HERE))
        unchanged = staging.sql(_UNCHANGED, given=said.given, kept=said.of("kept"))
        cursor.execute(unchanged, {"source": source_id})
    staging.analyze(differences)


_RECOGNISE = """
WITH arrived AS MATERIALIZED (
    SELECT todo.row, place.territory_id AS commune_id, place.kind AS roll_kind,
           fold(own.birth_name || ' ' || own.first_names) AS name_folded, own.birth_date, own.birthplace_hash
    FROM {todo} AS todo
    JOIN {rows} AS own ON own.ctid = todo.row
    JOIN {places} AS place ON place.id = own.place
    WHERE todo.arrived AND own.birth_date IS NOT NULL
), pair AS (
    SELECT arrived.row, gone.id, count(*) OVER (PARTITION BY arrived.row) AS electors,
           count(*) OVER (PARTITION BY gone.id) AS rows
    FROM {departed} AS missing
    JOIN contacts_electoralregistration AS gone ON gone.id = missing.id
    JOIN arrived USING (commune_id, roll_kind, name_folded, birth_date)
    WHERE arrived.birthplace_hash IS NULL OR gone.birthplace_hash IS NULL
)
UPDATE {todo} AS todo SET id = pair.id, arrived = false
FROM pair WHERE pair.row = todo.row AND pair.electors = 1 AND pair.rows = 1
"""
_ARE_HERE = "DELETE FROM {departed} WHERE id IN (SELECT id FROM {todo} WHERE id IS NOT NULL)"
_UNCHANGED = """
DELETE FROM {todo} AS todo
USING {rows} AS own, {places} AS place, contacts_electoralregistration AS kept
WHERE own.ctid = todo.row AND place.id = own.place AND kept.id = todo.id
  AND ROW({given}) IS NOT DISTINCT FROM ROW({kept})
"""
