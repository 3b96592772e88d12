"""Which person of the base each person of the file is: certain rules only, surest first.

0  this source gave this very row before
1  same e-mail address and same whole name
2  same e-mail address, one of the two has no name or half a name, which fits: only one person can be meant
3  same mobile number and same whole name
4  same whole name and same birth date: only one person can be meant
5  a row with an address and no name: the only person who has it, or the only one without a name who has it

A different birth date, sex or place of birth is another person. A shared address alone never makes two names
one. Names are compared by their folded words in any order, so that swapped columns do not matter.
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
"""
PIECES = {"contact_key": CONTACT_KEY, "birth_key": BIRTH_KEY, "compatible": COMPATIBLE}

# {which} restricts the persons of the file: all of them for the preview, those of a chunk for the run.
MATCH = """
WITH asked AS MATERIALIZED (
    SELECT persons.person, persons.birthplace_hash, own.*,
           fold(own.first_name) AS first, fold(own.last_name) AS last
    FROM {persons} AS persons JOIN {rows} AS own USING (line)
    WHERE {which}
),
by_email AS MATERIALIZED (
    SELECT asked.line, asked.person, asked.name_key, asked.first, asked.last, contact.id,
           fold(contact.first_name) AS held_first, fold(contact.last_name) AS held_last,
           {contact_key} AS held_key,
           CASE WHEN contact.birth_name <> '' THEN {birth_key} END AS held_birth_key
    FROM asked
    JOIN {emails} AS given USING (line)
    JOIN contacts_emailaddress AS point ON point.normalised = given.normalised
    JOIN contacts_contact AS contact ON contact.id = point.contact_id
    WHERE {compatible}
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
            OR (held_last = last AND last <> '' AND '' IN (held_first, first))
            OR (held_first = first AND first <> '' AND '' IN (held_last, last)))
    ) AS half
    GROUP BY line, person HAVING count(DISTINCT id) = 1
  UNION ALL
    SELECT asked.person, contact.id, 3
    FROM asked
    JOIN {phones} AS given ON given.line = asked.line AND given.kind = 'mobile'
    JOIN contacts_phonenumber AS point ON point.e164 = given.e164
    JOIN contacts_contact AS contact ON contact.id = point.contact_id
    WHERE asked.first <> '' AND asked.last <> '' AND {compatible} AND asked.name_key = {contact_key}
  UNION ALL
    SELECT person, min(id), 4 FROM (
        SELECT asked.line, asked.person, contact.id
        FROM asked
        CROSS JOIN LATERAL (VALUES (asked.last || ' ' || asked.first), (asked.first || ' ' || asked.last))
            AS spelled (name)
        JOIN contacts_contact AS contact
            ON contact.name_folded = spelled.name AND contact.birth_date = asked.birth_date
        WHERE asked.first <> '' AND asked.last <> '' AND {compatible}
          AND (contact.birthplace_hash IS NULL OR asked.birthplace_hash IS NULL
               OR contact.birthplace_hash = asked.birthplace_hash)
    ) AS born
    GROUP BY line, person HAVING count(DISTINCT id) = 1
  UNION ALL
    SELECT person,
           CASE WHEN count(DISTINCT id) = 1 THEN min(id) ELSE min(id) FILTER (WHERE held_key = '') END, 5
    FROM by_email WHERE name_key = ''
    GROUP BY line, person
    HAVING count(DISTINCT id) = 1 OR count(DISTINCT id) FILTER (WHERE held_key = '') = 1
)
SELECT DISTINCT ON (person) person, id, rule FROM found WHERE id IS NOT NULL ORDER BY person, rule, id
"""
