"""What the base holds, whatever its numbers of rows and moments: two imports of one file compare equal.

A person is known by what they are and how they can be reached, a territory by its code, an elector by their
identity. `contents` counts the rows of each table and digests them; `rows_of` gives them to read.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import connection

Contents = dict[str, tuple[int, str]]
"""Table to (rows, digest of all of them)."""

_WHO = """
CREATE TEMPORARY TABLE whose AS
SELECT person.id, md5(concat_ws('|', person.first_name, person.last_name, person.birth_name, person.gender,
                                person.birth_date, encode(person.birthplace_hash, 'hex'), person.custom,
                                point.emails, point.phones, point.homes)) AS who
FROM contacts_contact AS person
CROSS JOIN LATERAL (
    SELECT (SELECT string_agg(normalised, ' ' ORDER BY normalised) FROM contacts_emailaddress
             WHERE contact_id = person.id) AS emails,
           (SELECT string_agg(e164, ' ' ORDER BY e164) FROM contacts_phonenumber
             WHERE contact_id = person.id) AS phones,
           (SELECT string_agg(folded, ' ' ORDER BY folded) FROM contacts_postaladdress
             WHERE contact_id = person.id) AS homes
) AS point
"""
_NUMBERS = ["id", "contact_id", "source_id", "import_run_id", "created_by_import_id", "commune_id"]
_MOMENTS = ["created_at", "updated_at", "first_seen_at", "decided_at", "at", "as_of"]
_OWN = f"to_jsonb(own) - ARRAY{[*_NUMBERS, *_MOMENTS]}"
_WHO_OF = "(SELECT who FROM whose WHERE whose.id = own.{column})"
_PLACE_OF = "(SELECT kind || ' ' || code FROM contacts_territory AS place WHERE place.id = {column})"
_PERSON, _COMMUNE = _WHO_OF.format(column="contact_id"), _PLACE_OF.format(column="own.commune_id")
_CHANGED = " || ".join(
    f"jsonb_build_object('{side}', own.{side} - ARRAY['source_id', 'commune_id', 'polling_station_id'],"
    f" '{side} station', {_PLACE_OF.format(column=f'(own.{side} ->> $$polling_station_id$$)::bigint')})"
    for side in ("before", "after")
)
# Table to what is shown of a row, as jsonb and more.
_SHOWN = {
    "contacts_contact": f"({_OWN}) - 'bucket', {_WHO_OF.format(column='id')}, {_COMMUNE}",
    "contacts_emailaddress": f"{_OWN}, {_PERSON}",
    "contacts_phonenumber": f"{_OWN}, {_PERSON}",
    "contacts_postaladdress": f"{_OWN}, {_PERSON}, {_COMMUNE}",
    "contacts_contactsource": f"{_OWN}, {_PERSON}",
    "contacts_sourcerow": f"{_OWN}, {_PERSON}",
    "contacts_contacttag": f"{_PERSON}, (SELECT name FROM contacts_tag WHERE contacts_tag.id = own.tag_id)",
    "contacts_tag": "own.name",
    "contacts_listmembership": _PERSON,
    "contacts_consent": f"({_OWN}) || jsonb_build_object('proof', own.proof - 'import'), {_PERSON}",
    "contacts_suppression": "own.address_hash, own.channel, own.scope, own.reason",
    "contacts_reach": (
        f"({_OWN}) - ARRAY['point_id', 'consent_id', 'political_until', 'broker_until'], {_PERSON},"
        " own.political_until::date, own.broker_until::date, CASE own.channel"
        " WHEN 'email' THEN (SELECT normalised FROM contacts_emailaddress AS one WHERE one.id = own.point_id)"
        " WHEN 'post' THEN (SELECT folded FROM contacts_postaladdress AS one WHERE one.id = own.point_id)"
        " ELSE (SELECT e164 FROM contacts_phonenumber AS one WHERE one.id = own.point_id) END"
    ),
    "contacts_electoralregistration": (
        f"({_OWN}) - 'polling_station_id', {_PERSON}, {_COMMUNE},"
        f" {_PLACE_OF.format(column='own.polling_station_id')}"
    ),
    "contacts_registrationmatch": (
        f"({_OWN}) - 'registration_id', {_PERSON},"
        " (SELECT identity FROM contacts_electoralregistration AS one WHERE one.id = own.registration_id)"
    ),
    "contacts_duplicatepair": (
        f"({_OWN}) - ARRAY['first_id', 'second_id'], {_WHO_OF.format(column='first_id')},"
        f" {_WHO_OF.format(column='second_id')}"
    ),
    "contacts_importchange": (
        f"({_OWN}) - ARRAY['row_id', 'before', 'after'], {_CHANGED}, CASE own.\"table\""
        f" WHEN 'contact' THEN {_WHO_OF.format(column='row_id')}"
        " WHEN 'registration' THEN (SELECT identity::text FROM contacts_electoralregistration AS one"
        " WHERE one.id = own.row_id) END"
    ),
    "contacts_importreject": _OWN,
    "contacts_territory": (
        f"({_OWN}) - ARRAY['parent_id', 'replaced_by_id'], {_PLACE_OF.format(column='own.parent_id')}"
    ),
    "contacts_territoryancestor": (
        f"{_PLACE_OF.format(column='own.ancestor_id')}, {_PLACE_OF.format(column='own.descendant_id')},"
        " own.depth"
    ),
}
_EACH = "SELECT ROW({shown})::text AS line FROM {table} AS own"


def contents() -> Contents:
    """Count and digest every table that an import may write."""
    return {
        table: tuple(row)
        for table, ((*row,),) in _ask(
            "SELECT count(*), md5(string_agg(md5(line), '' ORDER BY md5(line))) FROM ({each}) AS row"
        ).items()
    }


def rows_of() -> dict[str, Counter[str]]:
    """Every row as text, for small bases."""
    return {table: Counter(line for (line,) in rows) for table, rows in _ask("{each}").items()}


def differences(one: dict[str, Counter[str]], other: dict[str, Counter[str]]) -> dict[str, list[str]]:
    """Some rows that only one side has, by table; empty when both hold the same."""
    return {
        table: [f"- {line}" for line in list(one[table] - other[table])[:3]]
        + [f"+ {line}" for line in list(other[table] - one[table])[:3]]
        for table in one
        if one[table] != other[table]
    }


def _ask(query: str) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.whose")
        cursor.execute(_WHO)
        cursor.execute("CREATE INDEX ON whose (id)")
        cursor.execute("ANALYZE whose")
        for table, shown in _SHOWN.items():
            cursor.execute(query.format(each=_EACH.format(shown=shown, table=table)))
            found[table] = cursor.fetchall()
        cursor.execute("DROP TABLE whose")
    return found
