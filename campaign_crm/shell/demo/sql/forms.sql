-- What people sent by the present form, as tracking.services.sign_ups keeps it.
INSERT INTO tracking_submission (id, form_id, contact_id, data, ip, at, confirmed_at)
SELECT staging.demo_submission(number), %(form)s, %(first)s + number,
       jsonb_build_object(
           'values', jsonb_strip_nulls(jsonb_build_object(
               'first_name', first_name, 'last_name', last_name, 'email', email, 'phone', phone,
               'postcode', nullif(postcode, ''), 'city', nullif(city, ''))),
           'consents', coalesce(agreed.wordings, CASE WHEN spoke_at IS NULL THEN %(asked)s::jsonb ELSE '[]' END),
           'newsletters', coalesce(chosen.newsletters, '[]'),
           'looks_automatic', false, 'asked', true),
       ('192.0.2.' || 1 + floor(254 * staging.demo_draw(number, 'ip'))::int)::inet, created_at, spoke_at
  FROM staging.demo_person
  JOIN staging.demo_origin USING (origin)
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(wording_id ORDER BY id) AS wordings
         FROM contacts_consent WHERE contact_id = %(first)s + number AND given) AS agreed ON true
  LEFT JOIN LATERAL (
       SELECT jsonb_agg(newsletter_id ORDER BY id) AS newsletters
         FROM contacts_subscription WHERE contact_id = %(first)s + number) AS chosen ON true
 WHERE source_id = %(form_source)s
 ORDER BY number;

-- Robots fell into the trap: they wait for a look.
INSERT INTO tracking_submission (id, form_id, state, reasons, data, ip, at)
SELECT md5(%(salt)s || 'robot ' || number)::uuid, %(form)s, 'waiting', '{trap}',
       '{"values": {"email": "robot@example.net"}, "consents": [], "newsletters": [], "looks_automatic": true}',
       '198.51.100.7', created_at
  FROM staging.demo_person JOIN staging.demo_origin USING (origin)
 WHERE source_id = %(form_source)s AND staging.demo_draw(number, 'robot') < 0.006
 ORDER BY number;

INSERT INTO tracking_interaction (at, event_id, kind, contact_id, data)
SELECT done_at, md5(%(salt)s || act || id)::uuid, act, contact_id,
       jsonb_build_object('form', form_id, 'submission', id)
  FROM tracking_submission
 CROSS JOIN LATERAL (VALUES ('sign_up', tracking_submission.at), ('confirm', confirmed_at)) AS done (act, done_at)
 WHERE contact_id BETWEEN %(first)s AND %(last)s AND done_at IS NOT NULL
 ORDER BY done_at, id, act;
