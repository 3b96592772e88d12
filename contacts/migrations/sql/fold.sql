-- fold(text): two spellings of a name made comparable; see contacts/folding.py, its Python twin.
-- Explicit maps only, so that the result does not depend on the locale or the version of the server.
-- Plain ASCII (as many bytes as characters) skips the long map: translate() searches it character by character.
CREATE FUNCTION fold_letters(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(
        replace(replace(replace(replace(replace(replace(value, 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), 'ß', 'ss'), 'ẞ', 'ss'),
        E'àáâãäåāăąÀÁÂÃÄÅĀĂĄçćĉċčÇĆĈĊČďđðĎĐÐèéêëēĕėęěÈÉÊËĒĔĖĘĚĝğġģĜĞĠĢĥħĤĦìíîïĩīĭįıÌÍÎÏĨĪĬĮİĵĴķĶĺļľŀłĹĻĽĿŁñńņňÑŃŅŇòóôõöøōŏőÒÓÔÕÖØŌŎŐŕŗřŔŖŘśŝşšșŚŜŞŠȘţťŧțŢŤŦȚùúûüũūŭůűųÙÚÛÜŨŪŬŮŰŲŵŴýÿŷÝŸŶźżžŹŻŽ'
        || E'\u2019\u2018ʼ´«»\u201C\u201D\u2013\u2014\u2026·°\u00A0\u202F\u2009'
        || E'\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030A\u030B\u030C\u0327\u0328',  -- combining marks are dropped
        'aaaaaaaaaaaaaaaaaaccccccccccddddddeeeeeeeeeeeeeeeeeegggggggghhhhiiiiiiiiiiiiiiiiiijjkkllllllllllnnnnnnnnoooooooooooooooooorrrrrrssssssssssttttttttuuuuuuuuuuuuuuuuuuuuwwyyyyyyzzzzzz'
        || E'                '
    );

CREATE FUNCTION fold(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(regexp_replace(
        translate(
            CASE WHEN octet_length(value) = char_length(value) THEN lower(value COLLATE "C")
                 ELSE fold_letters(lower(value COLLATE "C")) END,
            E'-\'.,;:/_()"!?&+*#\u0009\u000D\u000A\\`@[]{}|<>=~^%$',
            E'                                   '
        ), ' {2,}', ' ', 'g'));
