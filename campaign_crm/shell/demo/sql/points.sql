INSERT INTO contacts_emailaddress (
    contact_id, status, is_primary, source_id, created_by_import_id, created_at, address, normalised,
    address_hash, verified_at)
SELECT %(first)s + number,
       CASE WHEN kind = 'hand' AND staging.demo_draw(number, 'illegible') < 0.01 THEN 'invalid' ELSE 'active' END,
       true, source_id, import_id, created_at, email, email, crm_keyed_hash('email', email),
       CASE WHEN kind IN ('form', 'api') THEN spoke_at END
  FROM staging.demo_person JOIN staging.demo_origin USING (origin)
 WHERE email IS NOT NULL
 ORDER BY number;

INSERT INTO contacts_phonenumber (
    contact_id, status, is_primary, source_id, created_by_import_id, created_at, e164, line, address_hash)
SELECT %(first)s + number, 'active', true, source_id, import_id, coalesce(spoke_at, created_at), phone, line,
       crm_keyed_hash('phone', phone)
  FROM staging.demo_person JOIN staging.demo_origin USING (origin)
 WHERE phone IS NOT NULL AND (email IS NULL OR spoke_at IS NOT NULL)
 ORDER BY number;

INSERT INTO contacts_postaladdress (
    contact_id, status, is_primary, source_id, created_by_import_id, created_at, line1, line2, locality,
    postcode, city, country, commune_id)
SELECT %(first)s + number, 'active', true, source_id, import_id, created_at, street, '', '', postcode, city, '',
       commune_id
  FROM staging.demo_person JOIN staging.demo_origin USING (origin)
 WHERE postcode <> ''
 ORDER BY number;
