-- Twins of contacts/territories/place_keys.py: what people write for a commune, made comparable.
CREATE FUNCTION fold_place(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    place text := ' ' || fold(regexp_replace(value, '\( *[0-9]{2}[0-9ABab]? *\)|\( *2[ABab] *\)', ' ', 'g')) || ' ';
BEGIN
    place := replace(place, ' st ', ' saint ');
    place := replace(place, ' ste ', ' sainte ');
    place := replace(place, ' sts ', ' saints ');
    place := replace(place, ' stes ', ' saintes ');
    place := replace(place, ' nd ', ' notre dame ');
    place := replace(place, ' s s ', ' sous ');
    place := replace(place, ' s ', ' sur ');
    place := replace(btrim(place, ' '), ' lez ', ' les ');
    place := regexp_replace(place, '^(?:fr? )?[0-9]{5} ', '');
    place := regexp_replace(place, ' [0-9]{5}$', '');
    place := regexp_replace(
        place,
        '^(paris|lyon|marseille)(?: cedex)? 0?([0-9]{1,2})(?: ?(?:er|eme|ieme|e))?(?: arr[a-z]*)?$',
        '\1 \2');
    place := regexp_replace(place, '^(?:(paris) 75|(lyon) 69)$', '\1\2');
    place := regexp_replace(place, ' cedex(?: .*)?$', '');
    place := regexp_replace(place, '^(?!(?:paris|lyon|marseille) )(.+) (?:[0-9]{2,3}|2[ab])$', '\1');
    RETURN regexp_replace(place, '^(.+) (le|la|les|l)$', '\2 \1');
END $$;

CREATE FUNCTION clean_postcode(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN COALESCE(
        lpad((regexp_match(replace(replace(value, ' ', ''), E'\u00A0', ''),
                           '^(?:[Ff][Rr]?-?)?([0-9]{4,5})(?:\.0)?$'))[1], 5, '0'), '');

CREATE FUNCTION clean_insee_code(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN COALESCE(
        lpad(upper((regexp_match(replace(replace(value, ' ', ''), E'\u00A0', ''),
                                 '^(?:com|COM)?([0-9][0-9ABab]?[0-9]{3})(?:\.0)?$'))[1] COLLATE "C"), 5, '0'), '');
