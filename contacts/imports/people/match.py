"""Naming the person of the base that each person of the file is."""

from __future__ import annotations

from typing import Any

from django.db import connection

from contacts.imports.people import match_sql
from contacts.imports.staging import Staging

TARGETS = "person integer PRIMARY KEY, contact_id bigint NOT NULL, is_new boolean NOT NULL, rule integer"


def create_targets(staging: Staging) -> None:
    staging.drop("targets")
    staging.create("targets", TARGETS)
    with connection.cursor() as cursor:
        cursor.execute(staging.sql("CREATE INDEX ON {targets} (contact_id)"))


def match_persons(staging: Staging, *, source_id: int, which: str = "true") -> None:
    """Write in `targets` the persons of the file that are in the base; `which` is SQL on `persons`."""
    with connection.cursor() as cursor:
        values = {"source": source_id, "import": staging.import_id}
        cursor.execute(staging.sql(_FOUND, found=_match(staging, which)), values)


def number_new_persons(staging: Staging, *, which: str) -> None:
    """Give an id to each person who is not in the base, in the order of the file."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_NEW, which=which))


def _match(staging: Staging, which: str) -> str:
    staged = {name: staging.sql(piece) for name, piece in match_sql.STAGED.items()}
    made = {name: staging.sql(piece, **staged) for name, piece in match_sql.MADE_OF_STAGED.items()}
    pieces: dict[str, Any] = {**match_sql.PIECES, **staged, **made, "which": which}
    return staging.sql(match_sql.MATCH, **pieces)


_FOUND = """
INSERT INTO {targets} (person, contact_id, is_new, rule)
SELECT person, id, false, rule FROM ({found}) AS found
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
