-- What happened is told to webhooks by rows that are written with it. A scope sees no webhook: the owner's
-- function writes a row for each that is told of the event, and gives how many.
CREATE FUNCTION crm_emit(what text, told jsonb, whom bigint) RETURNS integer
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH written AS (
        INSERT INTO platform_webhookdelivery (webhook_id, uid, event, data, person, at, due_at, give_up_at)
        SELECT id, gen_random_uuid(), what, told, whom, now(), now(), now() + interval '24 hours'
          FROM platform_webhook WHERE is_active AND what = ANY (events)
        RETURNING 1
    )
    SELECT count(*)::integer FROM written
$$;
REVOKE ALL ON FUNCTION crm_emit(text, jsonb, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm_emit(text, jsonb, bigint) TO crm_national, crm_scoped, crm_system;
