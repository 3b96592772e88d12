-- The person of an elector is held like the elector's other references (registration_references.sql): a foreign
-- key, even to nobody, asks once a row when a roll comes in.
CREATE OR REPLACE FUNCTION registration_references_exist() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM (
            SELECT FROM contacts_territory
             WHERE id IN (SELECT commune_id FROM written UNION SELECT polling_station_id FROM written)
               FOR KEY SHARE) AS held)
       < (SELECT count(*) FROM (
            SELECT commune_id FROM written
             UNION SELECT polling_station_id FROM written WHERE polling_station_id IS NOT NULL) AS wanted) THEN
        RAISE EXCEPTION 'an elector refers to a territory that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_territory';
    END IF;
    IF (SELECT count(*) FROM (
            SELECT FROM contacts_source WHERE id IN (SELECT source_id FROM written) FOR KEY SHARE) AS held)
       < (SELECT count(DISTINCT source_id) FROM written) THEN
        RAISE EXCEPTION 'an elector refers to a source that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_source';
    END IF;
    IF (SELECT count(*) FROM (
            SELECT FROM contacts_import WHERE id IN (SELECT created_by_import_id FROM written)
               FOR KEY SHARE) AS held)
       < (SELECT count(DISTINCT created_by_import_id) FROM written) THEN
        RAISE EXCEPTION 'an elector refers to an import that does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_import';
    END IF;
    IF EXISTS (SELECT FROM written WHERE contact_id IS NOT NULL) AND (SELECT count(*) FROM (
            SELECT FROM contacts_contact WHERE id IN (SELECT contact_id FROM written) FOR KEY SHARE) AS held)
       < (SELECT count(DISTINCT contact_id) FROM written) THEN
        RAISE EXCEPTION 'an elector refers to a person who does not exist'
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_contact';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER registration_refers AFTER DELETE ON contacts_contact
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION registration_still_refers('contact_id');

-- A file that was never run wrote no elector: forgetting it reads none of them.
DROP TRIGGER registration_refers ON contacts_import;
CREATE FUNCTION registration_still_refers_to_import() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM removed WHERE state NOT IN ('uploaded', 'previewing', 'previewed'))
       AND EXISTS (SELECT FROM contacts_electoralregistration
                    WHERE created_by_import_id IN (SELECT id FROM removed)) THEN
        RAISE EXCEPTION 'electors still refer to a row of %', TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_created_by_import_id';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER registration_refers AFTER DELETE ON contacts_import
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION registration_still_refers_to_import();
