-- The history of changes: written by triggers, as crm_owner; the application reads it and cannot write.

CREATE SEQUENCE platform_history_number;

-- Earlier values wait here, for less than a minute, to be sealed under the key of their person. Unlogged: they
-- reach no write-ahead log, no replica and no backup; a crash of PostgreSQL empties it.
CREATE UNLOGGED TABLE platform_historyspool (
    entry_id bigint NOT NULL, at timestamptz NOT NULL, object_id bigint NOT NULL, person bigint NOT NULL,
    before jsonb NOT NULL
);

CREATE FUNCTION crm_ensure_history_month(moment timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first timestamptz := date_trunc('month', moment);
    parent text;
    child text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['platform_historyentry', 'platform_historyvalue'] LOOP
        child := format('%s_y%sm%s', parent, to_char(first, 'YYYY'), to_char(first, 'MM'));
        CONTINUE WHEN to_regclass(child) IS NOT NULL;
        PERFORM pg_advisory_xact_lock(hashtext('crm_ensure_history_month'));
        CONTINUE WHEN to_regclass(child) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                       child, parent, first, first + interval '1 month');
        EXECUTE format('REVOKE ALL ON %I FROM crm_national, crm_scoped, crm_system', child);
    END LOOP;
END $$;

-- Arguments: the column that names the person ('' for none), the columns of the row's key, columns whose change
-- is no change, columns of which no earlier value is kept ('*': of none). Lists are separated by commas.
-- Columns are compared by a statement made for the table: a tenth of what comparing JSON costs.
CREATE FUNCTION crm_keep_history() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    values_at_most CONSTANT int := 10000;    -- rows of one statement whose earlier values are kept
    person_column text := NULLIF(TG_ARGV[0], '');
    keys text[] := string_to_array(TG_ARGV[1], ',');
    unseen text[] := string_to_array(TG_ARGV[2], ',');
    unsaid text[] := string_to_array(TG_ARGV[3], ',');
    an_import bigint := NULLIF(current_setting('crm.import', true), '')::bigint;
    by_whom bigint := NULLIF(current_setting('crm.actor', true), '')::bigint;
    came_by text := COALESCE(NULLIF(current_setting('crm.came_by', true), ''), 'sql:' || session_user);
    act text := left(TG_OP, 1);
    with_values boolean := false;
    same_row text;
    differing text;
    rows_sql text;
BEGIN
    IF act = 'I' AND an_import IS NOT NULL THEN  -- its Import row says so
        RETURN NULL;
    END IF;
    IF to_regclass('platform_historyentry_y' || to_char(now(), 'YYYY"m"MM')) IS NULL THEN
        PERFORM crm_ensure_history_month(now());
    END IF;
    IF act <> 'I' AND an_import IS NULL AND unsaid <> ARRAY['*'] THEN
        SELECT count(*) <= values_at_most INTO with_values
        FROM (SELECT FROM before_rows LIMIT values_at_most + 1) AS counted;
    END IF;

    -- Which rows: (object, person, fields, before).
    rows_sql := format(
        'SELECT r.%I::bigint AS object, %s AS person, %%s AS fields, %s AS before FROM %%s', keys[1],
        CASE WHEN person_column IS NULL THEN 'NULL::bigint' ELSE format('r.%I::bigint', person_column) END,
        CASE WHEN with_values THEN 'to_jsonb(r)' ELSE 'NULL::jsonb' END);
    IF act = 'U' THEN
        SELECT string_agg(format('r.%1$I = n.%1$I', key), ' AND ') INTO same_row FROM unnest(keys) AS key;
        SELECT string_agg(format('CASE WHEN r.%1$I IS DISTINCT FROM n.%1$I THEN %1$L END', attname), ', '
                          ORDER BY attname)
        INTO differing FROM pg_attribute
        WHERE attrelid = TG_RELID AND attnum > 0 AND NOT attisdropped AND attname <> ALL(unseen);
        rows_sql := format(rows_sql, format('array_remove(ARRAY[%s]::text[], NULL)', differing),
                           format('before_rows AS r JOIN after_rows AS n ON %s', same_row));
    ELSE
        rows_sql := format(rows_sql, 'NULL::text[]',
                           CASE WHEN act = 'I' THEN 'after_rows' ELSE 'before_rows' END || ' AS r');
    END IF;

    EXECUTE format($history$
        WITH touched AS MATERIALIZED (
            SELECT object, person, fields, before, (row_number() OVER (PARTITION BY fields) - 1) / 1000 AS part
            FROM (%s) AS compared WHERE fields IS NULL OR fields <> '{}'
        ), entries AS (
            INSERT INTO platform_historyentry
                (at, id, "table", operation, fields, objects_changed, people, actor_id, came_by, import_id)
            SELECT now(), nextval('platform_history_number'), $1, $2, COALESCE(fields, '{}'), objects, people,
                   $3, $4, $5
            FROM (SELECT fields, array_agg(object) AS objects,
                         CASE WHEN $6 THEN array_agg(person) END AS people
                  FROM touched GROUP BY fields, part) AS parts
            RETURNING id, at, fields::text[], objects_changed
        )
        INSERT INTO platform_historyspool (entry_id, at, object_id, person, before)
        SELECT entries.id, entries.at, touched.object, COALESCE(touched.person, 0), said.before
        FROM entries CROSS JOIN unnest(entries.objects_changed) AS one (object)
        JOIN touched ON touched.object = one.object AND COALESCE(touched.fields, '{}') = entries.fields
        CROSS JOIN LATERAL (
            SELECT jsonb_object_agg(was.key, was.value) AS before FROM jsonb_each(touched.before) AS was
            WHERE (touched.fields IS NULL OR was.key = ANY(touched.fields))
              AND was.key <> ALL($7) AND was.key <> ALL($8)
        ) AS said
        WHERE $9 AND said.before IS NOT NULL
    $history$, rows_sql)
    USING TG_TABLE_NAME, act, by_whom, came_by, an_import, person_column IS NOT NULL, unseen, unsaid,
          with_values;
    RETURN NULL;
END $$;

-- For the table of people: without its key nobody reads the earlier values of a person who is gone.
CREATE FUNCTION crm_forget_history_keys() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM platform_historykey AS k USING before_rows AS gone WHERE k.person = gone.id;
    RETURN NULL;
END $$;

SELECT crm_ensure_history_month(now());
SELECT crm_ensure_history_month(now() + interval '1 month');

-- Read by the application; written by the functions above, as their owner, and by whoever seals values.
REVOKE ALL ON platform_historyentry, platform_historyvalue, platform_historykey, platform_historyspool
    FROM crm_national, crm_scoped, crm_system;
REVOKE ALL ON SEQUENCE platform_history_number FROM crm_national, crm_scoped, crm_system;
REVOKE ALL ON FUNCTION crm_ensure_history_month(timestamptz), crm_keep_history(),
    crm_forget_history_keys() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm_ensure_history_month(timestamptz) TO crm_system;
GRANT SELECT ON platform_historyentry, platform_historyvalue TO crm_national, crm_system;
GRANT INSERT ON platform_historyvalue TO crm_system;
GRANT SELECT, DELETE ON platform_historyspool TO crm_system;
GRANT SELECT ON platform_historykey TO crm_national;
GRANT SELECT, INSERT, UPDATE, DELETE ON platform_historykey TO crm_system;

CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE ON platform_historyentry
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_change();
CREATE TRIGGER history_values_append_only BEFORE UPDATE OR DELETE ON platform_historyvalue
    FOR EACH ROW EXECUTE FUNCTION crm_refuse_change();
