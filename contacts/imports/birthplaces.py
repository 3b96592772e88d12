"""Places of birth: only a keyed hash is kept, to compare a roll with an address book.

Both must make the same text of the same place: the INSEE code where there is one, else the folded names.
"""

from __future__ import annotations

from django.db import connection

# A table with the columns birth_place_code, birth_place, birth_department, birth_country and hash.
_HASH = """
WITH keyed AS MATERIALIZED (
    SELECT DISTINCT birth_place_code, birth_place, birth_department, birth_country,
           clean_insee_code(birth_place_code) AS code, fold_place(birth_place) AS name,
           fold(birth_country) AS country,
           CASE WHEN upper(btrim(birth_department)) ~ '^([0-9]{{2,3}}|2[AB])$' AND birth_department <> '99'
                THEN upper(btrim(birth_department)) ELSE '' END AS department
    FROM {table}
), text_of AS (
    SELECT keyed.*,
           CASE WHEN place.code IS NOT NULL THEN 'FR/' || place.code
                WHEN name = '' THEN ''
                WHEN country IN ('', 'france', 'fr') THEN 'FR/' || department || '/' || name
                ELSE country || '/' || fold(birth_place) END AS key
    FROM keyed
    LEFT JOIN LATERAL (
        SELECT coalesce(city.code, territory.code) AS code  -- people say Paris, a roll the arrondissement
        FROM contacts_territoryalias AS alias
        JOIN contacts_territory AS territory ON territory.id = alias.territory_id
        LEFT JOIN contacts_territory AS city
            ON city.id = territory.parent_id AND territory.kind = 'municipal_arrondissement'
        WHERE (alias.rule = 'code' AND alias.key = keyed.code)
           OR (keyed.code = '' AND keyed.country IN ('', 'france', 'fr') AND keyed.department <> ''
               AND alias.rule = 'name_department'
               AND alias.key
                   = replace(replace(keyed.department, '2A', '20'), '2B', '20') || ' ' || keyed.name)
           OR (keyed.code = '' AND keyed.country IN ('', 'france', 'fr') AND keyed.department = ''
               AND alias.rule = 'name' AND alias.key = keyed.name)
        ORDER BY alias.rule LIMIT 1
    ) AS place ON true
)
UPDATE {table} AS born SET hash = crm_keyed_hash('birthplace', text_of.key)
FROM text_of
WHERE text_of.key <> ''
  AND (born.birth_place_code, born.birth_place, born.birth_department, born.birth_country)
    = (text_of.birth_place_code, text_of.birth_place, text_of.birth_department, text_of.birth_country)
"""


def hash_birthplaces(table: str) -> None:
    """Fill `hash` where a place is said. Call `lend_hash_key()` before, in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_HASH.format(table=table))
