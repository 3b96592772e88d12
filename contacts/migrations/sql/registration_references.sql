-- What foreign keys promise, for the largest table, a statement at a time: the rows that electors refer to exist
-- when an elector is written, are held until the transaction ends (FOR KEY SHARE, as a foreign key does), and
-- cannot go while an elector refers to them. A foreign key asks once a row: for the same four references of a
-- roll of a million electors that costs more than everything else in the import.
CREATE FUNCTION registration_references_exist() RETURNS trigger
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
    RETURN NULL;
END $$;

CREATE TRIGGER registration_inserted AFTER INSERT ON contacts_electoralregistration
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION registration_references_exist();
CREATE TRIGGER registration_updated AFTER UPDATE ON contacts_electoralregistration
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION registration_references_exist();

-- The column of contacts_electoralregistration is the trigger's argument.
CREATE FUNCTION registration_still_refers() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    refers boolean;
    referring text;
BEGIN
    FOREACH referring IN ARRAY TG_ARGV LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM contacts_electoralregistration
                                        WHERE %I IN (SELECT id FROM removed))', referring) INTO refers;
        IF refers THEN
            RAISE EXCEPTION 'electors still refer to a row of %', TG_TABLE_NAME
                USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'registration_' || referring;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER registration_refers AFTER DELETE ON contacts_territory
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION registration_still_refers('commune_id', 'polling_station_id');
CREATE TRIGGER registration_refers AFTER DELETE ON contacts_source
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION registration_still_refers('source_id');
CREATE TRIGGER registration_refers AFTER DELETE ON contacts_import
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION registration_still_refers('created_by_import_id');
