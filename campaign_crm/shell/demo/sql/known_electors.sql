-- People of the base who are on these rolls: those who gave their birth date are recognised, some of the
-- others wait for somebody to look.
INSERT INTO staging.demo_elector
SELECT commune_id, translate(upper(coalesce(nullif(birth_name, ''), last_name)), %(small)s, %(large)s),
       CASE birth_name WHEN '' THEN '' ELSE translate(upper(last_name), %(small)s, %(large)s) END,
       first_name || (ARRAY['', ' Marie', ' Anne', ' Louise', ' Jean', ' Paul'])[
           CASE WHEN staging.demo_draw(number, 'second name') < 0.5 THEN 1
                WHEN gender = 'M' THEN 5 + (number %% 2)::int ELSE 2 + (number %% 3)::int END],
       CASE gender WHEN '' THEN 'F' ELSE gender END,
       coalesce(birth_date, %(today)s - (7000 + floor(22000 * staging.demo_draw(number, 'born')))::int),
       upper(street), person.postcode, number, birth_date IS NOT NULL
  FROM staging.demo_person AS person JOIN staging.demo_roll USING (commune_id)
 WHERE staging.demo_draw(number, 'on the roll') < CASE WHEN birth_date IS NULL THEN 0.12 ELSE 0.7 END
 ORDER BY number;
