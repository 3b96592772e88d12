-- What makes a postal address one: its first line, postcode and city. Where the first line is empty or only a
-- number, the hamlet is what tells two homes of one postcode apart, or the complement where no hamlet is given.
CREATE OR REPLACE FUNCTION home_key(line1 text, line2 text, locality text, postcode text, city text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN fold(line1
        || CASE WHEN fold(line1) ~ '^([0-9]+ ?(bis|ter|quater|[a-z])?)?$'
                THEN ' ' || CASE WHEN locality <> '' THEN locality ELSE line2 END ELSE '' END
        || ' ' || postcode || ' ' || city);
