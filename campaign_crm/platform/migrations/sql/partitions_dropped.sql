-- A whole month goes at once, and only when it is old enough: whoever asks for less is refused here, not by the
-- program that asks. Deliveries are the proof of what was sent to whom and why (Regulation (EU) 2024/900: seven
-- years); opens, clicks and acts are kept at least as long as a sign of life counts.
CREATE FUNCTION crm_drop_partition(parent text, month_start date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    child text := format('%s_y%sm%s', parent, to_char(month_start, 'YYYY'), to_char(month_start, 'MM'));
    kept interval := CASE parent WHEN 'tracking_interaction' THEN interval '36 months'
                                 WHEN 'messaging_delivery' THEN interval '84 months' END;
BEGIN
    IF kept IS NULL THEN
        RAISE EXCEPTION 'table % is not partitioned by month', parent;
    END IF;
    IF date_trunc('month', month_start) + interval '1 month' + kept > now() THEN
        RAISE EXCEPTION '% of % is kept still', child, parent;
    END IF;
    IF to_regclass(child) IS NULL THEN RETURN false; END IF;
    EXECUTE format('DROP TABLE %I', child);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION crm_drop_partition(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm_drop_partition(text, date) TO crm_system;
