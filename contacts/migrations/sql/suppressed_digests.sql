-- SHA-1 (FIPS 180-4), which PostgreSQL lacks without an extension. Only read for opt-out files of providers that
-- still use it; nothing is protected by it. About a tenth of a millisecond for one address.
CREATE FUNCTION crm_sha1(value text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    given bytea := convert_to(value, 'UTF8');
    size integer := octet_length(given);
    padded bytea := given || '\x80'::bytea || decode(repeat('00', (119 - size % 64) % 64), 'hex') || int8send(size * 8);
    mask CONSTANT bigint := 4294967295;
    h0 bigint := 1732584193; h1 bigint := 4023233417; h2 bigint := 2562383102; h3 bigint := 271733878;
    h4 bigint := 3285377520;
    a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; x bigint;
    w bigint[];
BEGIN
    FOR start IN 0 .. octet_length(padded) / 64 - 1 LOOP
        FOR i IN 0 .. 15 LOOP
            w[i] := (get_byte(padded, start * 64 + i * 4)::bigint << 24) | (get_byte(padded, start * 64 + i * 4 + 1) << 16)
                | (get_byte(padded, start * 64 + i * 4 + 2) << 8) | get_byte(padded, start * 64 + i * 4 + 3);
        END LOOP;
        FOR i IN 16 .. 79 LOOP
            x := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
            w[i] := ((x << 1) | (x >> 31)) & mask;
        END LOOP;
        a := h0; b := h1; c := h2; d := h3; e := h4;
        FOR i IN 0 .. 79 LOOP
            f := CASE WHEN i < 20 THEN ((b & c) | ((mask # b) & d)) + 1518500249
                      WHEN i < 40 THEN (b # c # d) + 1859775393
                      WHEN i < 60 THEN ((b & c) | (b & d) | (c & d)) + 2400959708
                      ELSE (b # c # d) + 3395469782 END;
            x := ((((a << 5) | (a >> 27)) & mask) + f + e + w[i]) & mask;
            e := d; d := c; c := ((b << 30) | (b >> 2)) & mask; b := a; a := x;
        END LOOP;
        h0 := (h0 + a) & mask; h1 := (h1 + b) & mask; h2 := (h2 + c) & mask; h3 := (h3 + d) & mask;
        h4 := (h4 + e) & mask;
    END LOOP;
    RETURN decode(lpad(to_hex(h0), 8, '0') || lpad(to_hex(h1), 8, '0') || lpad(to_hex(h2), 8, '0')
                  || lpad(to_hex(h3), 8, '0') || lpad(to_hex(h4), 8, '0'), 'hex');
END $$;

-- The hash of a normalised address as SuppressedDigest.algorithm names it.
CREATE FUNCTION crm_digest(algorithm text, value text) RETURNS bytea
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE algorithm WHEN 'md5' THEN decode(md5(value), 'hex')
                          WHEN 'sha1' THEN crm_sha1(value)
                          WHEN 'sha256' THEN sha256(convert_to(value, 'UTF8')) END;

-- An address comes in: what is kept of it as another program's hash becomes an entry of the do-not-contact list,
-- in the same transaction, whoever writes the address. What stands there already is worth more.
CREATE FUNCTION crm_settle_digests() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM contacts_suppresseddigest) THEN
        RETURN NULL;
    END IF;
    WITH given AS (
        SELECT own.address_hash, used.algorithm, crm_digest(used.algorithm, own.normalised) AS digest
        FROM (SELECT DISTINCT address_hash, normalised FROM added) AS own
        CROSS JOIN (VALUES ('md5'), ('sha1'), ('sha256')) AS used (algorithm)
        WHERE EXISTS (SELECT FROM contacts_suppresseddigest AS kept WHERE kept.algorithm = used.algorithm)
    ), settled AS (
        DELETE FROM contacts_suppresseddigest AS kept USING given
        WHERE kept.algorithm = given.algorithm AND kept.digest = given.digest
        RETURNING given.address_hash, kept.channel, kept.scope, kept.reason, kept.at, kept.detail
    )
    INSERT INTO contacts_suppression (address_hash, channel, scope, reason, at, detail)
    SELECT DISTINCT ON (address_hash, channel, scope) address_hash, channel, scope, reason, at, detail
    FROM settled ORDER BY address_hash, channel, scope, reason = 'hard_bounce', at
    ON CONFLICT (address_hash, channel, scope) WHERE lifted_at IS NULL DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER settle_digests AFTER INSERT ON contacts_emailaddress
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION crm_settle_digests();
