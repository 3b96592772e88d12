-- fold(text): two spellings of a name made comparable; see contacts/folding.py, its Python twin.
-- Explicit maps only, so that the result does not depend on the locale or the version of the server.
-- Names of ASCII letters, and those with the accents of French, take two short ways; everything else takes the
-- long one, whose result theirs equals. translate() searches its map from the left, so the most frequent letters
-- come first there. Not STRICT: PostgreSQL would then not inline the body.
CREATE OR REPLACE FUNCTION fold(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN value COLLATE "C" ~ '^[A-Za-z]+(?:(?:, |[ ''-])[A-Za-z]+)*$'
            THEN translate(lower(value COLLATE "C"), E'-\',', '  ')
        WHEN value COLLATE "C" ~ '^[A-Za-zéèêëïîôöûüùâàäçÉÈÊËÏÎÔÖÛÜÙÂÀÄÇ]+(?:(?:, |[ ''-])[A-Za-zéèêëïîôöûüùâàäçÉÈÊËÏÎÔÖÛÜÙÂÀÄÇ]+)*$'
            THEN translate(lower(normalize(value, NFD) COLLATE "C"), E'-\'\u0301\u0300\u0302\u0308\u0327,', '  ')
        ELSE btrim(
        -- runs of spaces become one: a mark after each space, then marks before a space go, then all marks
        replace(replace(replace(
            replace(replace(replace(
                translate(
                    lower(value COLLATE "C"),
                    E'eanirtolsucdmhpgbvfyqjkxzw 0123456789' /* unchanged, most frequent first */
                    || E'-\'\u2019' /* hyphen and apostrophes */
                    || E'éèêëïîôöûüùâàäçñÉÈÊÎÔÂÀÇ' /* accents of French */
                    || E'.,;:/_()"!?&+*#\u0009\u000D\u000A\\`@[]{}|<>=~^%$\u2018ʼ´«»\u201C\u201D\u2013\u2014\u2026·°\u00A0\u202F\u2009' /* other separators */
                    || E'áãåāăąÁÃÄÅĀĂĄćĉċčĆĈĊČďđðĎĐÐēĕėęěËĒĔĖĘĚĝğġģĜĞĠĢĥħĤĦìíĩīĭįıÌÍÏĨĪĬĮİĵĴķĶĺļľŀłĹĻĽĿŁńņňÑŃŅŇòóõøōŏőÒÓÕÖØŌŎŐŕŗřŔŖŘśŝşšșŚŜŞŠȘţťŧțŢŤŦȚúũūŭůűųÙÚÛÜŨŪŬŮŰŲŵŴýÿŷÝŸŶźżžŹŻŽ' /* other accents */
                    || E'ŒÆ\u1E9E' /* ligatures to lower case */
                    || E'\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030A\u030B\u030C\u0327\u0328' /* combining marks, dropped */,
                    E'eanirtolsucdmhpgbvfyqjkxzw 0123456789'
                    || E'   '
                    || E'eeeeiioouuuaaacneeeioaac'
                    || E'                                                '
                    || E'aaaaaaaaaaaaaccccccccddddddeeeeeeeeeeegggggggghhhhiiiiiiiiiiiiiiijjkkllllllllllnnnnnnnooooooooooooooorrrrrrssssssssssttttttttuuuuuuuuuuuuuuuuuwwyyyyyyzzzzzz'
                    || E'œæß'
                ),
            'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss'),
        ' ', E' \x01'), E'\x01 ', ''), E'\x01', '')
    )
        END;
