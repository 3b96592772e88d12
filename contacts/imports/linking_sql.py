"""Statements of `linking`: pairs of people and electors, which of them are certain, and what is written."""

from __future__ import annotations

from contacts.territories.cities import city_sql

NAMESAKES_AT_MOST = 20
"""Above this many electors of one name, day and commune, the facts say nothing and nobody is asked."""

# From few people to many electors: one look at each index a name.
PAIRS_OF_PEOPLE = """
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
PAIRS_BY_BIRTH_DATE = """
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
PEOPLE_OF_UNKNOWN_BIRTH_DATE = f"""
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


def pairs_of_electors(electors: str) -> str:
    people = PEOPLE_OF_UNKNOWN_BIRTH_DATE.format(electors=electors)
    return f"{PAIRS_BY_BIRTH_DATE.format(electors=electors)} UNION {PAIRS_OF_PEOPLE.format(people=people)}"


SAME_CITY = f"{city_sql('person.commune_id')} = {city_sql('elector.commune_id')}"
FILL = f"""
INSERT INTO {{pairs}} (contact_id, registration_id, same_date, same_commune, same_birthplace, elector)
SELECT found.contact_id, found.registration_id,
       person.birth_date = elector.birth_date,
       {SAME_CITY}
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
       OR (person.birth_date IS NULL AND {SAME_CITY}
           AND coalesce(person.birth_year = coalesce(extract(year FROM elector.birth_date),
                        substring(elector.birth_date_raw FROM '[0-9]{{{{4}}}}')::integer), true)))
  AND NOT EXISTS (SELECT FROM contacts_registrationmatch AS decided
                  WHERE decided.contact_id = found.contact_id
                    AND decided.registration_id = found.registration_id)
"""
# A pair that disagrees on the birthplace is not certain, whatever the commune says: homonyms are neighbours.
# Counted by windows: of joins with what is grouped, the planner expects so few rows that it loops over all.
JUDGE = """
UPDATE {pairs} AS pair SET certain = true
FROM (
    SELECT ctid AS row,
           min(elector::text) OVER of_person = max(elector::text) OVER of_person
           AND min(contact_id) OVER of_elector = max(contact_id) OVER of_elector AS is_only_one
    FROM {pairs}
    WHERE same_date AND (coalesce(same_commune, false) OR coalesce(same_birthplace, false))
      AND coalesce(same_birthplace, true)
    WINDOW of_person AS (PARTITION BY contact_id), of_elector AS (PARTITION BY elector)
) AS agreeing
WHERE pair.ctid = agreeing.row AND agreeing.is_only_one
  AND NOT EXISTS (SELECT FROM contacts_electoralregistration AS other
                  JOIN contacts_electoralregistration AS this ON this.id = pair.registration_id
                  WHERE other.contact_id = pair.contact_id
                    AND other.name_folded IS DISTINCT FROM this.name_folded)
"""
LINK = """
UPDATE contacts_electoralregistration AS elector SET contact_id = pair.contact_id
FROM {pairs} AS pair
WHERE pair.certain AND pair.contact_id = ANY(%(people)s)
  AND elector.id = pair.registration_id AND elector.contact_id IS NULL
"""
HOLD = "SELECT id FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
IS_NOTED = "SELECT EXISTS (SELECT FROM contacts_import WHERE id = %(import)s AND options ? 'to_review')"
NOTE = """
UPDATE contacts_import
SET options = options || jsonb_build_object(
        'linked', coalesce((options ->> 'linked')::integer, 0) + %(linked)s,
        'to_review', coalesce((options ->> 'to_review')::integer, 0) + %(queued)s)
WHERE id = %(import)s
RETURNING (options ->> 'linked')::integer, (options ->> 'to_review')::integer
"""
EVIDENCE = """
jsonb_strip_nulls(jsonb_build_object('names', true, 'birth_date', same_date, 'commune', same_commune,
                                     'birthplace', same_birthplace))
"""
REMEMBER_LINKED = f"""
INSERT INTO contacts_registrationmatch (contact_id, registration_id, state, automatic, evidence, decided_at)
SELECT contact_id, registration_id, 'linked', true, {EVIDENCE}, now() FROM {{pairs}}
WHERE certain AND contact_id = ANY(%(people)s)
ON CONFLICT (contact_id, registration_id) DO NOTHING
"""
# Somebody who is to be linked, and an elector who is, have no more pairs to wait for.
QUEUE = f"""
INSERT INTO contacts_registrationmatch (contact_id, registration_id, state, automatic, evidence)
SELECT contact_id, registration_id, 'pending', true, {EVIDENCE}
FROM (SELECT *, count(*) OVER (PARTITION BY contact_id) AS namesakes FROM {{pairs}}) AS pair
WHERE NOT certain AND namesakes <= {NAMESAKES_AT_MOST}
  AND NOT EXISTS (SELECT FROM {{pairs}} AS sure WHERE sure.certain AND sure.contact_id = pair.contact_id)
  AND NOT EXISTS (SELECT FROM {{pairs}} AS sure
                  WHERE sure.certain AND sure.registration_id = pair.registration_id)
ON CONFLICT (contact_id, registration_id) DO NOTHING
"""
