-- As messaging.dispatch.freeze reads an audience: one row an address, with why it was allowed. Then what became
-- of each: delivered for most.
DROP TABLE IF EXISTS staging.demo_recipient;
CREATE UNLOGGED TABLE staging.demo_recipient AS
WITH chosen AS (
    SELECT DISTINCT ON (e.address_hash) c.id AS contact_id, e.address, e.address_hash,
           count(*) OVER (PARTITION BY e.address_hash) AS sharing,
           r.measurement AS measured, coalesce(place.department, '') AS department, c.language,
           CASE WHEN own.allows OR %(source)s IS NULL THEN r.source_id ELSE %(source)s END AS source_id,
           CASE WHEN own.allows OR %(basis)s IS NULL THEN r.basis ELSE %(basis)s END AS basis,
           r.consent_id, n.id AS subscription_id
      FROM contacts_contact AS c
      JOIN contacts_reach AS r ON r.contact_id = c.id AND r.channel = 'email'
     CROSS JOIN LATERAL (
          SELECT r.political AND r.political_until >= %(started)s::date AS allows) AS own
      JOIN contacts_emailaddress AS e ON e.id = r.point_id
      LEFT JOIN (
          SELECT link.descendant_id AS commune_id, above.code AS department
            FROM contacts_territoryancestor AS link
            JOIN contacts_territory AS above ON above.id = link.ancestor_id
           WHERE above.kind = 'department') AS place ON place.commune_id = c.commune_id
      LEFT JOIN contacts_subscription AS n
        ON n.contact_id = c.id AND n.newsletter_id = %(newsletter)s AND n.ended_at IS NULL
     WHERE c.id IN ({people})
       AND NOT EXISTS (SELECT FROM staging.demo_departure AS gone WHERE gone.contact_id = c.id)
       AND NOT EXISTS (SELECT FROM staging.demo_departure AS gone WHERE gone.address_hash = e.address_hash)
     ORDER BY e.address_hash, c.id
), placed AS (
    SELECT chosen.*, contact_id - %(first)s AS number,
           row_number() OVER (ORDER BY contact_id) - 1 AS position,
           staging.demo_draw((contact_id - %(first)s) * 64 + %(mailing)s, 'fate') AS fate
      FROM chosen
), fated AS (
    SELECT placed.*,
           CASE WHEN fate < 0.0004 THEN 'suppressed'
                WHEN fate < 0.0090 THEN 'bounced'
                WHEN fate < 0.0102 THEN 'failed'
                WHEN fate < 0.0105 THEN 'complained'
                WHEN fate < 0.0107 THEN CASE WHEN %(mailing)s = 8 THEN 'unknown' ELSE 'abandoned' END
                WHEN fate < 0.05 THEN 'accepted'
                ELSE 'delivered' END AS state,
           %(started)s + make_interval(secs => position::float8 / %(rate)s) AS gate_at
      FROM placed
)
SELECT fated.*, CASE state WHEN 'suppressed' THEN NULL ELSE gate_at END AS handed_at,
       gate_at + make_interval(secs => CASE state WHEN 'suppressed' THEN 0
                                                  WHEN 'bounced' THEN 40 + 3000 * fate
                                                  WHEN 'complained' THEN 7200
                                                  ELSE 0.4 + 60 * fate END) AS settled_at
  FROM fated;
ANALYZE staging.demo_recipient;
