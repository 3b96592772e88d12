"""After an import of people: pairs of those it created or changed with anyone they may be, for review."""

from __future__ import annotations

from django.db import connection, transaction

from contacts.duplicates.finding import PEOPLE_AT_A_TIME, find_pairs
from contacts.imports import progress
from contacts.imports.lanes import in_lanes
from contacts.imports.progress import Progress
from contacts.imports.staging import Staging

TABLE = "compared"


def find_pairs_of_import(staging: Staging, *, import_id: int, told: Progress) -> None:
    """Look for the pairs, a few thousand people a transaction, going on where an earlier attempt stopped."""
    if not staging.exists(TABLE):
        _list_people(staging, import_id)
    with connection.cursor() as cursor:
        cursor.execute(staging.sql("SELECT batch, ids, done FROM {compared} ORDER BY batch"))
        batches = cursor.fetchall()
    done = sum(len(ids) for _batch, ids, is_done in batches if is_done)
    told.step(progress.COMPARING, sum(len(ids) for _batch, ids, _done in batches), done=done)

    def compare(piece: tuple[int, list[int]]) -> None:
        batch, ids = piece
        with transaction.atomic():
            find_pairs(ids, import_id=import_id)
            with connection.cursor() as cursor:
                cursor.execute(staging.sql("UPDATE {compared} SET done = true WHERE batch = %s"), [batch])
            told.wrote(len(ids))

    in_lanes(compare, [(batch, ids) for batch, ids, is_done in batches if not is_done])


def _list_people(staging: Staging, import_id: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        staging.drop(TABLE)
        staging.create(TABLE, "batch bigint PRIMARY KEY, ids bigint[] NOT NULL, done boolean NOT NULL")
        cursor.execute(staging.sql(_PEOPLE), {"import": import_id, "size": PEOPLE_AT_A_TIME})


# Those whom the import created, and those of whom it changed what pairs are found and judged by.
_PEOPLE = """
INSERT INTO {compared} (batch, ids, done)
SELECT place / %(size)s, array_agg(contact_id ORDER BY contact_id), false
FROM (
    SELECT contact_id, row_number() OVER (ORDER BY contact_id) - 1 AS place
    FROM (
        SELECT id AS contact_id FROM contacts_contact WHERE created_by_import_id = %(import)s
        UNION SELECT row_id FROM contacts_importchange
        WHERE import_run_id = %(import)s AND "table" = 'contact'
        UNION SELECT contact_id FROM contacts_emailaddress WHERE created_by_import_id = %(import)s
        UNION SELECT contact_id FROM contacts_phonenumber WHERE created_by_import_id = %(import)s
        UNION SELECT contact_id FROM contacts_postaladdress WHERE created_by_import_id = %(import)s
    ) AS person
) AS numbered
GROUP BY 1
"""
