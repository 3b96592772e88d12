"""Naming the person of the base that each person of the file is."""

from __future__ import annotations

from typing import Any

from django.db import connection

from contacts.imports.people import contested_sql, match_sql
from contacts.imports.staging import Staging

TARGETS = "person integer PRIMARY KEY, contact_id bigint NOT NULL, is_new boolean NOT NULL, rule integer"


def create_targets(staging: Staging) -> None:
    """Make room for who is who; what the preview found contested stays so."""
    staging.drop("targets")
    staging.create("targets", TARGETS)
    with connection.cursor() as cursor:
        cursor.execute(staging.sql("CREATE INDEX ON {targets} (contact_id)"))


def make_room_for_contested(staging: Staging) -> None:
    """Have a list of who is certain of nobody."""
    staging.ensure("contested", "person integer PRIMARY KEY")


def complete_older(staging: Staging) -> None:
    """Add what a file lacks that was previewed by an older version of the product."""
    make_room_for_contested(staging)
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_COMPLETE))


def match_all(staging: Staging, *, source_id: int) -> None:
    """Write in `targets` the persons of the file that are in the base, as it was before this import.

    Who is certain of nobody because another person of the file would be the same one is noted in `contested`,
    for the run too: it sees a part of the file at a time.
    """
    staging.drop("contested")
    make_room_for_contested(staging)
    _match(staging, source_id, "true", known_before=match_sql.KNOWN_BEFORE)
    staging.analyze("targets")
    _leave_contested(staging, "true")


def match_persons(staging: Staging, *, source_id: int, first: int, last: int) -> None:
    """The same for some persons of the file, by their numbers, among all who are in `targets` already."""
    _match(staging, source_id, f"persons.person >= {first} AND persons.person < {last}")
    _leave_contested(staging, f"target.person >= {first} AND target.person < {last}")


def number_new_persons(staging: Staging, *, which: str) -> None:
    """Give an id to each person who is not in the base, in the order of the file."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_NEW, which=which))


def _match(staging: Staging, source_id: int, which: str, known_before: str = "true") -> None:
    staged = {name: staging.sql(piece) for name, piece in match_sql.STAGED.items()}
    made = {name: staging.sql(piece, **staged) for name, piece in match_sql.MADE_OF_STAGED.items()}
    pieces: dict[str, Any] = {**match_sql.PIECES, **staged, **made, "which": which}
    found = staging.sql(match_sql.MATCH, **pieces, known_before=known_before)
    with connection.cursor() as cursor:
        values = {"source": source_id, "import": staging.import_id}
        cursor.execute(staging.sql(_FOUND, found=found), values)


def _leave_contested(staging: Staging, which: str) -> None:
    """Take those who are certain of nobody out of `targets`; `which` is SQL on `target`."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(contested_sql.CONTESTED, which=which), {})
        if cursor.rowcount:
            cursor.execute(staging.sql(_LEAVE, which=which))


_FOUND = """
INSERT INTO {targets} (person, contact_id, is_new, rule)
SELECT person, id, false, rule FROM ({found}) AS found
WHERE rule = 0 OR NOT EXISTS (SELECT FROM {contested} AS contested WHERE contested.person = found.person)
"""
_COMPLETE = """
ALTER TABLE {rows} ADD COLUMN IF NOT EXISTS part uuid,
    ADD COLUMN IF NOT EXISTS mends jsonb NOT NULL DEFAULT '[]'
"""
_LEAVE = """
DELETE FROM {targets} AS target
WHERE rule > 0 AND {which} AND person IN (SELECT person FROM {contested})
"""
_NEW = """
INSERT INTO {targets} (person, contact_id, is_new)
SELECT person, nextval(pg_get_serial_sequence('contacts_contact', 'id')), true
FROM (
    SELECT DISTINCT persons.person FROM {persons} AS persons
    WHERE {which} AND NOT EXISTS (SELECT FROM {targets} AS known WHERE known.person = persons.person)
    ORDER BY persons.person
) AS missing
"""
