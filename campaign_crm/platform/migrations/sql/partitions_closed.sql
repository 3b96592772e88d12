-- A policy holds for the table that is named: partitions are reached through their parent alone, so that no
-- scope reads one by its own name.
CREATE OR REPLACE FUNCTION crm_ensure_partition(parent text, month_start date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    child text := format('%s_y%sm%s', parent, to_char(month_start, 'YYYY'), to_char(month_start, 'MM'));
BEGIN
    IF parent NOT IN ('messaging_delivery', 'tracking_interaction') THEN
        RAISE EXCEPTION 'table % is not partitioned by month', parent;
    END IF;
    IF to_regclass(child) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext('crm_ensure_partition'));
    IF to_regclass(child) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                   date_trunc('month', month_start)::date,
                   (date_trunc('month', month_start) + interval '1 month')::date);
    EXECUTE format('REVOKE ALL ON %I FROM crm_scoped', child);
END $$;

DO $$
DECLARE
    child regclass;
BEGIN
    FOR child IN SELECT inhrelid::regclass FROM pg_inherits
                   JOIN pg_class ON pg_class.oid = inhparent AND pg_class.relkind = 'p'
                   JOIN pg_class AS part ON part.oid = inhrelid AND part.relkind IN ('r', 'p') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM crm_scoped', child);
    END LOOP;
END $$;
