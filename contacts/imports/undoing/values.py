"""Giving fields the values they had before an import, where the import's value still stands."""

from __future__ import annotations

from typing import Any

from django.db import connection

# What ImportChange calls its tables; a row's earlier values return by these names only.
CHANGED_TABLES = {
    "contact": "contacts_contact",
    "registration": "contacts_electoralregistration",
    "email": "contacts_emailaddress",
    "phone": "contacts_phonenumber",
    "postal": "contacts_postaladdress",
}
TABLES_OF_PEOPLE = tuple(name for name in CHANGED_TABLES if name != "registration")


def return_values(import_id: int, name: str, owners: list[int]) -> list[int]:
    """Return the fields of one table; gives the owner of each value that returned.

    `owners` are ids of the table's own rows (people, electors), or of the people who have its rows. Runs in
    the caller's transaction.
    """
    returned: list[int] = []
    table, owner = CHANGED_TABLES[name], "id" if name in ("contact", "registration") else "contact_id"
    values: dict[str, Any] = {"import": import_id, "name": name, "owners": owners}
    with connection.cursor() as cursor:
        cursor.execute(_FIELDS.format(table=table, owner=owner), values)
        for (field,) in cursor.fetchall():
            column = connection.ops.quote_name(field)  # of the table, or PostgreSQL would not find it
            cursor.execute(_RETURN.format(table=table, owner=owner, column=column), {**values, "key": field})
            returned += [pk for (pk,) in cursor.fetchall()]
    return returned


_FIELDS = """
SELECT DISTINCT jsonb_object_keys(before)
FROM contacts_importchange AS change JOIN {table} AS kept ON kept.id = change.row_id
WHERE change.import_run_id = %(import)s AND change."table" = %(name)s AND kept.{owner} = ANY(%(owners)s)
"""
# The value before this import may be what an undone one wrote: then the one before that, and so on. Whoever
# wrote a value last is asked, so that a value that came back by another way stays; so does one that a file
# which stands wrote again later. No value is the `null` of JSON, on both sides.
_RETURN = """
WITH RECURSIVE earlier AS (
    SELECT change.id, change.id AS own, change.row_id, change.after -> %(key)s AS written,
           change.before -> %(key)s AS value
    FROM contacts_importchange AS change JOIN {table} AS kept ON kept.id = change.row_id
    WHERE change.import_run_id = %(import)s AND change."table" = %(name)s AND change.before ? %(key)s
      AND kept.{owner} = ANY(%(owners)s)
    UNION ALL
    SELECT older.id, earlier.own, earlier.row_id, earlier.written, older.before -> %(key)s
    FROM earlier
    CROSS JOIN LATERAL (
        SELECT change.id, change.before, change.import_run_id
        FROM contacts_importchange AS change
        WHERE change."table" = %(name)s AND change.row_id = earlier.row_id AND change.id < earlier.id
          AND change.after -> %(key)s = earlier.value
        ORDER BY change.id DESC LIMIT 1
    ) AS older
    JOIN contacts_import AS run ON run.id = older.import_run_id
    WHERE run.state IN ('undone', 'undoing')
), first AS (
    SELECT DISTINCT ON (row_id, written) row_id, own, written,
           (jsonb_populate_record(NULL::{table}, jsonb_build_object(%(key)s, value))).{column} AS value
    FROM earlier ORDER BY row_id, written, id
)
UPDATE {table} AS kept SET {column} = first.value
FROM first
WHERE kept.id = first.row_id AND coalesce(to_jsonb(kept.{column}), 'null') = first.written
  AND NOT EXISTS (
      SELECT FROM contacts_importchange AS later
      JOIN contacts_import AS run ON run.id = later.import_run_id AND run.state NOT IN ('undone', 'undoing')
      WHERE later."table" = %(name)s AND later.row_id = kept.id AND later.id > first.own
        AND later.after -> %(key)s = first.written)
RETURNING kept.{owner}
"""
