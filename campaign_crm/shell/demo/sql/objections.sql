-- People who asked a member of the team, or answered STOP. As when somebody leaves by a link, whoever has the
-- address is not written to any more.
INSERT INTO contacts_suppression (address_hash, channel, scope, reason, at, detail)
SELECT DISTINCT ON (address_hash) address_hash, 'email', 'political', 'objection',
       created_at + staging.demo_draw(contact_id - %(first)s, 'when objected') * (%(now)s - created_at), '{}'::jsonb
  FROM contacts_emailaddress
 WHERE contact_id BETWEEN %(first)s AND %(last)s
   AND staging.demo_draw(contact_id - %(first)s, 'objects') < 0.0015
 ORDER BY address_hash, contact_id
    ON CONFLICT DO NOTHING;

INSERT INTO contacts_suppression (address_hash, channel, scope, reason, at, detail)
SELECT DISTINCT ON (address_hash) address_hash, 'sms', 'political', 'stop',
       created_at + staging.demo_draw(contact_id - %(first)s, 'when stopped') * (%(now)s - created_at), '{}'::jsonb
  FROM contacts_phonenumber
 WHERE contact_id BETWEEN %(first)s AND LEAST(%(last)s, %(first)s + 20000) AND line = 'mobile'
   AND staging.demo_draw(contact_id - %(first)s, 'stops') < 0.006
 ORDER BY address_hash, contact_id
    ON CONFLICT DO NOTHING;

-- The opt-out file that the team brought from its former tool: addresses nobody here has.
INSERT INTO contacts_suppression (address_hash, channel, scope, reason, at, detail)
SELECT crm_keyed_hash('email', 'ancien.contact' || number || '@example.net'), 'email', 'political', 'imported',
       %(optout_file)s, '{"file": "desinscrits-ancien-outil.csv"}'
  FROM generate_series(1, greatest(3, (%(last)s - %(first)s) / 400)) AS number
    ON CONFLICT DO NOTHING;
