"""Who of a file is certain of nobody, because another person of it would be the same one of the base."""

from __future__ import annotations

# People of the file, of those that {which} says, who would be a contact that another person of the file would
# be too. By the row itself they are known whoever else is there, and by their whole name unless the other one
# has it as well.
CONTESTED = """
WITH mine AS MATERIALIZED (
    SELECT target.contact_id FROM {targets} AS target
    WHERE target.rule > 0 AND {which}
      AND EXISTS (SELECT FROM {targets} AS other
                  WHERE other.contact_id = target.contact_id AND other.person <> target.person)
), one AS MATERIALIZED (
    SELECT target.contact_id, target.person, target.rule, {which} AS is_asked,
           (array_agg(fold(own.first_name) ORDER BY own.name_key = '', own.line))[1] AS first,
           (array_agg(fold(own.last_name) ORDER BY own.name_key = '', own.line))[1] AS last,
           (array_agg(fold(own.birth_name) ORDER BY own.name_key = '', own.line))[1] AS birth,
           max(own.name_key) AS name_key, max(own.birth_date) AS birth_date,
           coalesce(extract(year FROM max(own.birth_date)), max(own.birth_year)) AS birth_year,
           nullif(max(own.gender), '') AS gender
    FROM (SELECT DISTINCT contact_id FROM mine) AS shared
    JOIN {targets} AS target USING (contact_id)
    JOIN {persons} AS persons ON persons.person = target.person
    JOIN {rows} AS own ON own.line = persons.line
    GROUP BY target.contact_id, target.person, target.rule, target.is_new
)
INSERT INTO {contested} (person)
SELECT DISTINCT one.person
FROM one JOIN one AS other ON other.contact_id = one.contact_id AND other.person <> one.person
WHERE one.is_asked AND one.rule > 0 AND (
    one.birth_date <> other.birth_date OR one.birth_year <> other.birth_year OR one.gender <> other.gender
    OR one.rule = 7
    OR (one.rule IN (2, 5) AND '' NOT IN (one.name_key, other.name_key) AND one.name_key <> other.name_key
        AND NOT (
            ('' IN (one.first, other.first) OR replace(one.first, ' ', '') = replace(other.first, ' ', '')
             OR one.first LIKE other.first || ' %%' OR other.first LIKE one.first || ' %%')
            AND ('' IN (one.last, other.last)
                 OR last_names_fit(one.last, one.birth, other.last, other.birth)))))
ON CONFLICT DO NOTHING
"""
