-- Run as crm_owner, who owns the database and everything in it. The roles themselves: platform/sql/roles.sql.
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO crm_national, crm_scoped, crm_system;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO crm_national, crm_scoped, crm_system;
GRANT USAGE ON SCHEMA public TO crm_national, crm_scoped, crm_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO crm_national, crm_scoped, crm_system;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO crm_national, crm_scoped, crm_system;

-- Imports make their unlogged working tables here.
CREATE SCHEMA staging;
GRANT USAGE, CREATE ON SCHEMA staging TO crm_system;
GRANT USAGE ON SCHEMA staging TO crm_national;

-- What only an owner may do, for the application: named tables, nothing else.
CREATE FUNCTION crm_ensure_partition(parent text, month_start date) RETURNS void
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
END $$;

CREATE FUNCTION crm_analyze(table_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF table_name !~ '^(contacts|messaging|tracking|platform)_[a-z_0-9]+$' THEN
        RAISE EXCEPTION 'table % is not one of the application', table_name;
    END IF;
    EXECUTE format('ANALYZE %I', table_name);
END $$;

-- Ledgers that are only added to.
CREATE FUNCTION crm_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% rows are only added, never changed', TG_TABLE_NAME;
END $$;
