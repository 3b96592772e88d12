"""Which person of the base each person of the file is: certain rules only, surest first.

0  this source gave this very row before
1  same e-mail address and same whole name
2  same e-mail address and no name in the base; or half a name on either side, which fits, and the same mobile
   number too (couples share addresses), or a forename and the same birth date (twins share all but the
   forename): only one person can be meant
3  same mobile number and same whole name
4  same whole name, birth date and place of birth: only one can be meant
5  same e-mail address or mobile number, same forename and last names that fit (one slip, a particle, a birth
   name, half of a double name): only one person can be meant. Or same last name and more forenames, and a
   second fact: the birth date, or the other one of e-mail and mobile
6  a row with an address and no name: the only person who has it, or the only one without a name who has it
7  a corrected row of a file of rejected ones: this source gave it before but for a value that was unreadable

Where rules 1 and 3 find several people, that is the one with most other facts of the row; a father and a son
of one name who are equal in that are neither. A different birth date, sex or place of birth is another one,
and so is a different year where one of them says no more; that two years are the same makes nobody one. A
shared address alone never makes two names one, nor does a birth date with a home: in a large commune a name
has several people of one day, and those whose day nobody knew were born on the first of January.
"Jean-Pierre" is no "Jean" with a second forename, and "Jean et Marie" are two people. A mailbox of an
organisation gives nobody a name. A stub of a roll has the name of its elector.

What this import has written itself is left out: two people whom the rules of the file keep apart stay two,
wherever their rows stand. A contact whom several people of the file would be, whose names do not fit each
other or whose days or sexes differ, is certain for none of them: a couple at an address that came in without
a name.

Rows that differ in sex, day, place or number at one address and name (`persons.apart`) are known by that fact
alone. Who is not certain becomes a person of their own, and waits in the review queue
(`contacts.duplicates`). Names are compared by their folded words in any order, so that swapped columns do not
matter.
"""

from __future__ import annotations

from contacts.duplicates.candidates import NOBODYS

# Folded words of a name in alphabetical order, like `names.name_key`: for the few who share a fact.
WORDS = """
(SELECT coalesce(string_agg(word, ' ' ORDER BY word COLLATE "C"), '')
 FROM unnest(string_to_array({folded}, ' ')) AS word)
"""
CONTACT_KEY = WORDS.format(folded="fold(held.last_name || ' ' || held.first_name)")
BIRTH_KEY = WORDS.format(folded="fold(held.birth_name || ' ' || held.first_name)")

# What a contact says of itself; a stub is who its elector is, by the first forename or by all of them.
HELD = """
CROSS JOIN LATERAL (
    SELECT contact.first_name, contact.last_name, contact.birth_name, contact.birth_date, contact.gender,
           contact.birthplace_hash, contact.birth_year
    WHERE NOT contact.is_stub
  UNION ALL
    SELECT forename.used, coalesce(nullif(elector.used_name, ''), elector.birth_name), elector.birth_name,
           elector.birth_date, elector.gender, elector.birthplace_hash,
           substring(elector.birth_date_raw FROM '[0-9]{4}')::integer
    FROM contacts_electoralregistration AS elector
    CROSS JOIN LATERAL (
        SELECT elector.first_names UNION SELECT (regexp_split_to_array(elector.first_names, '[ ,]+'))[1]
    ) AS forename (used)
    WHERE contact.is_stub AND elector.contact_id = contact.id
) AS held
"""
COMPATIBLE = """
contact.erased_at IS NULL
AND (held.birth_date IS NULL OR asked.birth_date IS NULL OR held.birth_date = asked.birth_date)
AND coalesce(coalesce(extract(year FROM held.birth_date), held.birth_year)
             = coalesce(extract(year FROM asked.birth_date), asked.birth_year), true)
AND (held.gender = '' OR asked.gender = '' OR held.gender = asked.gender)
AND (held.birthplace_hash IS NULL OR asked.birthplace_hash IS NULL
     OR held.birthplace_hash = asked.birthplace_hash)
"""
# The digest of a row says all but the sex and a year alone. Somebody may have corrected these by hand since.
_CORRECTED = """
EXISTS (SELECT FROM platform_auditentry AS entry
        WHERE entry.object_type = 'contacts.contact' AND entry.object_id = contact.id::text
          AND entry.action = 'contact.update' AND entry.fields ?| ARRAY[{0}])
"""
STILL_THE_SAME = f"""
(contact.gender = '' OR asked.gender = '' OR contact.gender = asked.gender OR {_CORRECTED.format("'gender'")})
AND (coalesce(coalesce(extract(year FROM contact.birth_date), contact.birth_year) = asked.birth_year, true)
     OR {_CORRECTED.format("'birth_date', 'birth_year'")})
"""
# Of the base as it was when the import began: not what its earlier chunks have written.
BEFORE = """
contact.created_by_import_id IS DISTINCT FROM %(import)s
AND point.created_by_import_id IS DISTINCT FROM %(import)s
"""
TWO_NAMED = "({0} ~* '(&|[+]|/|\\m(et|and|ou)\\M)')"
NO_DAY = "(extract(month FROM {0}) = 1 AND extract(day FROM {0}) = 1)"
ROLE = (
    "(substring(split_part({0}, '@', 1) FROM '^[a-z]+') IN ("
    + ", ".join(f"'{name}'" for name in NOBODYS)
    + "))"
)
# Forenames and last names as rule 5 compares them.
FITTING = f"""
(replace(first, ' ', '') = replace(held_first, ' ', '')
 AND last_names_fit(last, birth, held_last, held_birth))
OR (last = held_last AND (held_first LIKE first || ' %%' OR first LIKE held_first || ' %%')
    AND (same_day OR (same_other AND position('-' IN written || held_written) = 0))
    AND NOT {TWO_NAMED.format("written || '|' || held_written")})
"""
SAME_MOBILE = """
EXISTS (SELECT FROM {phones} AS number JOIN contacts_phonenumber AS held
            ON held.contact_id = contact.id AND held.e164 = number.e164
        WHERE number.line = asked.line AND number.kind = 'mobile')
"""
SAME_EMAIL = """
EXISTS (SELECT FROM {emails} AS written JOIN contacts_emailaddress AS held
            ON held.contact_id = contact.id AND held.normalised = written.normalised
        WHERE written.line = asked.line)
"""
SAME_NUMBER = """
EXISTS (SELECT FROM jsonb_each(asked.numbers) AS own WHERE contact.custom -> own.key = own.value)
"""
SAME_HOME = """
EXISTS (SELECT FROM {postal} AS home WHERE home.line = asked.line AND home.territory_id = contact.commune_id)
"""
# What tells one of several people of a name and an address from the others.
FACTS = """
coalesce(contact.birth_date = asked.birth_date, false)::int + {same_number}::int
+ (asked.gender <> '' AND contact.gender = asked.gender)::int
+ {same_mobile}::int + {same_email}::int + {same_home}::int
"""
# The very fact by which the rows of the file are two people must say which of them the contact is.
DECIDED = """
(('day' = ANY(asked.apart) AND contact.birth_date = asked.birth_date)
 OR ('sex' = ANY(asked.apart) AND asked.gender <> '' AND contact.gender = asked.gender)
 OR ('place' = ANY(asked.apart) AND contact.birthplace_hash = asked.birthplace_hash)
 OR ('number' = ANY(asked.apart) AND {same_number}))
"""
NEAR = """
line, person, first, last, birth, written, id, held_first, held_last, held_birth, held_written, same_day,
same_other
"""
PIECES = {
    "contact_key": CONTACT_KEY,
    "birth_key": BIRTH_KEY,
    "held": HELD,
    "compatible": COMPATIBLE,
    "before": BEFORE,
    "still_the_same": STILL_THE_SAME,
    "role": ROLE.format("given.normalised"),
    "two_named": TWO_NAMED.format("written"),
    "no_day": NO_DAY.format("asked.birth_date"),
    "fitting": FITTING,
    "near": NEAR,
}
# These name working tables themselves; the last ones are made of the first.
STAGED = {
    "same_mobile": SAME_MOBILE,
    "same_email": SAME_EMAIL,
    "same_number": SAME_NUMBER,
    "same_home": SAME_HOME,
}
MADE_OF_STAGED = {"facts": FACTS, "decided": DECIDED}

# {which} restricts the persons of the file: all of them for the preview, those of a chunk for the run.
MATCH = """
WITH asked AS MATERIALIZED (
    SELECT persons.person, persons.birthplace_hash, persons.apart, own.*,
           fold(own.first_name) AS first, fold(own.last_name) AS last, fold(own.birth_name) AS birth
    FROM {persons} AS persons JOIN {rows} AS own USING (line)
    WHERE {which}
),
by_email AS MATERIALIZED (
    SELECT asked.line, asked.person, asked.name_key, asked.first, asked.last, asked.birth,
           asked.first_name AS written, contact.id, contact.is_stub, {role} AS at_a_role,
           fold(held.first_name) AS held_first, fold(held.last_name) AS held_last,
           fold(held.birth_name) AS held_birth, held.first_name AS held_written, {contact_key} AS held_key,
           CASE WHEN held.birth_name <> '' THEN {birth_key} END AS held_birth_key,
           coalesce(held.birth_date = asked.birth_date, false) AS same_day, {same_mobile} AS same_other
    FROM asked
    JOIN {emails} AS given USING (line)
    JOIN contacts_emailaddress AS point ON point.normalised = given.normalised
    JOIN contacts_contact AS contact ON contact.id = point.contact_id
    {held}
    WHERE {compatible} AND {before}
),
by_mobile AS MATERIALIZED (
    SELECT asked.line, asked.person, asked.name_key, asked.first, asked.last, asked.birth,
           asked.first_name AS written, contact.id,
           fold(held.first_name) AS held_first, fold(held.last_name) AS held_last,
           fold(held.birth_name) AS held_birth, held.first_name AS held_written, {contact_key} AS held_key,
           coalesce(held.birth_date = asked.birth_date, false) AS same_day, {same_email} AS same_other
    FROM asked
    JOIN {phones} AS given ON given.line = asked.line AND given.kind = 'mobile'
    JOIN contacts_phonenumber AS point ON point.e164 = given.e164
    JOIN contacts_contact AS contact ON contact.id = point.contact_id
    {held}
    WHERE asked.first <> '' AND asked.last <> '' AND {compatible} AND {before}
),
found AS (
    SELECT asked.person, contact.id, 0 AS rule
    FROM asked
    JOIN contacts_sourcerow AS known ON known.source_id = %(source)s AND known.digest = asked.digest
    JOIN contacts_contact AS contact ON contact.id = known.contact_id AND contact.erased_at IS NULL
    WHERE {still_the_same} AND {known_before}
  UNION ALL
    SELECT asked.person, contact.id, 7
    FROM asked
    CROSS JOIN LATERAL jsonb_array_elements_text(asked.mends) AS mended
    JOIN contacts_sourcerow AS known ON known.source_id = %(source)s AND known.digest = mended::uuid
    JOIN contacts_contact AS contact ON contact.id = known.contact_id AND contact.erased_at IS NULL
    WHERE asked.mends <> '[]' AND {still_the_same} AND {known_before}
  UNION ALL
    SELECT person, id, 1 FROM by_email WHERE name_key <> '' AND name_key IN (held_key, held_birth_key)
  UNION ALL
    SELECT person, id, 2 FROM by_email
    WHERE name_key <> '' AND name_key <> held_key AND (
        (held_key = '' AND NOT is_stub AND NOT at_a_role)
        OR (held_last = last AND last <> '' AND '' IN (held_first, first) AND same_other
            AND NOT {two_named})
        OR (held_first = first AND first <> '' AND '' IN (held_last, last) AND (same_other OR same_day)))
  UNION ALL
    SELECT person, id, 3 FROM by_mobile WHERE name_key = held_key
  UNION ALL
    SELECT asked.person, contact.id, 4
    FROM asked
    CROSS JOIN LATERAL (VALUES (asked.last || ' ' || asked.first), (asked.first || ' ' || asked.last))
        AS spelled (name)
    JOIN contacts_contact AS contact
        ON contact.name_folded = spelled.name AND contact.birth_date = asked.birth_date
    {held}
    WHERE asked.first <> '' AND asked.last <> '' AND {compatible} AND NOT {no_day}
      AND contact.birthplace_hash = asked.birthplace_hash
      AND contact.created_by_import_id IS DISTINCT FROM %(import)s
  UNION ALL
    SELECT person, id, 5 FROM (
        SELECT {near} FROM by_email UNION SELECT {near} FROM by_mobile
    ) AS near
    WHERE first <> '' AND last <> '' AND held_first <> '' AND held_last <> '' AND ({fitting})
  UNION ALL
    SELECT person,
           CASE WHEN count(DISTINCT id) = 1 THEN min(id) ELSE min(id) FILTER (WHERE held_key = '') END, 6
    FROM by_email WHERE name_key = '' AND NOT at_a_role
    GROUP BY person
    HAVING count(DISTINCT id) = 1 OR count(DISTINCT id) FILTER (WHERE held_key = '') = 1
),
candidate AS MATERIALIZED (
    SELECT person, id, min(rule) AS rule, CASE rule WHEN 3 THEN 1 ELSE rule END AS step,
           count(*) OVER (PARTITION BY person, CASE rule WHEN 3 THEN 1 ELSE rule END) AS people
    FROM found GROUP BY person, id, CASE rule WHEN 3 THEN 1 ELSE rule END
),
weighed AS MATERIALIZED (
    SELECT candidate.person, candidate.id, candidate.step, max({facts}) AS facts,
           count(asked.apart) = 0 OR coalesce(bool_or({decided}), false) AS decided
    FROM candidate
    JOIN asked ON asked.person = candidate.person
    JOIN contacts_contact AS contact ON contact.id = candidate.id
    WHERE candidate.step > 0 AND ((candidate.step = 1 AND candidate.people > 1) OR asked.apart IS NOT NULL)
    GROUP BY candidate.person, candidate.id, candidate.step
),
best AS (
    SELECT candidate.*, rank() OVER (PARTITION BY candidate.person, candidate.step
                                     ORDER BY coalesce(weighed.facts, 0) DESC) AS place
    FROM candidate LEFT JOIN weighed USING (person, id, step)
    WHERE coalesce(weighed.decided, true)
),
chosen AS (
    SELECT person, step, min(id) AS id, min(rule) AS rule, count(*) = 1 OR step = 0 AS is_certain
    FROM best WHERE place = 1 OR step > 1
    GROUP BY person, step
)
SELECT DISTINCT ON (person) person, id, rule
FROM (SELECT *, bool_or(step = 1 AND NOT is_certain) OVER (PARTITION BY person) AS is_doubted
      FROM chosen) AS one
WHERE is_certain AND (step = 0 OR NOT is_doubted)
ORDER BY person, step
"""

# A row that an earlier attempt of this import wrote; the preview sees the base as it was before.
KNOWN_BEFORE = "known.created_by_import_id IS DISTINCT FROM %(import)s"
