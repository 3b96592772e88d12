INSERT INTO contacts_contacttag (contact_id, tag_id, added_by_id, created_at)
SELECT %(first)s + person.number, tag_id, %(officer)s,
       created_at + staging.demo_draw(person.number, 'when tagged') * (%(now)s - created_at)
  FROM staging.demo_person AS person
  JOIN staging.demo_origin USING (origin)
  JOIN staging.demo_tag AS tag
    ON staging.demo_draw(person.number * 32 + tag.number, 'tagged')
       < CASE relationship WHEN 'member' THEN of_members ELSE share END
 ORDER BY person.number, tag.number;

INSERT INTO contacts_contacttag (contact_id, tag_id, created_at)
SELECT %(first)s + number, %(form_tag)s, created_at
  FROM staging.demo_person JOIN staging.demo_origin USING (origin)
 WHERE source_id = %(form_source)s
 ORDER BY number;

INSERT INTO contacts_listmembership (list_id, contact_id, created_at)
SELECT list_id, %(first)s + person.number,
       created_at + staging.demo_draw(person.number, 'when listed') * (%(now)s - created_at)
  FROM staging.demo_person AS person
  JOIN staging.demo_list AS list
    ON staging.demo_draw(person.number * 32 + list.number, 'listed') < list.share
 ORDER BY list.number, person.number;

INSERT INTO contacts_note (contact_id, author_id, body, created_at)
SELECT %(first)s + number,
       CASE WHEN staging.demo_draw(number, 'author') < 0.7 THEN %(officer)s ELSE %(administrator)s END,
       (%(notes)s::text[])[1 + floor(cardinality(%(notes)s::text[]) * staging.demo_draw(number, 'note'))::int],
       created_at + staging.demo_draw(number, 'when noted') * (%(now)s - created_at)
  FROM staging.demo_person
 WHERE staging.demo_draw(number, 'noted') < 0.02
 ORDER BY number;

-- Calls and meetings that somebody logged.
INSERT INTO tracking_interaction (at, event_id, kind, contact_id, data)
SELECT greatest(created_at, %(acts_since)s)
           + staging.demo_draw(number, 'when met') * (%(now)s - greatest(created_at, %(acts_since)s)),
       md5(%(salt)s || 'met ' || number)::uuid,
       CASE WHEN staging.demo_draw(number, 'how met') < 0.7 THEN 'call' ELSE 'meeting' END,
       %(first)s + number, jsonb_build_object('by', %(officer)s)
  FROM staging.demo_person
  JOIN staging.demo_origin USING (origin)
 WHERE staging.demo_draw(number, 'met') < CASE relationship WHEN 'member' THEN 0.06 ELSE 0.008 END
 ORDER BY number;
