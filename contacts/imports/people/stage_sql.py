"""Statements of `stage.py`, in the order in which they run."""

from __future__ import annotations

ROWS = """
line integer PRIMARY KEY, civility text, first_name text, last_name text, birth_name text, gender text,
birth_date date, birth_place_code text, birth_place text, birth_department text, birth_country text,
language text, name_key text, emails jsonb, phones jsonb, addresses jsonb, agrees jsonb, collected_on date,
tags jsonb, custom jsonb, left_out integer, digest uuid, stops jsonb, refused_at timestamptz,
consent_words text, consent_proof text
"""
EMAILS = "line integer, place integer, address text, normalised text"
PHONES = "line integer, place integer, e164 text, kind text"
POSTAL = """
line integer, place integer, line1 text, line2 text, locality text, postcode text, city text, country text,
insee text, territory_id bigint
"""
STOPS = "line integer, address_hash bytea, channel text, scope text, reason text, at timestamptz"
PERSONS = "line integer PRIMARY KEY, person integer NOT NULL, birthplace_hash bytea"

FILL_EMAILS = """
INSERT INTO {emails}
SELECT line, one.place, one.value ->> 0, one.value ->> 1
FROM {rows} CROSS JOIN LATERAL jsonb_array_elements(emails) WITH ORDINALITY AS one (value, place)
"""
FILL_PHONES = """
INSERT INTO {phones}
SELECT line, one.place, one.value ->> 0, one.value ->> 1
FROM {rows} CROSS JOIN LATERAL jsonb_array_elements(phones) WITH ORDINALITY AS one (value, place)
"""
FILL_POSTAL = """
INSERT INTO {postal}
SELECT line, one.place, value ->> 'line1', value ->> 'line2', value ->> 'locality', value ->> 'postcode',
       value ->> 'city', value ->> 'country', value ->> 'insee'
FROM {rows} CROSS JOIN LATERAL jsonb_array_elements(addresses) WITH ORDINALITY AS one (value, place)
"""
FILL_STOPS = """
INSERT INTO {stops}
SELECT line, decode(one ->> 0, 'hex'), one ->> 1, one ->> 2, one ->> 3, (one ->> 4)::timestamptz
FROM {rows} CROSS JOIN LATERAL jsonb_array_elements(stops) AS one WHERE stops <> '[]'
"""
# Rows without an address in the territory; one whose place is not known cannot be told to be inside.
FILL_OUTSIDE = """
INSERT INTO {outside} (line)
SELECT line FROM {rows} AS own
WHERE NOT EXISTS (
    SELECT FROM {postal} AS postal
    JOIN contacts_territoryancestor AS link
        ON link.descendant_id = postal.territory_id AND link.ancestor_id = %(scope)s
    WHERE postal.line = own.line)
"""
IN_FRANCE = "fold(postal.country) IN ('', 'france', 'fr')"
RESOLVE_POSTAL = """
UPDATE {postal} AS postal SET territory_id = found.territory_id
FROM ({found}) AS found
WHERE found.territory_id IS NOT NULL AND (found.code, found.postcode, found.name)
      = (postal.insee, postal.postcode, postal.city) AND {in_france}
"""

# Facts that make two rows of the file one person for certain. Names count whole: first and last. A name and a
# birth date need a place beside them, of birth or of residence: homonyms of one day are two people.
KEYS = """
INSERT INTO {keys} (line, key, sort)
SELECT line, digest::text, 'row' FROM {rows}
UNION ALL
SELECT line, 'email ' || normalised || ' ' || name_key, 'email' FROM {rows} JOIN {emails} USING (line)
UNION ALL
SELECT line, 'phone ' || e164 || ' ' || name_key, 'phone' FROM {rows} JOIN {phones} USING (line)
WHERE kind = 'mobile' AND first_name <> '' AND last_name <> ''
UNION ALL
SELECT line, 'born ' || birth_date || ' ' || name_key || ' in ' || place.key, 'born'
FROM {rows} AS own
CROSS JOIN LATERAL (
    SELECT 'code ' || nullif(clean_insee_code(birth_place_code), '') AS key
    UNION ALL SELECT 'name ' || nullif(fold_place(birth_place), '')
    UNION ALL SELECT postcode || ' ' || fold_place(city) FROM {postal} AS home
    WHERE home.line = own.line AND postcode || city <> ''
) AS place
WHERE birth_date IS NOT NULL AND first_name <> '' AND last_name <> '' AND place.key IS NOT NULL
"""
# Only keys that several rows share say anything.
SHARED_KEYS = """
CREATE UNLOGGED TABLE {shared} AS
SELECT keys.line, dense_rank() OVER (ORDER BY key) AS key, sort FROM {keys} AS keys
WHERE key IN (SELECT key FROM {keys} GROUP BY key HAVING count(DISTINCT line) > 1)
"""
CONTRADICTED = """
count(DISTINCT own.birth_date) > 1 OR count(DISTINCT nullif(own.gender, '')) > 1
OR count(DISTINCT nullif(clean_insee_code(own.birth_place_code), '')) > 1
OR (count(DISTINCT nullif(own.birth_place_code, '')) = 0
    AND count(DISTINCT nullif(fold_place(own.birth_place), '')) > 1)
"""
# A father and a son with one name and one address: rows whose birth dates, sexes or places of birth differ
# share no key.
CONTRADICTED_KEYS = """
DELETE FROM {shared} WHERE sort <> 'row' AND key IN (
    SELECT shared.key FROM {shared} AS shared JOIN {rows} AS own USING (line)
    GROUP BY shared.key
    HAVING {contradicted}
)
"""
FILL_PERSONS = "INSERT INTO {persons} (line, person) SELECT line, line FROM {rows}"
# Each round gives the rows of a key the lowest number among them, until nothing moves.
JOIN_PERSONS = """
UPDATE {persons} AS own SET person = lowest.person
FROM (
    SELECT shared.line, min(among.person) AS person
    FROM {shared} AS shared
    JOIN (SELECT key, min(person) AS person FROM {shared} JOIN {persons} USING (line) GROUP BY key) AS among
        USING (key)
    GROUP BY shared.line
) AS lowest
WHERE own.line = lowest.line AND own.person > lowest.person
"""
# Facts that agree two by two and not all together: only identical rows stay one.
SEPARATE_PERSONS = """
UPDATE {persons} AS own SET person = twin.person
FROM (
    SELECT own.line, min(own.line) OVER (PARTITION BY own.digest) AS person
    FROM {rows} AS own JOIN {persons} AS persons USING (line)
    WHERE persons.person IN (
        SELECT persons.person FROM {persons} AS persons JOIN {rows} AS own USING (line)
        GROUP BY persons.person
        HAVING {contradicted}
    )
) AS twin
WHERE own.line = twin.line
"""
# A row with an address and no name belongs to the only name that the file gives this address.
ADOPT_NAMELESS = """
UPDATE {persons} AS own SET person = sole.person
FROM (
    SELECT nameless.line, min(persons.person) AS person
    FROM {rows} AS nameless
    JOIN {emails} AS asked ON asked.line = nameless.line
    JOIN {emails} AS held ON held.normalised = asked.normalised
    JOIN {rows} AS named ON named.line = held.line AND named.name_key <> ''
    JOIN {persons} AS persons ON persons.line = named.line
    WHERE nameless.name_key = ''
    GROUP BY nameless.line
    HAVING count(DISTINCT persons.person) = 1
) AS sole
WHERE own.line = sole.line
"""
BIRTHS = """
CREATE UNLOGGED TABLE {births} AS
SELECT DISTINCT birth_place_code, birth_place, birth_department, birth_country, NULL::bytea AS hash
FROM {rows}
WHERE birth_place_code <> '' OR birth_place <> ''
"""
FILL_BIRTHS = """
UPDATE {persons} AS own SET birthplace_hash = births.hash
FROM {rows} AS rows JOIN {births} AS births
    USING (birth_place_code, birth_place, birth_department, birth_country)
WHERE rows.line = own.line AND births.hash IS NOT NULL
"""
