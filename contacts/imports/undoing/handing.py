"""What another file says too is that file's, before an undo takes away what is still the import's own.

Of several files the newest that stands. What people refused is no part of it: see the ledger.
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
    ("contacts_membership", "id", _SAID.format(kind="membership", key="id"), False),
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


def reopen_memberships(import_id: int, ids: list[int]) -> list[int]:
    """Memberships that the import ended last again, unless another file says the same; gives whose they are.

    Whoever joined again since stays as they are now.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REOPEN_MEMBERSHIPS, {"import": import_id, "ids": ids})
        return [pk for (pk,) in cursor.fetchall()]


def hand_over_agreements(asked: list[tuple[int, str, bool]]) -> None:
    """Write again what went with an undone file where another file says it: (person, channel, agreed or not).

    Runs after that file's entries are gone. As when the other file came in, a refusal always counts, and an
    agreement goes against one that is left only if it is of a later day.
    """
    values: dict[str, Any] = {
        "ids": [person for person, _channel, _given in asked],
        "channels": [channel for _person, channel, _given in asked],
        "given": [given for _person, _channel, given in asked],
        "import": 0,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HAND_OVER_AGREEMENTS, values)


_HEIRS = """
heirs AS MATERIALIZED (
    SELECT own.contact_id, own.source_id, newest.run AS import_run_id, own.what, newest.day AS as_of
    FROM contacts_importconfirmation AS own
    CROSS JOIN LATERAL (
        SELECT one.run, one.day FROM unnest(own.runs, own.days) AS one (run, day)
        JOIN contacts_import AS run
            ON run.id = one.run AND run.state IN ('running', 'done', 'failed', 'cancelled')
        WHERE one.run <> %(import)s ORDER BY one.run DESC LIMIT 1
    ) AS newest
    WHERE own.contact_id = ANY(%(ids)s)
)
"""
_REOPEN_MEMBERSHIPS = f"""
WITH {_HEIRS}
UPDATE contacts_membership AS held SET left_on = NULL, proof = change.before -> 'proof'
FROM contacts_importchange AS change
WHERE change.import_run_id = %(import)s AND change."table" = 'membership' AND change.row_id = held.id
  AND held.contact_id = ANY(%(ids)s) AND held.left_on = (change.after ->> 'left_on')::date
  AND NOT EXISTS (SELECT FROM contacts_membership AS other
                  WHERE other.contact_id = held.contact_id AND other.left_on IS NULL)
  AND NOT EXISTS (SELECT FROM heirs WHERE heirs.contact_id = held.contact_id
                  AND heirs.what @> ARRAY['left:' || held.id])
RETURNING held.contact_id
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
WITH left_over AS (
    UPDATE contacts_importconfirmation AS own
    SET (runs, days) = (
        SELECT array_agg(one.run ORDER BY one.place), array_agg(one.day ORDER BY one.place)
        FROM unnest(own.runs, own.days) WITH ORDINALITY AS one (run, day, place)
        WHERE one.run <> %(import)s)
    WHERE own.contact_id = ANY(%(ids)s) AND %(import)s = ANY(own.runs) AND cardinality(own.runs) > 1
)
DELETE FROM contacts_importconfirmation
WHERE contact_id = ANY(%(ids)s) AND runs = ARRAY[%(import)s::bigint]
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
              SELECT 'extra:' || extra.key || ':' || left(md5(change.after -> 'custom' ->> extra.key), 8)
              FROM jsonb_each(change.after -> 'custom') AS extra
              WHERE change.before -> 'custom' -> extra.key IS DISTINCT FROM extra.value)
          ELSE heir.what @> ARRAY[
              'field:' || field.key || ':' || left(md5(change.after ->> field.key), 8)] END
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
_HAND_OVER_AGREEMENTS = f"""
WITH {_HEIRS}
INSERT INTO contacts_consent (
    contact_id, channel, purpose, given, at, source_id, proof, created_by_import_id)
SELECT DISTINCT ON (asked.contact_id, asked.channel, asked.given)
       asked.contact_id, asked.channel, 'messages', asked.given, least(heir.as_of, now()), heir.source_id,
       jsonb_strip_nulls(jsonb_build_object(
           'import', heir.import_run_id, 'words', words.row ->> 'words', 'said', words.row ->> 'proof',
           'undated', nullif(said.undated, false))),
       heir.import_run_id
FROM unnest(%(ids)s::bigint[], %(channels)s::text[], %(given)s::boolean[])
    AS asked (contact_id, channel, given)
JOIN heirs AS heir USING (contact_id)
CROSS JOIN LATERAL (
    SELECT CASE WHEN asked.given THEN 'agrees:' ELSE 'refuses:' END || asked.channel AS what
) AS word
CROSS JOIN LATERAL (
    SELECT heir.what @> ARRAY[word.what || ':undated'] AS undated
    WHERE heir.what && ARRAY[word.what, word.what || ':undated']
) AS said
LEFT JOIN LATERAL (
    SELECT held.given, held.at FROM contacts_consent AS held
    WHERE held.contact_id = asked.contact_id AND held.channel = asked.channel AND held.purpose = 'messages'
    ORDER BY held.at DESC, held.id DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT entry -> 'rows' -> 0 AS row
    FROM contacts_contactsource AS link CROSS JOIN LATERAL jsonb_array_elements(link.said) AS entry
    WHERE link.contact_id = heir.contact_id AND link.source_id = heir.source_id
      AND entry -> 'import' = to_jsonb(heir.import_run_id)
    LIMIT 1
) AS words ON true
WHERE last.given IS NULL
   OR CASE WHEN asked.given THEN NOT last.given AND NOT said.undated AND heir.as_of::date > last.at::date
           ELSE last.given END
ORDER BY asked.contact_id, asked.channel, asked.given, said.undated, heir.as_of DESC, heir.import_run_id DESC
"""
