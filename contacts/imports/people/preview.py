"""What a file of people would change, counted by the statements that would write it."""

from __future__ import annotations

from typing import Any

from django.db import connection

from contacts.enums import LawfulBasis
from contacts.imports.people import effects_sql
from contacts.imports.people.likely import likely_pairs
from contacts.imports.people.match import create_targets, match_all
from contacts.imports.people.shown import keep_changes, keep_misspelt
from contacts.imports.people.write import Terms, put_together
from contacts.imports.staging import Staging

# Queries of the people who would get something, by what they would get.
_GAINS = {
    "fields": "WITH {naming}, {given}, {effect} SELECT id FROM differing",
    "emails": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "phones": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "addresses": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "consents": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "sources": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "tags": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "lists": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "memberships": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
    "memberships_ended": "WITH {naming} SELECT contact_id FROM ({effect}) AS one",
}
_EFFECTS = {
    "fields": effects_sql.CHANGED_FIELDS,
    "emails": effects_sql.EMAILS,
    "phones": effects_sql.PHONES,
    "addresses": effects_sql.POSTAL,
    "consents": effects_sql.CONSENTS,
    "sources": effects_sql.SOURCES,
    "tags": effects_sql.TAGS,
    "lists": effects_sql.LISTS,
}
_EFFECTS_ON_MEMBERSHIPS = {
    "memberships": effects_sql.MEMBERSHIPS,
    "memberships_ended": effects_sql.ENDED_MEMBERSHIPS,
}


def preview(staging: Staging, terms: Terms, *, rows: int) -> dict[str, int]:
    """Match every person of the file and count; `gained_…` are people who would get such a thing."""
    create_targets(staging)
    match_all(staging, source_id=terms.source.pk)
    staging.create("gains", "contact_id bigint, what text")
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        for what, effect in (_EFFECTS | (_EFFECTS_ON_MEMBERSHIPS if terms.memberships else {})).items():
            query = put_together(staging, _GAINS[what], "true", effect, policies=terms.policies)
            cursor.execute(
                staging.sql(
                    "INSERT INTO {gains} SELECT DISTINCT *, %(what)s FROM ({query}) AS q", query=query
                ),
                {**terms.parameters(), "what": what},
            )
            counts[f"gained_{what}"] = cursor.rowcount
        refused = put_together(staging, _REFUSED, "true", effects_sql.CONSENTS, policies=terms.policies)
        cursor.execute(refused, terms.parameters())
        counts["refused"] = cursor.fetchone()[0]
        cursor.execute(staging.sql(_COUNTS))
        names = [column.name for column in cursor.description]
        found: dict[str, Any] = dict(zip(names, cursor.fetchone(), strict=True))
    known = found.pop("known")
    people = known + found["new"]
    keep_changes(staging, terms)
    if terms.source.lawful_basis == LawfulBasis.CONSENT:
        counts["without_agreement"] = _counted(staging, terms, _WITHOUT_AGREEMENT)
        counts["undated"] = _counted(staging, terms, _UNDATED)
    told = {
        "rows": rows,
        **found,
        "unchanged": known - found["updated"],
        "duplicate": rows - found["rejected"] - found["outside"] - people,
        **counts,
        "misspelt": keep_misspelt(staging),
        **likely_pairs(staging, terms, new=found["new"]),
    }
    return told | enrichment(staging, terms, matched=known, asked=people) if terms.match_only else told


def _counted(staging: Staging, terms: Terms, statement: str) -> int:
    """People of the file that a statement counts."""
    query = staging.sql(statement, has_address=staging.sql(effects_sql.HAS_ADDRESS))
    with connection.cursor() as cursor:
        cursor.execute(query, terms.parameters())
        return int(cursor.fetchone()[0])


def enrichment(staging: Staging, terms: Terms, *, matched: int, asked: int) -> dict[str, int]:
    """What a file that creates nobody would give: how many it finds, points and fields by kind, conflicts.

    `field_…` counts the values of one field, of which extra fields are one.
    """
    parts = [
        staging.sql(
            "SELECT count(*) FROM ({query}) AS q",
            query=put_together(
                staging, "WITH {naming} {effect}", "true", _EFFECTS[what], policies=terms.policies
            ),
        )
        for what in POINTS
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"({part})" for part in parts), terms.parameters())
        points = dict(zip((f"points_{what}" for what in POINTS), cursor.fetchone(), strict=True))
        conflicts = put_together(staging, _CONFLICTS, "true", policies=terms.policies)
        cursor.execute(conflicts, terms.parameters())
        points["conflicts"] = cursor.fetchone()[0]
        gained = put_together(
            staging, _FIELDS_GAINED, "true", effects_sql.CHANGED_FIELDS, policies=terms.policies
        )
        cursor.execute(gained, terms.parameters())
        points |= {f"field_{name}": int(number) for name, number in cursor.fetchall()}
    return {"new": 0, "matched": matched, "unmatched": asked - matched, **points}


POINTS = ("emails", "phones", "addresses")
# Extra fields count one by one; how somebody stands to the organisation is no value of the file.
_FIELDS_GAINED = """
WITH {naming}, {given}, {effect}
SELECT key, sum(CASE WHEN key <> 'custom' THEN 1 ELSE (
    SELECT count(*) FROM jsonb_each(after) AS extra
    WHERE before -> extra.key IS DISTINCT FROM extra.value) END)
FROM differing WHERE key <> 'relationship' GROUP BY key
"""
# People of whom the file says something else than the base: nothing is replaced, a person decides.
_CONFLICTS = """
WITH {naming}, {given}
SELECT count(*) FROM given JOIN contacts_contact AS kept ON kept.id = given.contact_id
WHERE given.birth_date <> kept.birth_date
   OR coalesce(extract(year FROM given.birth_date), given.birth_year)
      <> coalesce(extract(year FROM kept.birth_date), kept.birth_year)
   OR (given.gender <> '' AND kept.gender <> '' AND given.gender <> kept.gender)
   OR (given.last_name <> '' AND kept.last_name <> '' AND fold(given.last_name) <> fold(kept.last_name))
   OR (given.first_name <> '' AND kept.first_name <> '' AND fold(given.first_name) <> fold(kept.first_name))
   OR given.commune_id <> kept.commune_id
"""
# People who have an address of a channel, and an empty or negative cell for it.
_WITHOUT_AGREEMENT = """
SELECT count(DISTINCT person) FROM (
    SELECT persons.person
    FROM {persons} AS persons JOIN {rows} AS own USING (line)
    CROSS JOIN unnest(%(channels)s::text[]) AS channel (name)
    GROUP BY persons.person, channel.name
    HAVING bool_and(coalesce(own.said -> 'not' ? channel.name, false)) AND bool_or({has_address})
) AS one
"""
# People who agreed, by their rows or by the source, and no row says on which day; a refusal needs none. A
# file that creates nobody speaks of those it finds.
_UNDATED = """
SELECT count(DISTINCT person) FROM (
    SELECT person
    FROM (
        SELECT persons.person, channel.name, own.collected_on,
               CASE WHEN own.agrees ? channel.name
                    THEN coalesce((own.agrees ->> channel.name)::boolean, false) END AS cell,
               coalesce((own.agrees ->> channel.name)::boolean,
                        NOT own.agrees ? channel.name AND channel.name = ANY(%(channels)s) AND {has_address}
                        AND NOT coalesce(own.said -> 'not' ? channel.name, false)) AS agreed
        FROM {persons} AS persons
        JOIN {rows} AS own USING (line)
        CROSS JOIN (VALUES ('email'), ('sms'), ('call'), ('post')) AS channel (name)
        WHERE NOT %(match_only)s OR EXISTS (SELECT FROM {targets} AS target
                                            WHERE target.person = persons.person)
    ) AS one
    GROUP BY person, name
    HAVING bool_or(agreed) AND bool_and(coalesce(cell, true))
       AND bool_and(NOT agreed OR collected_on IS NULL)
) AS undated
"""
# People whose no goes into the ledger: those who are known, and those who are new.
_REFUSED = """
WITH {naming}
SELECT (SELECT count(DISTINCT contact_id) FROM ({effect}) AS one WHERE NOT given AND NOT doubted)
     + (SELECT count(DISTINCT persons.person) FROM {persons} AS persons JOIN {rows} AS own USING (line)
         WHERE own.agrees::text LIKE '%%false%%' AND NOT %(match_only)s
           AND NOT EXISTS (SELECT FROM {targets} AS target WHERE target.person = persons.person))
"""
# A row that was taken without one of its values is told back, and is not rejected.
_COUNTS = """
SELECT (SELECT count(*) FROM {rejects} AS refused
         WHERE NOT EXISTS (SELECT FROM {rows} AS own WHERE own.line = refused.line)
           AND NOT EXISTS (SELECT FROM {outside} AS own WHERE own.line = refused.line)) AS rejected,
       (SELECT count(*) FROM {outside}) AS outside,
       (SELECT count(DISTINCT contact_id) FROM {targets}) AS known,
       (SELECT count(DISTINCT persons.person) FROM {persons} AS persons
         WHERE NOT EXISTS (SELECT FROM {targets} AS target WHERE target.person = persons.person)) AS new,
       (SELECT count(DISTINCT contact_id) FROM {gains}) AS updated,
       (SELECT coalesce(sum(left_out), 0)::bigint FROM {rows}) AS left_out,
       (SELECT count(*) FROM {unknown_states}) AS unknown_states,
       (SELECT count(DISTINCT stop.address_hash) FROM {stops} AS stop) AS stopped,
       (SELECT count(DISTINCT stop.address_hash) FROM {stops} AS stop
         WHERE NOT EXISTS (SELECT FROM contacts_suppression AS known
                           WHERE known.address_hash = stop.address_hash AND known.channel = stop.channel
                             AND known.scope = stop.scope AND known.lifted_at IS NULL
                             AND (known.reason <> 'hard_bounce' OR stop.reason = 'hard_bounce')))
           AS stopped_anew
"""
