-- What each person agreed to, under the sentence that was shown then.
INSERT INTO contacts_consent (
    contact_id, channel, purpose, given, at, wording_id, source_id, proof, created_by_import_id)
SELECT %(first)s + number, channel, purpose, true, said_at,
       CASE WHEN said_at < %(new_wording)s THEN before_id ELSE since_id END, source_id,
       CASE WHEN source_id = %(form_source)s
            THEN jsonb_build_object('form', %(form)s, 'submission', staging.demo_submission(number))
            ELSE proof END,
       import_id
  FROM staging.demo_person
  JOIN staging.demo_origin USING (origin)
  JOIN staging.demo_word ON said & (1 << bit) <> 0
 CROSS JOIN LATERAL (SELECT coalesce(spoke_at, created_at) AS said_at) AS moment
 ORDER BY number, bit;

-- A few thought better of it, on their preference page.
WITH withdrawn AS (
    INSERT INTO contacts_consent (contact_id, channel, purpose, given, at, proof)
    SELECT %(first)s + number, channel, purpose, false,
           greatest(spoke_at, %(acts_since)s)
               + staging.demo_draw(number, 'when withdrawn')
               * (%(now)s - greatest(spoke_at, %(acts_since)s)),
           '{"how": "preferences page"}'
      FROM staging.demo_person
      JOIN staging.demo_word ON said & (1 << bit) <> 0 AND channel = 'email'
     WHERE staging.demo_draw(number * 8 + bit, 'withdrawn') < 0.012
     ORDER BY number, bit
    RETURNING contact_id, at)
INSERT INTO tracking_interaction (at, event_id, kind, contact_id, data)
SELECT DISTINCT ON (contact_id) at, md5(%(salt)s || 'preferences ' || contact_id - %(first)s)::uuid,
       'preferences', contact_id, '{"channel": "email"}'
  FROM withdrawn ORDER BY contact_id, at;

-- Newsletters: the national ones, and the one of their department.
INSERT INTO contacts_subscription (contact_id, newsletter_id, source_id, started_at)
SELECT %(first)s + person.number, newsletter_id, source_id, coalesce(spoke_at, created_at)
  FROM staging.demo_person AS person
  JOIN staging.demo_origin USING (origin)
  JOIN staging.demo_newsletter AS newsletter
    ON staging.demo_draw(person.number * 32 + newsletter.number, 'subscribes') < newsletter.share
  LEFT JOIN contacts_territoryancestor AS inside
    ON inside.descendant_id = person.commune_id AND inside.ancestor_id = newsletter.territory_id
 WHERE email IS NOT NULL AND (said & 1 = 1 OR relationship = 'member')
   AND (newsletter.territory_id IS NULL OR inside.ancestor_id IS NOT NULL)
 ORDER BY person.number, newsletter.number;

-- Some left one of them since.
UPDATE contacts_subscription AS subscription
   SET ended_at = started_at
                  + staging.demo_draw(contact_id - %(first)s, 'when left') * (%(now)s - started_at)
  FROM staging.demo_newsletter AS newsletter
 WHERE contact_id BETWEEN %(first)s AND %(last)s AND newsletter.newsletter_id = subscription.newsletter_id
   AND staging.demo_draw((contact_id - %(first)s) * 32 + newsletter.number, 'left one') < 0.02;
