"""Statements of `stage.py`, in the order in which they run."""

from __future__ import annotations

ROWS = """
line integer PRIMARY KEY, civility text, first_name text, last_name text, birth_name text, gender text,
birth_date date, birth_year smallint, birth_place_code text, birth_place text, birth_department text,
birth_country text, language text, name_key text, emails jsonb, phones jsonb, addresses jsonb, agrees jsonb,
collected_on date, membership jsonb, tags jsonb, lists jsonb, custom jsonb, left_out integer, digest uuid,
stops jsonb, refused_at timestamptz,
consent_words text, consent_proof text, said jsonb, part uuid, mends jsonb NOT NULL,
numbers jsonb NOT NULL DEFAULT '{}'
"""
EMAILS = "line integer, place integer, address text, normalised text"
PHONES = "line integer, place integer, e164 text, kind text"
POSTAL = """
line integer, place integer, line1 text, line2 text, locality text, postcode text, city text, country text,
insee text, territory_id bigint
"""
STOPS = "line integer, address_hash bytea, channel text, scope text, reason text, at timestamptz"
# `apart`: the kinds of facts by which other rows with this name and address are somebody else.
PERSONS = "line integer PRIMARY KEY, person integer NOT NULL, birthplace_hash bytea, apart text[]"

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
# What rows that are given back say of leaving.
FILL_UNWRITTEN_STOPS = """
INSERT INTO {stops}
SELECT line, decode(one ->> 0, 'hex'), one ->> 1, one ->> 2, one ->> 3, (one ->> 4)::timestamptz
FROM {unwritten} CROSS JOIN LATERAL jsonb_array_elements((entries ->> 0)::jsonb) AS one
"""
FILL = (FILL_EMAILS, FILL_PHONES, FILL_POSTAL, FILL_STOPS, FILL_UNWRITTEN_STOPS)
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

# Extra fields by which a list numbers its members: nearly every row has a value of its own.
NUMBERS = """
UPDATE {rows} AS own SET numbers = one.numbers
FROM (
    SELECT line, jsonb_object_agg(extra.key, extra.value) AS numbers
    FROM {rows} CROSS JOIN LATERAL jsonb_each(custom) AS extra
    WHERE extra.key IN (
        SELECT extra.key FROM {rows} CROSS JOIN LATERAL jsonb_each(custom) AS extra
        WHERE extra.key = ANY(%(keys)s)
        GROUP BY extra.key
        HAVING count(*) > 1 AND count(DISTINCT extra.value) >= 0.9 * count(*))
    GROUP BY line
) AS one
WHERE one.line = own.line
"""
# A digest stays what it was for a source that gives a row again; rows of one digest that say another sex,
# another year of birth or another extra value are told apart by these.
DIGESTS = """
UPDATE {rows} SET digest = md5(digest::text || gender || custom::text || coalesce(birth_year::text, ''))::uuid
WHERE digest IN (
    SELECT digest FROM {rows} GROUP BY digest
    HAVING count(DISTINCT nullif(gender, '')) > 1 OR count(DISTINCT nullif(custom, '{{}}')) > 1
        OR count(DISTINCT birth_year) > 1)
"""
# Facts that make two rows of the file one person for certain. Names count whole: first and last. A name and a
# birth date need the place of birth beside them: homonyms of one day are two people, in one commune too, and
# the first of January is the day of those whose day nobody knew.
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
    UNION ALL
    SELECT 'name ' || nullif(fold_place(birth_place), '') || ' ' || fold(birth_department)
        || ' ' || fold(birth_country)
) AS place
WHERE birth_date IS NOT NULL AND first_name <> '' AND last_name <> '' AND place.key IS NOT NULL
  AND NOT {no_day}
"""
# Only keys that several rows share say anything.
SHARED_KEYS = """
CREATE UNLOGGED TABLE {shared} AS
SELECT keys.line, dense_rank() OVER (ORDER BY key) AS key, sort FROM {keys} AS keys
WHERE key IN (SELECT key FROM {keys} GROUP BY key HAVING count(DISTINCT line) > 1)
"""
# Kind of fact to how the rows of a group contradict each other in it.
_CONTRADICTIONS = {
    "day": """(count(DISTINCT own.birth_date) > 1
     OR count(DISTINCT coalesce(extract(year FROM own.birth_date), own.birth_year)) > 1)""",
    "sex": "count(DISTINCT nullif(own.gender, '')) > 1",
    "place": """(count(DISTINCT nullif(clean_insee_code(own.birth_place_code), '')) > 1
     OR (count(DISTINCT nullif(own.birth_place_code, '')) = 0
         AND count(DISTINCT nullif(fold_place(own.birth_place), '')) > 1))""",
    "number": "count(DISTINCT nullif(own.numbers, '{{}}')) > 1",
}
CONTRADICTED = " OR ".join(_CONTRADICTIONS.values())
_KINDS = ", ".join(f"CASE WHEN {differ} THEN '{kind}' END" for kind, differ in _CONTRADICTIONS.items())
# A father and a son with one name and one address: rows whose birth dates, sexes, places of birth or numbers
# differ share no key.
CONTRADICTED_KEYS = f"""
CREATE UNLOGGED TABLE {{apart}} AS
SELECT shared.key, array_remove(ARRAY[{_KINDS}], NULL) AS kinds
FROM {{shared}} AS shared JOIN {{rows}} AS own USING (line)
WHERE sort <> 'row'
GROUP BY shared.key
HAVING {CONTRADICTED}
"""
MARK_APART = """
UPDATE {persons} AS own SET apart = one.kinds
FROM (
    SELECT line, array_agg(DISTINCT kind) AS kinds
    FROM {shared} JOIN {apart} USING (key) CROSS JOIN unnest(kinds) AS kind
    WHERE sort <> 'born'
    GROUP BY line
) AS one
WHERE one.line = own.line
"""
DROP_CONTRADICTED_KEYS = "DELETE FROM {shared} WHERE key IN (SELECT key FROM {apart})"
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
# A row with an address and no name belongs to the only name that the file gives this address; the mailbox of
# an organisation is nobody's.
ADOPT_NAMELESS = """
UPDATE {persons} AS own SET person = sole.person
FROM (
    SELECT nameless.line, min(persons.person) AS person
    FROM {rows} AS nameless
    JOIN {emails} AS asked ON asked.line = nameless.line
    JOIN {emails} AS held ON held.normalised = asked.normalised
    JOIN {rows} AS named ON named.line = held.line AND named.name_key <> ''
    JOIN {persons} AS persons ON persons.line = named.line
    WHERE nameless.name_key = '' AND NOT {role}
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
