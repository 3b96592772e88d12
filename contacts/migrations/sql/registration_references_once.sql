-- The same promise (registration_references.sql, registration_contact.sql), reading what was written once: rows
-- of a roll share their references, so that its fifty thousand rows come to some dozens of them.
CREATE OR REPLACE FUNCTION registration_references_exist() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    territories bigint[];
    sources bigint[];
    imports bigint[];
    contacts bigint[];
BEGIN
    SELECT array_agg(commune_id) || array_agg(polling_station_id) FILTER (WHERE polling_station_id IS NOT NULL),
           array_agg(DISTINCT source_id),
           array_agg(DISTINCT created_by_import_id) FILTER (WHERE created_by_import_id IS NOT NULL),
           array_agg(DISTINCT contact_id) FILTER (WHERE contact_id IS NOT NULL)
      INTO territories, sources, imports, contacts
      FROM (SELECT DISTINCT commune_id, polling_station_id, source_id, created_by_import_id, contact_id
              FROM written) AS referred;
    IF (SELECT count(*) FROM (SELECT FROM contacts_territory WHERE id = ANY (territories) FOR KEY SHARE) AS held)
       < (SELECT count(DISTINCT id) FROM unnest(territories) AS id) THEN
        RAISE EXCEPTION 'an elector refers to a territory that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_territory';
    END IF;
    IF (SELECT count(*) FROM (SELECT FROM contacts_source WHERE id = ANY (sources) FOR KEY SHARE) AS held)
       < cardinality(sources) THEN
        RAISE EXCEPTION 'an elector refers to a source that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_source';
    END IF;
    IF (SELECT count(*) FROM (SELECT FROM contacts_import WHERE id = ANY (imports) FOR KEY SHARE) AS held)
       < cardinality(imports) THEN
        RAISE EXCEPTION 'an elector refers to an import that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_import';
    END IF;
    IF (SELECT count(*) FROM (SELECT FROM contacts_contact WHERE id = ANY (contacts) FOR KEY SHARE) AS held)
       < cardinality(contacts) THEN
        RAISE EXCEPTION 'an elector refers to a person who does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_contact';
    END IF;
    RETURN NULL;
END $$;
