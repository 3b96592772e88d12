"""Which person of the base each person of the file is: certain rules only, surest first.

0  this source gave this very row before
1  same e-mail address and same whole name
2  same e-mail address and no name in the base; or half a name on either side, which fits, and the same mobile
   number too (couples share addresses), or a forename and the same birth date (twins share all but the
   forename): only one person can be meant
3  same mobile number and same whole name
4  same whole name and birth date, and the same place of birth, commune or landline: only one can be meant
5  same e-mail address or mobile number, same forename and last names that fit (one slip, a particle, a birth
   name, half of a double name), or same last name and more forenames: only one person can be meant
6  a row with an address and no name: the only person who has it, or the only one without a name who has it

A different birth date, sex or place of birth is another person. A shared address alone never makes two names
one, nor does a birth date: in a large base a name has several people of one day. Who is not certain becomes a
person of their own, and waits in the review queue (`contacts.duplicates`). Names are compared by their folded
words in any order, so that swapped columns do not matter.
"""

from __future__ import annotations

# Folded words of a name in alphabetical order, like `names.name_key`: for the few who share a fact.
WORDS = """
(SELECT coalesce(string_agg(word, ' ' ORDER BY word COLLATE "C"), '')
 FROM unnest(string_to_array({folded}, ' ')) AS word)
"""
CONTACT_KEY = WORDS.format(folded="contact.name_folded")
BIRTH_KEY = WORDS.format(folded="fold(contact.birth_name || ' ' || contact.first_name)")

COMPATIBLE = """
contact.erased_at IS NULL
AND (contact.birth_date IS NULL OR asked.birth_date IS NULL OR contact.birth_date = asked.birth_date)
AND (contact.gender = '' OR asked.gender = '' OR contact.gender = asked.gender)
AND (contact.birthplace_hash IS NULL OR asked.birthplace_hash IS NULL
     OR contact.birthplace_hash = asked.birthplace_hash)
"""
# What makes two people of one name and one birth date one: homonyms of one day live and were born elsewhere.
SUPPORTED = """
(contact.birthplace_hash = asked.birthplace_hash
 OR EXISTS (SELECT FROM {postal} AS home WHERE home.line = asked.line
            AND home.territory_id = contact.commune_id)
 OR EXISTS (SELECT FROM {postal} AS home
            JOIN contacts_postaladdress AS held
              ON held.contact_id = contact.id AND held.postcode = home.postcode AND held.postcode <> ''
             AND fold(held.city) = fold(home.city)
            WHERE home.line = asked.line)
 OR EXISTS (SELECT FROM {phones} AS given
            JOIN contacts_phonenumber AS held ON held.contact_id = contact.id AND held.e164 = given.e164
            WHERE given.line = asked.line))
"""
# Forenames and last names as rule 5 compares them.
FITTING = """
(replace(first, ' ', '') = replace(held_first, ' ', '')
 AND last_names_fit(last, birth, held_last, held_birth))
OR (last = held_last AND (held_first LIKE first || ' %%' OR first LIKE held_first || ' %%'))
"""
PIECES = {
    "contact_key": CONTACT_KEY,
    "birth_key": BIRTH_KEY,
    "compatible": COMPATIBLE,
    "fitting": FITTING,
}

# {which} restricts the persons of the file: all of them for the preview, those of a chunk for the run.
MATCH = """
WITH asked AS MATERIALIZED (
    SELECT persons.person, persons.birthplace_hash, own.*,
           fold(own.first_name) AS first, fold(own.last_name) AS last, fold(own.birth_name) AS birth
    FROM {persons} AS persons JOIN {rows} AS own USING (line)
    WHERE {which}
),
by_email AS MATERIALIZED (
    SELECT asked.line, asked.person, asked.name_key, asked.first, asked.last, asked.birth, contact.id,
           fold(contact.first_name) AS held_first, fold(contact.last_name) AS held_last,
           fold(contact.birth_name) AS held_birth, {contact_key} AS held_key,
           CASE WHEN contact.birth_name <> '' THEN {birth_key} END AS held_birth_key,
           coalesce(contact.birth_date = asked.birth_date, false) AS same_day,
           EXISTS (SELECT FROM {phones} AS number JOIN contacts_phonenumber AS held
                       ON held.contact_id = contact.id AND held.e164 = number.e164
                   WHERE number.line = asked.line AND number.kind = 'mobile') AS same_mobile
    FROM asked
    JOIN {emails} AS given USING (line)
    JOIN contacts_emailaddress AS point ON point.normalised = given.normalised
    JOIN contacts_contact AS contact ON contact.id = point.contact_id
    WHERE {compatible}
),
by_mobile AS MATERIALIZED (
    SELECT asked.line, asked.person, asked.name_key, asked.first, asked.last, asked.birth, contact.id,
           fold(contact.first_name) AS held_first, fold(contact.last_name) AS held_last,
           fold(contact.birth_name) AS held_birth, {contact_key} AS held_key
    FROM asked
    JOIN {phones} AS given ON given.line = asked.line AND given.kind = 'mobile'
    JOIN contacts_phonenumber AS point ON point.e164 = given.e164
    JOIN contacts_contact AS contact ON contact.id = point.contact_id
    WHERE asked.first <> '' AND asked.last <> '' AND {compatible}
),
found AS (
    SELECT asked.person, contact.id, 0 AS rule
    FROM asked
    JOIN contacts_sourcerow AS known ON known.source_id = %(source)s AND known.digest = asked.digest
    JOIN contacts_contact AS contact ON contact.id = known.contact_id AND contact.erased_at IS NULL
  UNION ALL
    SELECT person, id, 1 FROM by_email WHERE name_key <> '' AND name_key IN (held_key, held_birth_key)
  UNION ALL
    SELECT person, min(id), 2 FROM (
        SELECT line, person, id FROM by_email
        WHERE name_key <> '' AND name_key <> held_key AND (
            held_key = ''
            OR (held_last = last AND last <> '' AND '' IN (held_first, first) AND same_mobile)
            OR (held_first = first AND first <> '' AND '' IN (held_last, last) AND (same_mobile OR same_day)))
    ) AS half
    GROUP BY line, person HAVING count(DISTINCT id) = 1
  UNION ALL
    SELECT person, id, 3 FROM by_mobile WHERE name_key = held_key
  UNION ALL
    SELECT person, min(id), 4 FROM (
        SELECT asked.line, asked.person, contact.id
        FROM asked
        CROSS JOIN LATERAL (VALUES (asked.last || ' ' || asked.first), (asked.first || ' ' || asked.last))
            AS spelled (name)
        JOIN contacts_contact AS contact
            ON contact.name_folded = spelled.name AND contact.birth_date = asked.birth_date
        WHERE asked.first <> '' AND asked.last <> '' AND {compatible} AND {supported}
    ) AS born
    GROUP BY line, person HAVING count(DISTINCT id) = 1
  UNION ALL
    SELECT person, min(id), 5 FROM (
        SELECT line, person, first, last, birth, id, held_first, held_last, held_birth FROM by_email
        UNION SELECT line, person, first, last, birth, id, held_first, held_last, held_birth FROM by_mobile
    ) AS near
    WHERE first <> '' AND last <> '' AND held_first <> '' AND held_last <> '' AND ({fitting})
    GROUP BY line, person HAVING count(DISTINCT id) = 1
  UNION ALL
    SELECT person,
           CASE WHEN count(DISTINCT id) = 1 THEN min(id) ELSE min(id) FILTER (WHERE held_key = '') END, 6
    FROM by_email WHERE name_key = ''
    GROUP BY line, person
    HAVING count(DISTINCT id) = 1 OR count(DISTINCT id) FILTER (WHERE held_key = '') = 1
)
SELECT DISTINCT ON (person) person, id, rule FROM found WHERE id IS NOT NULL ORDER BY person, rule, id
"""
