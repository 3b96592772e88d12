-- What people, privacy proxies and scanners did with the message. Whoever agreed to be measured is named; the
-- others are a random number that only their message carried.
DROP TABLE IF EXISTS staging.demo_hit;
CREATE UNLOGGED TABLE staging.demo_hit AS
WITH reader AS (
    SELECT number, measured, contact_id, department, handed_at,
           number * 64 + %(mailing)s AS message,
           staging.demo_draw(number, 'interest') AS interest,
           staging.demo_draw(number, 'mailbox') AS mailbox,
           staging.demo_draw(number * 64 + %(mailing)s, 'reads') AS reads
      FROM staging.demo_recipient WHERE state IN ('accepted', 'delivered', 'complained')
), opener AS (
    SELECT reader.*,
           handed_at + make_interval(secs => 50 + 220000 * staging.demo_draw(message, 'later') ^ 5) AS opened_at
      FROM reader WHERE reads < 0.05 + 0.7 * interest * interest
), opened AS (
    SELECT message, measured, contact_id, department, 'open' AS kind, 'human' AS hit_class, NULL::int AS link,
           opened_at + make_interval(secs => again * again * 30000 * staging.demo_draw(message + again, 'again'))
               AS at
      FROM opener
     CROSS JOIN LATERAL generate_series(
           0, CASE WHEN staging.demo_draw(message, 'reopens') < 0.28 THEN 1 ELSE 0 END
              + CASE WHEN staging.demo_draw(message, 'reopens more') < 0.06 THEN 2 ELSE 0 END) AS again
), clicked AS (
    SELECT message, measured, contact_id, department, 'click', 'human',
           1 + floor(%(links)s * staging.demo_draw(message + again, 'link') ^ 1.8)::int,
           opened_at + make_interval(secs => 6 + (again + 1) * 80 * staging.demo_draw(message + again, 'reading'))
      FROM opener
     CROSS JOIN LATERAL generate_series(
           0, CASE WHEN staging.demo_draw(message, 'clicks more') < 0.18 THEN 1 ELSE 0 END) AS again
     WHERE staging.demo_draw(message, 'clicks') < 0.07 + 0.22 * interest AND %(links)s > 0
), fetched AS (
    SELECT message, measured, contact_id, department, 'open', 'privacy_proxy', NULL::int,
           handed_at + make_interval(secs => 20 + 600 * staging.demo_draw(message, 'fetched'))
      FROM reader WHERE mailbox < 0.13
), scanned AS (
    SELECT message, measured, contact_id, department, 'click', 'scanner', link,
           handed_at + make_interval(secs => 1 + link)
      FROM reader CROSS JOIN LATERAL generate_series(1, %(links)s) AS link
     WHERE mailbox > 0.985
)
SELECT hit.*, row_number() OVER (ORDER BY at, message, kind, link) AS place
  FROM (SELECT * FROM opened UNION ALL SELECT * FROM clicked UNION ALL SELECT * FROM fetched
         UNION ALL SELECT * FROM scanned) AS hit
 WHERE at < %(now)s;

INSERT INTO tracking_interaction (
    at, event_id, kind, hit_class, contact_id, campaign_id, ledger_month, link_number, department, visitor,
    user_agent)
SELECT at, md5(format('%%s%%s hit %%s', %(salt)s, %(mailing)s, place))::uuid, kind, hit_class,
       CASE WHEN measured THEN contact_id END, %(campaign)s, %(month)s, link, department,
       CASE WHEN NOT measured
            THEN hashint8extended(message, hashtextextended(%(salt)s, 7)) & 9223372036854775807 END,
       CASE WHEN NOT measured THEN '' ELSE CASE hit_class
            WHEN 'privacy_proxy' THEN 'Mozilla/5.0'
            WHEN 'scanner' THEN 'Mozilla/5.0 (compatible; ExampleMailScanner/2.1)'
            ELSE (ARRAY[
                'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148',
                'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0.0.0 Mobile Safari/537.36',
                'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36',
                'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0'])[
                    1 + floor(4 * staging.demo_draw(message / 64, 'device'))::int] END END
  FROM staging.demo_hit
 ORDER BY place;

-- The counters that tracking.ingest.consumer would have inserted, each as one delta.
INSERT INTO tracking_campaigncounter (campaign_id, metric, link_number, department, delta, at)
SELECT %(campaign)s, metric, link, department, delta, last_at
  FROM (
    SELECT 1 AS part, 'opens' AS metric, NULL::int AS link, department, count(*) AS delta, max(at) AS last_at
      FROM staging.demo_hit WHERE kind = 'open' AND hit_class = 'human' GROUP BY department
     UNION ALL
    SELECT 2, 'unique_opens', NULL, department, count(DISTINCT message), max(at)
      FROM staging.demo_hit WHERE kind = 'open' AND hit_class = 'human' GROUP BY department
     UNION ALL
    SELECT 3, 'clicks', link, department, count(*), max(at)
      FROM staging.demo_hit WHERE kind = 'click' AND hit_class = 'human' GROUP BY link, department
     UNION ALL
    SELECT 4, 'unique_clicks', NULL, department, count(DISTINCT message), max(at)
      FROM staging.demo_hit WHERE kind = 'click' AND hit_class = 'human' GROUP BY department
     UNION ALL
    SELECT 5, 'proxy_opens', NULL, department, count(DISTINCT message), max(at)
      FROM staging.demo_hit WHERE kind = 'open' AND hit_class = 'privacy_proxy' GROUP BY department
     UNION ALL
    SELECT 6, 'set_aside', NULL, department, count(*), max(at)
      FROM staging.demo_hit WHERE hit_class = 'scanner' GROUP BY department) AS counted
 ORDER BY part, department, link;
