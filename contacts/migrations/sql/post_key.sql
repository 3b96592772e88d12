-- Twin of contacts.services.post_keys.post_key: what an objection to post is about, made comparable. The words of a
-- name in any order, the line of the address (else the hamlet), the postcode (else the town).
CREATE FUNCTION post_key(name text, line text, locality text, postcode text, city text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT coalesce(string_agg(word, ' ' ORDER BY word COLLATE "C"), '')
              FROM unnest(string_to_array(fold(name), ' ')) AS word)
           || '|' || coalesce(nullif(fold(line), ''), fold(locality))
           || '|' || coalesce(nullif(fold(postcode), ''), fold(city));
