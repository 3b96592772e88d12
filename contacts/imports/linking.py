"""Finding the elector that a person of the base is: set-based, after an import, in both directions.

Names agree when the person's name is the elector's birth name or used name, and the person's forename is the
first of the elector's. A pair whose birth date agrees too, and whose commune or birthplace agrees as well, is
certain if it is the only one for that person and for that elector: it is linked. Other pairs with the same
birth date wait in the review queue, and so do people of unknown birth date whose name one elector of their
commune has. A pair that was decided once is never proposed again; electors already linked are left alone.

Communes are compared as cities: an address of Paris, Lyon or Marseille is in an arrondissement, where a roll
may name the city.

An elector who is on several lists (European citizens) is one elector: same names, birth date and birthplace.
So are two rows of one list; where no birthplace is known, two rows of one list are two electors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from contacts.imports.staging import Staging
from contacts.services.projections import refresh_projections_from
from contacts.territories.cities import city_sql

NAMESAKES_AT_MOST = 20
"""Above this many electors of one name, day and commune, the facts say nothing and nobody is asked."""


@dataclass(frozen=True)
class Links:
    """How many people an import linked so far, and how many of its pairs wait for a review."""

    linked: int
    to_review: int


def link_people(staging: Staging, sql_of_ids: str) -> Links:
    """Look for the electors of some people: `sql_of_ids` is a query of one column `contact_id`, ours."""
    return _link(staging, _PAIRS_OF_PEOPLE.format(people=sql_of_ids))


def link_electors(staging: Staging, sql_of_ids: str) -> Links:
    """Look for the people of some electors: `sql_of_ids` is a query of one column, `id`, ours."""
    return _link(staging, _pairs_of_electors(sql_of_ids))


@transaction.atomic
def _link(staging: Staging, pairs: str) -> Links:
    """Make the pairs, judge them, and write links and queue; importing again finds nothing new."""
    staging.drop("pairs")
    staging.create(
        "pairs",
        "contact_id bigint, registration_id bigint, same_date boolean, same_commune boolean,"
        " same_birthplace boolean, elector uuid, certain boolean DEFAULT false",
    )
    with connection.cursor() as cursor:
        cursor.execute(staging.sql(_FILL, found=pairs))
        cursor.execute(staging.sql(_JUDGE))
        cursor.execute(staging.sql(_LINK))
        linked = cursor.rowcount
        cursor.execute(staging.sql(_REMEMBER_LINKED))
        cursor.execute(staging.sql(_QUEUE))
        queued = cursor.rowcount
        links = _note(cursor, staging.import_id, linked, queued)
    refresh_projections_from(f"SELECT contact_id FROM {staging.table('pairs')} WHERE certain")
    staging.drop("pairs")
    return links


def _note(cursor: Any, import_id: int, linked: int, queued: int) -> Links:
    """Add to what the import did, with it: whoever goes on after a crash finds nothing left to link."""
    cursor.execute(_NOTE, {"import": import_id, "linked": linked, "queued": queued})
    noted = cursor.fetchone()
    return Links(*noted) if noted else Links(linked=linked, to_review=queued)


# From few people to many electors: one look at each index a name.
_PAIRS_OF_PEOPLE = """
    SELECT DISTINCT person.id AS contact_id, found.id AS registration_id
    FROM ({people}) AS asked (contact_id)
    JOIN contacts_contact AS person ON person.id = asked.contact_id
    CROSS JOIN LATERAL (
        SELECT fold(person.last_name || ' ' || person.first_name) AS name
        UNION SELECT fold(person.birth_name || ' ' || person.first_name) WHERE person.birth_name <> ''
    ) AS wanted
    CROSS JOIN LATERAL (
        SELECT elector.id, elector.name_folded AS name
        FROM contacts_electoralregistration AS elector
        WHERE elector.name_folded ~>=~ wanted.name AND elector.name_folded ~<~ (wanted.name || '~')
        UNION ALL
        SELECT elector.id, fold(elector.used_name || ' ' || elector.first_names)
        FROM contacts_electoralregistration AS elector
        WHERE elector.used_name <> ''
          AND fold(elector.used_name || ' ' || elector.first_names) ~>=~ wanted.name
          AND fold(elector.used_name || ' ' || elector.first_names) ~<~ (wanted.name || '~')
    ) AS found
    WHERE person.first_name <> '' AND person.last_name <> ''
      AND person.erased_at IS NULL AND NOT person.is_stub
      AND (found.name = wanted.name OR found.name LIKE wanted.name || ' %')
"""
# From a roll to the people of the base: joined on the day of birth.
_PAIRS_BY_BIRTH_DATE = """
    SELECT DISTINCT person.id AS contact_id, elector.id AS registration_id
    FROM ({electors}) AS asked (id)
    JOIN contacts_electoralregistration AS elector ON elector.id = asked.id
    JOIN contacts_contact AS person ON person.birth_date = elector.birth_date
    CROSS JOIN LATERAL (
        VALUES (elector.name_folded),
               (CASE WHEN elector.used_name <> ''
                     THEN fold(elector.used_name || ' ' || elector.first_names) END)
    ) AS known (name)
    CROSS JOIN LATERAL (
        VALUES (person.name_folded),
               (CASE WHEN person.birth_name <> ''
                     THEN fold(person.birth_name || ' ' || person.first_name) END)
    ) AS wanted (name)
    WHERE person.first_name <> '' AND person.last_name <> ''
      AND person.erased_at IS NULL AND NOT person.is_stub
      AND (known.name = wanted.name OR known.name LIKE wanted.name || ' %')
"""
# People of unknown birth date are few beside the electors of their city: each looks for their name there.
_PEOPLE_OF_UNKNOWN_BIRTH_DATE = f"""
    SELECT person.id
    FROM (SELECT DISTINCT {city_sql("elector.commune_id")} AS id
          FROM (SELECT DISTINCT own.commune_id FROM ({{electors}}) AS asked (id)
                JOIN contacts_electoralregistration AS own ON own.id = asked.id) AS elector) AS city
    CROSS JOIN LATERAL (
        SELECT city.id
        UNION ALL SELECT part.id FROM contacts_territory AS part
        WHERE part.parent_id = city.id AND part.kind = 'municipal_arrondissement'
    ) AS home
    JOIN contacts_contact AS person ON person.commune_id = home.id AND person.birth_date IS NULL
"""


def _pairs_of_electors(electors: str) -> str:
    people = _PEOPLE_OF_UNKNOWN_BIRTH_DATE.format(electors=electors)
    return f"{_PAIRS_BY_BIRTH_DATE.format(electors=electors)} UNION {_PAIRS_OF_PEOPLE.format(people=people)}"


_SAME_CITY = f"{city_sql('person.commune_id')} = {city_sql('elector.commune_id')}"
_FILL = f"""
INSERT INTO {{pairs}} (contact_id, registration_id, same_date, same_commune, same_birthplace, elector)
SELECT found.contact_id, found.registration_id,
       person.birth_date = elector.birth_date,
       {_SAME_CITY}
           OR EXISTS (SELECT FROM contacts_postaladdress AS home
                      WHERE home.contact_id = person.id
                        AND {city_sql("home.commune_id")} = {city_sql("elector.commune_id")}),
       person.birthplace_hash = elector.birthplace_hash,
       md5(elector.name_folded || '|' || coalesce(elector.birth_date::text, elector.birth_date_raw) || '|'
           || coalesce(encode(elector.birthplace_hash, 'hex'), (
               SELECT 'row ' || count(*) FROM contacts_electoralregistration AS namesake
               WHERE namesake.name_folded = elector.name_folded AND namesake.commune_id = elector.commune_id
                 AND namesake.roll_kind = elector.roll_kind AND namesake.birthplace_hash IS NULL
                 AND namesake.birth_date IS NOT DISTINCT FROM elector.birth_date AND namesake.id < elector.id
           )))::uuid
FROM ({{found}}) AS found
JOIN contacts_contact AS person ON person.id = found.contact_id
JOIN contacts_electoralregistration AS elector ON elector.id = found.registration_id
WHERE elector.contact_id IS NULL
  AND (person.birth_date = elector.birth_date
       OR (person.birth_date IS NULL AND {_SAME_CITY}))
  AND NOT EXISTS (SELECT FROM contacts_registrationmatch AS decided
                  WHERE decided.contact_id = found.contact_id
                    AND decided.registration_id = found.registration_id)
"""
# A pair that disagrees on the birthplace is not certain, whatever the commune says: homonyms are neighbours.
_JUDGE = """
WITH agreeing AS (
    SELECT contact_id, registration_id, elector FROM {pairs}
    WHERE same_date AND (coalesce(same_commune, false) OR coalesce(same_birthplace, false))
      AND coalesce(same_birthplace, true)
), one_elector AS (
    SELECT contact_id FROM agreeing GROUP BY contact_id HAVING count(DISTINCT elector) = 1
), one_person AS (
    SELECT elector FROM agreeing GROUP BY elector HAVING count(DISTINCT contact_id) = 1
)
UPDATE {pairs} AS pair SET certain = true
FROM agreeing JOIN one_elector USING (contact_id) JOIN one_person USING (elector)
WHERE pair.contact_id = agreeing.contact_id AND pair.registration_id = agreeing.registration_id
  AND NOT EXISTS (SELECT FROM contacts_electoralregistration AS other
                  JOIN contacts_electoralregistration AS this ON this.id = pair.registration_id
                  WHERE other.contact_id = pair.contact_id
                    AND other.name_folded IS DISTINCT FROM this.name_folded)
"""
_LINK = """
UPDATE contacts_electoralregistration AS elector SET contact_id = pair.contact_id
FROM {pairs} AS pair
WHERE pair.certain AND elector.id = pair.registration_id AND elector.contact_id IS NULL
"""
_NOTE = """
UPDATE contacts_import
SET options = options || jsonb_build_object(
        'linked', coalesce((options ->> 'linked')::integer, 0) + %(linked)s,
        'to_review', coalesce((options ->> 'to_review')::integer, 0) + %(queued)s)
WHERE id = %(import)s
RETURNING (options ->> 'linked')::integer, (options ->> 'to_review')::integer
"""
_EVIDENCE = """
jsonb_strip_nulls(jsonb_build_object('names', true, 'birth_date', same_date, 'commune', same_commune,
                                     'birthplace', same_birthplace))
"""
_REMEMBER_LINKED = f"""
INSERT INTO contacts_registrationmatch (contact_id, registration_id, state, automatic, evidence, decided_at)
SELECT contact_id, registration_id, 'linked', true, {_EVIDENCE}, now() FROM {{pairs}} WHERE certain
ON CONFLICT (contact_id, registration_id) DO NOTHING
"""
# Somebody who was just linked, and an elector who was, have no more pairs to wait for.
_QUEUE = f"""
INSERT INTO contacts_registrationmatch (contact_id, registration_id, state, automatic, evidence)
SELECT contact_id, registration_id, 'pending', true, {_EVIDENCE}
FROM (SELECT *, count(*) OVER (PARTITION BY contact_id) AS namesakes FROM {{pairs}}) AS pair
WHERE NOT certain AND namesakes <= {NAMESAKES_AT_MOST}
  AND NOT EXISTS (SELECT FROM {{pairs}} AS sure WHERE sure.certain
                  AND (sure.contact_id = pair.contact_id OR sure.registration_id = pair.registration_id))
ON CONFLICT (contact_id, registration_id) DO NOTHING
"""
