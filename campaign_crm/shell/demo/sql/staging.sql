-- A number between 0 and 1 that depends only on the person's number, the question and the seed.
CREATE FUNCTION staging.demo_draw(number bigint, question text) RETURNS float8
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (hashint8extended(number, hashtextextended(question, {seed})) & 2147483647) / 2147483648.0;

CREATE FUNCTION staging.demo_submission(number bigint) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN md5({salt} || 'submission ' || number)::uuid;

CREATE UNLOGGED TABLE staging.demo_person (
    number bigint, origin int, created_at timestamptz, spoke_at timestamptz, civility text, first_name text,
    last_name text, birth_name text, gender text, birth_date date, commune_id bigint, email text, phone text,
    line text, street text, postcode text, city text, said int, bucket int, language text);
