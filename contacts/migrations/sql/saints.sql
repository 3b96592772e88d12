-- A folded last name without particles and spaces: "de la tour" gives "tour"; "delatour" stays. "st martin" is
-- "saint martin", "ste marie" "sainte marie".
CREATE OR REPLACE FUNCTION bare_name(last text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN replace(regexp_replace(regexp_replace(regexp_replace(
        last, '^(?:(?:de la|de l|d|de|des|du|la|le|les|da|van der|van den|van|von|ben|el|al) )+(?=.)', ''),
        '\mste\M', 'sainte', 'g'), '\mst\M', 'saint', 'g'), ' ', '');
