-- search_text is what contacts/services/sql/refresh_search_text.sql would write: written at once, its index is
-- made once.
INSERT INTO contacts_contact (
    id, civility, first_name, last_name, birth_name, gender, birth_date, language, relationship, is_stub,
    commune_id, custom, bucket, search_text, created_by_import_id, created_at, updated_at)
SELECT %(first)s + number, civility, first_name, last_name, birth_name, gender, birth_date, language,
       relationship, false, commune_id,
       CASE WHEN relationship = 'member' AND staging.demo_draw(number, 'helps') < 0.4
            THEN jsonb_build_object(
                'disponibilite',
                (ARRAY['En semaine', 'Le soir', 'Le week-end'])[
                    1 + floor(3 * staging.demo_draw(number, 'free'))::int],
                'vehicule', staging.demo_draw(number, 'car') < 0.6)
            ELSE '{}' END,
       bucket,
       fold(concat_ws(' ', last_name, first_name, birth_name, email, held, national_number(held),
                      commune.name)),
       import_id, created_at, created_at
  FROM staging.demo_person
 CROSS JOIN LATERAL (
       SELECT CASE WHEN email IS NULL OR spoke_at IS NOT NULL THEN phone END AS held) AS number_held
  JOIN staging.demo_origin USING (origin)
  LEFT JOIN contacts_territory AS commune ON commune.id = commune_id
 ORDER BY number;

INSERT INTO contacts_contactsource (contact_id, source_id, created_by_import_id, first_seen_at, collected_on)
SELECT %(first)s + number, source_id, import_id, created_at,
       (created_at - make_interval(
           days => CASE WHEN kind LIKE 'broker%%' THEN 30 + floor(200 * staging.demo_draw(number, 'old'))::int
                        ELSE 0 END))::date
  FROM staging.demo_person JOIN staging.demo_origin USING (origin)
 ORDER BY number;

-- Some are met again: at a market, or on the campaign's site.
INSERT INTO contacts_contactsource (contact_id, source_id, first_seen_at, collected_on)
SELECT %(first)s + number, again.source_id, again.at, again.at::date
  FROM (SELECT number, CASE WHEN staging.demo_draw(number, 'where again') < 0.4 THEN %(hand)s ELSE %(api)s END
                   AS source_id,
               created_at + staging.demo_draw(number, 'when again') * (%(now)s - created_at) AS at,
               demo_origin.source_id AS known
          FROM staging.demo_person JOIN staging.demo_origin USING (origin)
         WHERE staging.demo_draw(number, 'again') < 0.09) AS again
 WHERE again.source_id <> known
 ORDER BY number;
