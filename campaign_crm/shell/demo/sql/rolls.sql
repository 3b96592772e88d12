INSERT INTO contacts_territory (kind, code, name, article, parent_id, postcodes)
SELECT 'polling_station', format('%%s-%%s', code, lpad(station::text, 4, '0')),
       format('Bureau %%s, %%s', station, (ARRAY['mairie', 'école primaire', 'salle des fêtes', 'gymnase'])[
           1 + (station - 1) %% 4]),
       '', commune_id, '{}'
  FROM staging.demo_roll CROSS JOIN LATERAL generate_series(1, stations) AS station
 ORDER BY code, station
    ON CONFLICT DO NOTHING;

INSERT INTO contacts_territoryancestor (ancestor_id, descendant_id, depth)
SELECT above.ancestor_id, station.id, above.depth + 1
  FROM contacts_territory AS station
  JOIN staging.demo_roll ON commune_id = station.parent_id AND station.kind = 'polling_station'
  JOIN contacts_territoryancestor AS above ON above.descendant_id = commune_id
 UNION ALL
SELECT station.id, station.id, 0
  FROM contacts_territory AS station
  JOIN staging.demo_roll ON commune_id = station.parent_id AND station.kind = 'polling_station'
    ON CONFLICT DO NOTHING;

-- In each commune by name; the first names in the alphabet vote at the first station.
CREATE UNLOGGED TABLE staging.demo_registration AS
WITH ranked AS (
    SELECT demo_elector.*, code, name, stations,
           row_number() OVER by_name AS place,
           1 + ((row_number() OVER by_name - 1) * stations / count(*) OVER (PARTITION BY commune_id))::int
               AS station
      FROM staging.demo_elector JOIN staging.demo_roll USING (commune_id)
    WINDOW by_name AS (PARTITION BY commune_id ORDER BY fold(birth_name), first_names, birth_date, number, street)
)
SELECT *, row_number() OVER (PARTITION BY commune_id, station ORDER BY place) AS order_number,
       (code || '1' || substr(md5(concat_ws('|', %(salt)s, fold(birth_name), fold(first_names), birth_date, place)), 7)
       )::uuid AS identity
  FROM ranked;

INSERT INTO contacts_electoralregistration (
    identity, source_id, created_by_import_id, contact_id, commune_id, polling_station_id, roll_kind,
    order_number, birth_name, used_name, first_names, gender, birth_date, birth_date_raw, street, complement,
    locality, postcode, city, country)
SELECT identity, %(roll_source)s, %(roll_import)s, CASE WHEN linked THEN %(first)s + number END, commune_id,
       polling_station.id, 1, order_number, birth_name, used_name, first_names, gender, birth_date, '', street, '',
       '', registration.postcode, upper(registration.name), ''
  FROM staging.demo_registration AS registration
  LEFT JOIN contacts_territory AS polling_station
    ON polling_station.parent_id = commune_id AND polling_station.kind = 'polling_station'
   AND polling_station.code = format('%%s-%%s', registration.code, lpad(station::text, 4, '0'))
 ORDER BY registration.code, place;

INSERT INTO contacts_registrationmatch (contact_id, registration_id, state, automatic, evidence, created_at)
SELECT %(first)s + number, registration.id, CASE WHEN linked THEN 'linked' ELSE 'pending' END, true,
       jsonb_build_object('names', true, 'birth_date', linked, 'commune', true), %(rolled_at)s
  FROM staging.demo_registration JOIN contacts_electoralregistration AS registration USING (identity)
 WHERE number IS NOT NULL
 ORDER BY number;
