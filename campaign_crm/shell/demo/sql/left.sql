-- Who left because of this mailing, or cannot be reached any more; as the pages and the dispatch write it down.
CREATE TEMPORARY TABLE demo_left ON COMMIT DROP AS
SELECT contact_id, address_hash, number, department, CASE state WHEN 'bounced' THEN 'hard_bounce'
                                                                WHEN 'complained' THEN 'complaint'
                                                                WHEN 'suppressed' THEN 'objection'
                                                                ELSE 'unsubscribe' END AS how,
       CASE state WHEN 'suppressed' THEN %(frozen)s + interval '5 seconds'
                  WHEN 'bounced' THEN settled_at
                  WHEN 'complained' THEN settled_at
                  ELSE handed_at + make_interval(
                      secs => 90 + 90000 * staging.demo_draw(number * 64 + %(mailing)s, 'leaves later') ^ 3)
                  END AS at
  FROM staging.demo_recipient
 WHERE state IN ('bounced', 'complained', 'suppressed')
    OR state IN ('accepted', 'delivered')
       AND staging.demo_draw(number * 64 + %(mailing)s, 'leaves') < 0.0035;

INSERT INTO staging.demo_departure
SELECT contact_id, address_hash, %(campaign)s, at, how FROM demo_left;

INSERT INTO contacts_suppression (address_hash, channel, scope, reason, at, detail)
SELECT address_hash, 'email',
       CASE WHEN how IN ('unsubscribe', 'objection') THEN 'political' ELSE 'everything' END, how, at,
       CASE how WHEN 'objection' THEN '{}' ELSE jsonb_build_object('campaign', %(campaign)s) END
  FROM demo_left ORDER BY at, number
    ON CONFLICT DO NOTHING;

UPDATE contacts_emailaddress SET status = 'bounced'
 WHERE status = 'active' AND address_hash IN (SELECT address_hash FROM demo_left WHERE how = 'hard_bounce');

INSERT INTO contacts_consent (contact_id, channel, purpose, given, at, proof)
SELECT contact_id, 'email', 'messages', false, at,
       jsonb_build_object('campaign', %(campaign)s, 'how', 'unsubscribe link')
  FROM demo_left WHERE how = 'unsubscribe' ORDER BY at, number;

INSERT INTO tracking_interaction (
    at, event_id, kind, contact_id, campaign_id, ledger_month, department, data)
SELECT at, md5(format('%%s%%s left %%s', %(salt)s, %(mailing)s, number))::uuid, 'unsubscribe', contact_id,
       %(campaign)s, %(month)s, department, '{"from": "everything"}'
  FROM demo_left WHERE how = 'unsubscribe' ORDER BY at, number;

-- Some leave only this newsletter.
WITH ended AS (
    UPDATE contacts_subscription AS subscription
       SET ended_at = handed_at + make_interval(
               secs => 200 + 40000 * staging.demo_draw(number * 64 + %(mailing)s, 'ends later') ^ 2)
      FROM staging.demo_recipient AS recipient
     WHERE subscription.id = recipient.subscription_id AND state = 'delivered'
       AND staging.demo_draw(number * 64 + %(mailing)s, 'ends') < 0.002
       AND NOT EXISTS (SELECT FROM demo_left WHERE demo_left.contact_id = recipient.contact_id)
    RETURNING recipient.contact_id, number, department, ended_at)
INSERT INTO tracking_interaction (at, event_id, kind, contact_id, campaign_id, ledger_month, department, data)
SELECT ended_at, md5(format('%%s%%s ended %%s', %(salt)s, %(mailing)s, number))::uuid, 'unsubscribe',
       contact_id, %(campaign)s, %(month)s, department,
       jsonb_build_object('from', 'newsletter', 'newsletter', %(newsletter)s)
  FROM ended ORDER BY number;

INSERT INTO tracking_campaigncounter (campaign_id, metric, department, delta, at)
SELECT %(campaign)s, 'unsubscribes', department, count(*), max(at)
  FROM tracking_interaction
 WHERE campaign_id = %(campaign)s AND kind = 'unsubscribe' AND at >= %(started)s AND at < %(now)s
 GROUP BY department ORDER BY department;

DROP TABLE demo_left;
