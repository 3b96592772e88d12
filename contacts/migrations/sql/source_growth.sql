-- People gained and lost by source: deltas, one row a statement, source and hour. A person is gained at the
-- moment that the link says (an import's is now), and lost now: undone, erased, merged with another of the source.
CREATE FUNCTION crm_source_gained() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contacts_sourcegrowth (source_id, hour, gained, lost)
    SELECT source_id, date_trunc('hour', first_seen_at), count(*), 0 FROM written GROUP BY 1, 2;
    RETURN NULL;
END $$;

CREATE FUNCTION crm_source_lost() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contacts_sourcegrowth (source_id, hour, gained, lost)
    SELECT source_id, date_trunc('hour', now()), 0, count(*) FROM gone GROUP BY 1;
    RETURN NULL;
END $$;

CREATE TRIGGER source_gained AFTER INSERT ON contacts_contactsource
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION crm_source_gained();
CREATE TRIGGER source_lost AFTER DELETE ON contacts_contactsource
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION crm_source_lost();

-- Whoever is there already; whoever went before is not known.
INSERT INTO contacts_sourcegrowth (source_id, hour, gained, lost)
SELECT source_id, date_trunc('hour', first_seen_at), count(*), 0 FROM contacts_contactsource GROUP BY 1, 2;
