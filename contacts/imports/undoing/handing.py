"""What another file says too is that file's, before an undo takes away what is still the import's own.

Of several files the newest that stands; what people refused or agreed to is no part of it: see the ledger.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

# Tables of what is added to people: the column that names a row beside its owner, and when an heir has it.
_SAID = "heir.what @> ARRAY['{kind}:' || own.{key}]"
_SAME_SOURCE = "heir.source_id = own.source_id"
_ADDED = (
    ("contacts_emailaddress", "id", _SAID.format(kind="email", key="id"), True),
    ("contacts_phonenumber", "id", _SAID.format(kind="phone", key="id"), True),
    ("contacts_postaladdress", "id", _SAID.format(kind="postal", key="id"), True),
    ("contacts_contacttag", "tag_id", _SAID.format(kind="tag", key="tag_id"), False),
    ("contacts_listmembership", "list_id", _SAID.format(kind="list", key="list_id"), False),
    ("contacts_contactsource", "source_id", _SAME_SOURCE, False),
    ("contacts_sourcerow", "digest", _SAME_SOURCE, False),
)


def hand_over_fields(import_id: int, ids: list[int]) -> None:
    """Values of these people that another file gave too are that one's, with what they were before."""
    with connection.cursor() as cursor:
        cursor.execute(_HAND_OVER_FIELDS, {"import": import_id, "ids": ids})


def hand_over_people(import_id: int, ids: list[int]) -> int:
    """People whom another file names too, and what it says of them too; counts the people.

    Runs in the caller's transaction, which holds them.
    """
    values: dict[str, Any] = {"import": import_id, "ids": ids}
    with connection.cursor() as cursor:
        for table, key, condition, has_source in _ADDED:
            source = ", source_id = heir.source_id" if has_source else ""
            cursor.execute(
                _HAND_OVER_ADDED.format(table=table, key=key, condition=condition, source=source), values
            )
        cursor.execute(_HAND_OVER_PEOPLE, values)
        handed_over = int(cursor.rowcount)
        cursor.execute(_FORGET_OWN, values)
    return handed_over


_HEIRS = """
heirs AS MATERIALIZED (
    SELECT own.contact_id, own.source_id, own.import_run_id, own.what, own.as_of
    FROM contacts_importconfirmation AS own
    JOIN contacts_import AS run
        ON run.id = own.import_run_id AND run.state IN ('running', 'done', 'failed', 'cancelled')
    WHERE own.contact_id = ANY(%(ids)s) AND own.import_run_id <> %(import)s
)
"""
_HAND_OVER_ADDED = f"""
WITH {_HEIRS}
UPDATE {{table}} AS held SET created_by_import_id = heir.import_run_id{{source}}
FROM (
    SELECT DISTINCT ON (own.contact_id, own.{{key}}) own.contact_id, own.{{key}} AS key,
           heir.import_run_id, heir.source_id
    FROM heirs AS heir
    JOIN {{table}} AS own ON own.contact_id = heir.contact_id AND own.created_by_import_id = %(import)s
    WHERE {{condition}}
    ORDER BY own.contact_id, own.{{key}}, heir.import_run_id DESC
) AS heir
WHERE held.contact_id = heir.contact_id AND held.{{key}} = heir.key AND held.created_by_import_id = %(import)s
"""
_HAND_OVER_PEOPLE = f"""
WITH {_HEIRS}
UPDATE contacts_contact AS held SET created_by_import_id = heir.import_run_id
FROM (
    SELECT DISTINCT ON (contact_id) contact_id, import_run_id
    FROM heirs WHERE what @> ARRAY['person'] ORDER BY contact_id, import_run_id DESC
) AS heir
WHERE held.id = heir.contact_id AND held.created_by_import_id = %(import)s
"""
_FORGET_OWN = """
DELETE FROM contacts_importconfirmation WHERE contact_id = ANY(%(ids)s) AND import_run_id = %(import)s
"""
# Extra fields are one column: another file has it when it gave each of those that the import wrote.
_HAND_OVER_FIELDS = f"""
WITH {_HEIRS},
moving AS MATERIALIZED (
    SELECT DISTINCT ON (change.id, field.key) change.id, change.row_id, field.key, heir.import_run_id,
           heir.as_of, change.before -> field.key AS before, change.after -> field.key AS after
    FROM heirs AS heir
    JOIN contacts_importchange AS change
        ON change."table" = 'contact' AND change.row_id = heir.contact_id
       AND change.import_run_id = %(import)s
    JOIN contacts_contact AS kept ON kept.id = change.row_id
    CROSS JOIN LATERAL jsonb_object_keys(change.after) AS field (key)
    WHERE to_jsonb(kept) -> field.key = change.after -> field.key
      AND CASE WHEN field.key = 'custom' THEN heir.what @> ARRAY(
              SELECT 'extra:' || extra.key FROM jsonb_each(change.after -> 'custom') AS extra
              WHERE change.before -> 'custom' -> extra.key IS DISTINCT FROM extra.value)
          ELSE heir.what @> ARRAY['field:' || field.key] END
    ORDER BY change.id, field.key, heir.import_run_id DESC
),
given AS (
    INSERT INTO contacts_importchange (import_run_id, "table", row_id, before, after, as_of)
    SELECT import_run_id, 'contact', row_id, jsonb_object_agg(key, before), jsonb_object_agg(key, after),
           as_of
    FROM moving GROUP BY id, row_id, import_run_id, as_of
)
UPDATE contacts_importchange AS change
SET before = change.before - moved.keys, after = change.after - moved.keys
FROM (SELECT id, array_agg(key) AS keys FROM moving GROUP BY id) AS moved
WHERE change.id = moved.id
"""
