-- The scope of this transaction: one bit a territory, in the setting crm.scope (hexadecimal), and the ids
-- themselves in crm.scope_places while they are few. Nothing set: nobody.
CREATE FUNCTION crm_scope() RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT decode(coalesce(current_setting('crm.scope', true), ''), 'hex')
$$;
CREATE FUNCTION crm_scope_end() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT length(coalesce(current_setting('crm.scope', true), '')) * 4::bigint
$$;

-- Search under the wall. Comparing the beginning of a name and full-text search are not leakproof: under a
-- policy they would lose their indexes, so that the owner searches, within the scope alone. Each kind gives
-- ids of people (electors: of electors), best first, at most `most`.
CREATE FUNCTION crm_search(kind text, beginning text, words text, short text[], communes bigint[], most integer)
    RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    few bigint[] := nullif(current_setting('crm.scope_places', true), '')::bigint[];
    bits bytea := crm_scope();
    beyond bigint := crm_scope_end();
    inside text;
BEGIN
    IF beyond = 0 THEN RETURN; END IF;
    inside := CASE WHEN few IS NULL
        THEN '(%1$s < $4 AND get_bit($3, %1$s)::boolean OR %2$s < $4 AND get_bit($3, %2$s)::boolean)'
        ELSE '(%1$s = ANY($5) OR %2$s = ANY($5))' END;
    inside := CASE WHEN kind LIKE 'elector%'
        THEN format(inside, 'elector.commune_id', 'elector.polling_station_id')
        ELSE 'person.erased_at IS NULL AND ' || format(inside, 'person.commune_id', 'person.votes_in_id') END;
    RETURN QUERY EXECUTE CASE kind
        WHEN 'name' THEN
            'SELECT person.id FROM contacts_contact AS person
              WHERE person.name_folded LIKE $1 AND ' || inside || '
              ORDER BY person.name_folded USING ~<~, person.id LIMIT $2'
        WHEN 'registration' THEN
            'SELECT person.id FROM contacts_electoralregistration AS elector
               JOIN contacts_contact AS person ON person.id = elector.contact_id AND person.is_stub
              WHERE elector.name_folded LIKE $1 AND elector.contact_id IS NOT NULL AND ' || inside || '
              ORDER BY elector.name_folded USING ~<~, person.id LIMIT $2'
        WHEN 'email' THEN
            'SELECT person.id FROM contacts_emailaddress AS email
               JOIN contacts_contact AS person ON person.id = email.contact_id
              WHERE email.normalised LIKE $1 AND ' || inside || '
              ORDER BY email.normalised USING ~<~, person.id LIMIT $2'
        WHEN 'words' THEN
            'SELECT id FROM (
                 SELECT person.id, person.name_folded FROM contacts_contact AS person
                  WHERE to_tsvector(''simple''::regconfig, COALESCE(person.search_text, ''''))
                        @@ to_tsquery(''simple'', $6)
                    AND '' '' || person.search_text LIKE ALL ($7) AND ' || inside || '
                  LIMIT 400) AS matching
              ORDER BY name_folded, id LIMIT $2'
        WHEN 'elector' THEN
            'SELECT elector.id FROM contacts_electoralregistration AS elector
              WHERE elector.name_folded LIKE $1 AND ($8 IS NULL OR elector.commune_id = ANY($8)) AND '
            || inside || ' ORDER BY elector.name_folded USING ~<~, elector.id LIMIT $2'
        WHEN 'elector_used_name' THEN
            'SELECT elector.id FROM contacts_electoralregistration AS elector
              WHERE elector.used_name <> ''''
                AND fold(elector.used_name || '' '' || elector.first_names) LIKE $1
                AND ($8 IS NULL OR elector.commune_id = ANY($8)) AND ' || inside || '
              ORDER BY fold(elector.used_name || '' '' || elector.first_names) USING ~<~, elector.id LIMIT $2'
        END
        USING beginning, most, bits, beyond, few, words, short, communes;
END $$;
REVOKE ALL ON FUNCTION crm_search(text, text, text, text[], bigint[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION crm_search(text, text, text, text[], bigint[], integer)
    TO crm_national, crm_scoped, crm_system;
