-- Who signed the petition: people who had signed up, some of whom show their name.
INSERT INTO tracking_submission
       (id, form_id, version_id, contact_id, data, language, credit, shows_name, at, counted_at)
SELECT md5(%(salt)s || 'petition ' || number)::uuid, form.id, form.published_id, %(first)s + number,
       jsonb_build_object('values', jsonb_build_object('first_name', first_name, 'last_name', last_name),
                          'answers', '{}'::jsonb, 'consents', '[]'::jsonb, 'newsletters', '[]'::jsonb,
                          'looks_automatic', false),
       'fr', (ARRAY['', '', 'tract', 'lettre', 'reseaux'])[1 + floor(5 * staging.demo_draw(number, 'credit'))::int],
       staging.demo_draw(number, 'shows') < 0.6, moment.at, moment.at + interval '48 hours'
  FROM staging.demo_person
  JOIN staging.demo_origin USING (origin)
  JOIN tracking_form AS form ON form.id = %(petition)s
 CROSS JOIN LATERAL (
       SELECT %(now)s::timestamptz - interval '3 days'
              - (60 * staging.demo_draw(number, 'signed') ^ 2) * interval '1 day' AS at) AS moment
 WHERE demo_origin.source_id = %(form_source)s AND staging.demo_draw(number, 'signs') < 0.25 AND moment.at > demo_person.created_at
 ORDER BY number;

-- Answers to the survey: nobody's name, as most people answer it.
INSERT INTO tracking_submission (id, form_id, version_id, data, language, credit, at)
SELECT md5(%(salt)s || 'survey ' || number)::uuid, form.id, form.published_id,
       jsonb_build_object(
           'values', '{}'::jsonb, 'consents', '[]'::jsonb, 'newsletters', '[]'::jsonb, 'looks_automatic', false,
           'answers', jsonb_build_object(
               'theme', jsonb_build_array('o' || 1 + floor(4 * staging.demo_draw(number, 'theme') ^ 1.6)::int),
               'satisfaction', jsonb_build_array((1 + floor(5 * staging.demo_draw(number, 'content')))::text))),
       'fr', (ARRAY['', 'lettre', 'tract'])[1 + floor(3 * staging.demo_draw(number, 'survey credit'))::int],
       %(now)s::timestamptz - (38 * staging.demo_draw(number, 'answered') ^ 1.5) * interval '1 day'
  FROM generate_series(1, 180) AS number
  JOIN tracking_form AS form ON form.id = %(survey)s
 ORDER BY number;
