-- Twin of campaign_crm.platform.crypto.keyed_hash, for set-based writers: HMAC-SHA256 (RFC 2104) built from
-- sha256(). The key comes only from platform.database.lend_hash_key, for one transaction; afterwards the setting is
-- an empty text, which must fail as well and not hash under an empty key: "not lent" is no hexadecimal number.
CREATE FUNCTION crm_keyed_hash(purpose text, value text) RETURNS bytea
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN sha256(
        decode(coalesce(nullif(current_setting('crm.hash_outer'), ''), 'not lent'), 'hex') || sha256(
            decode(coalesce(nullif(current_setting('crm.hash_inner'), ''), 'not lent'), 'hex')
            || convert_to(purpose, 'UTF8') || '\x00'::bytea || convert_to(value, 'UTF8')));

-- A number as people dial it inside France and its overseas territories: +33639980000 is 0639980000.
CREATE FUNCTION national_number(e164 text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(e164, '^\+(33|262|508|590|594|596)', '0');
