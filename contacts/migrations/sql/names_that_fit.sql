-- True when one slip of the fingers makes one folded last name of the other: a letter more, less or other, or two
-- neighbours swapped. Names of fewer than five letters are never alike: "rey" and "roy" are two families.
CREATE FUNCTION one_slip(one text, other text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    longer text := CASE WHEN char_length(one) >= char_length(other) THEN one ELSE other END;
    shorter text := CASE WHEN char_length(one) >= char_length(other) THEN other ELSE one END;
    more int := char_length(longer) - char_length(shorter);
    at int := 1;
BEGIN
    IF more > 1 OR char_length(shorter) < 5 THEN
        RETURN false;
    END IF;
    WHILE at <= char_length(shorter) AND substr(longer, at, 1) = substr(shorter, at, 1) LOOP
        at := at + 1;
    END LOOP;
    IF more = 1 THEN
        RETURN substr(longer, at + 1) = substr(shorter, at);
    END IF;
    RETURN substr(longer, at + 1) = substr(shorter, at + 1)
        OR (substr(longer, at + 2) = substr(shorter, at + 2)
            AND substr(longer, at, 1) = substr(shorter, at + 1, 1)
            AND substr(longer, at + 1, 1) = substr(shorter, at, 1));
END $$;

-- A folded last name without particles and spaces: "de la tour" gives "tour"; "delatour" stays.
CREATE FUNCTION bare_name(last text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN replace(regexp_replace(
        last, '^(?:(?:de la|de l|d|de|des|du|la|le|les|da|van der|van den|van|von|ben|el|al) )+(?=.)', ''), ' ', '');

-- True when two folded last names, or either's birth name, may be those of one person: spaces and particles, one
-- slip, one half of a double name.
CREATE FUNCTION last_names_fit(last text, birth text, held_last text, held_birth text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN EXISTS (
        SELECT FROM (VALUES (last), (birth)) AS mine (name), (VALUES (held_last), (held_birth)) AS theirs (name)
        WHERE mine.name <> '' AND theirs.name <> '' AND (
            replace(mine.name, ' ', '') = replace(theirs.name, ' ', '')
            OR bare_name(mine.name) = bare_name(theirs.name)
            OR one_slip(mine.name, theirs.name)
            OR (char_length(theirs.name) >= 4 AND (' ' || mine.name || ' ') LIKE ('% ' || theirs.name || ' %'))
            OR (char_length(mine.name) >= 4 AND (' ' || theirs.name || ' ') LIKE ('% ' || mine.name || ' %'))));
