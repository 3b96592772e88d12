-- Levels that the team noted of some people: only of those close to the campaign, of whom an opinion may be
-- kept (RGPD, art. 9, § 2, d).
INSERT INTO contacts_supportlevel (contact_id, level, at, recorded_by_id)
SELECT person.id,
       CASE WHEN drawn < likely THEN 5 WHEN drawn < likely + 0.25 THEN 4 WHEN drawn < likely + 0.35 THEN 3
            WHEN drawn < 0.97 THEN 2 ELSE 1 END,
       demo.created_at + staging.demo_draw(number, 'when weighed') * (%(now)s - demo.created_at),
       CASE WHEN staging.demo_draw(number, 'weighed by') < 0.8 THEN %(officer)s ELSE %(administrator)s END
  FROM staging.demo_person AS demo
  JOIN contacts_contact AS person ON person.id = %(first)s + number
 CROSS JOIN LATERAL (
       SELECT staging.demo_draw(number, 'support') AS drawn,
              CASE person.relationship WHEN 'member' THEN 0.6 WHEN 'regular' THEN 0.4 ELSE 0.1 END AS likely
       ) AS odds
 WHERE person.relationship IN ('member', 'regular', 'former')
   AND staging.demo_draw(number, 'weighed') < CASE person.relationship WHEN 'member' THEN 0.3 ELSE 0.12 END
 ORDER BY number;
