"""What the samples of a preview show of people: values before and after, addresses that look misspelt."""

from __future__ import annotations

from django.db import connection

from contacts.imports.people import effects_sql
from contacts.imports.people.write import Terms, put_together
from contacts.imports.staging import Staging
from contacts.mail_domains import doubted

CHANGES, MISSPELT = "changes", "misspelt"
PEOPLE_SHOWN = 10

_DOMAINS = "SELECT split_part(normalised, '@', 2), count(DISTINCT line) FROM {emails} GROUP BY 1"

# (what, effect, SELECT of contact, field, value before, value after) for each kind of change.
_KINDS = (
    (
        "fields",
        effects_sql.CHANGED_FIELDS,
        "WITH {naming}, {given}, {effect} SELECT id, 'fields', key, before, after FROM differing",
    ),
    (
        "emails",
        effects_sql.EMAILS,
        "WITH {naming} SELECT contact_id, 'emails', 'email', NULL::jsonb, to_jsonb(address)"
        " FROM ({effect}) AS one",
    ),
    (
        "phones",
        effects_sql.PHONES,
        "WITH {naming} SELECT contact_id, 'phones', 'phone', NULL::jsonb, to_jsonb(e164)"
        " FROM ({effect}) AS one",
    ),
    (
        "addresses",
        effects_sql.POSTAL,
        "WITH {naming} SELECT contact_id, 'addresses', 'address', NULL::jsonb,"
        " to_jsonb(concat_ws(', ', nullif(line1, ''), nullif(btrim(postcode || ' ' || city), '')))"
        " FROM ({effect}) AS one",
    ),
)
_KINDS_OF_MEMBERSHIPS = (
    (
        "memberships",
        effects_sql.MEMBERSHIPS,
        "WITH {naming} SELECT contact_id, 'memberships', day.name, NULL::jsonb, to_jsonb(day.value)"
        " FROM ({effect}) AS one"
        " CROSS JOIN LATERAL (VALUES ('joined_on', joined_on), ('left_on', left_on)) AS day (name, value)"
        " WHERE day.value IS NOT NULL",
    ),
    (
        "memberships_ended",
        effects_sql.ENDED_MEMBERSHIPS,
        "WITH {naming} SELECT contact_id, 'memberships', 'left_on', NULL::jsonb, to_jsonb(left_on)"
        " FROM ({effect}) AS one",
    ),
)


def keep_changes(staging: Staging, terms: Terms) -> None:
    """Fill `changes`: what the first people who would change have now, and would have."""
    staging.create(CHANGES, "contact_id bigint, what text, field text, before jsonb, after jsonb")
    with connection.cursor() as cursor:
        cursor.execute(
            staging.sql("SELECT DISTINCT contact_id FROM {gains} ORDER BY 1 LIMIT %(shown)s"),
            {"shown": PEOPLE_SHOWN},
        )
        shown = [row[0] for row in cursor.fetchall()]
        if not shown:
            return
        which = f"target.contact_id IN ({', '.join(map(str, shown))})"
        for _what, effect, select in _KINDS + (_KINDS_OF_MEMBERSHIPS if terms.memberships else ()):
            found = put_together(staging, select, which, effect, policies=terms.policies)
            cursor.execute(staging.sql("INSERT INTO {changes} ") + found, terms.parameters())


def keep_misspelt(staging: Staging) -> int:
    """Fill `misspelt` with the domains of the file that look wrong; returns how many rows have one."""
    staging.create(MISSPELT, "domain text, meant text")
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_DOMAINS))
        rows = dict(cursor.fetchall())
        found = doubted(rows)
        cursor.execute(
            staging.sql("INSERT INTO {misspelt} SELECT * FROM unnest(%s::text[], %s::text[])"),
            [list(found), list(found.values())],
        )
    return sum(rows[domain] for domain in found)
