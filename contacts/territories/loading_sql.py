"""The statements of `loading.py`, in the order in which they run."""

LOCK = "SELECT pg_advisory_xact_lock(hashtext('contacts.load_territories'))"

MAKE_TEMPORARY_TABLES = """
CREATE TEMPORARY TABLE incoming_territory (
    kind text, code text, name text, article text, parent_kind text, parent_code text,
    population integer, postcodes text[], is_former boolean
) ON COMMIT DROP;
CREATE TEMPORARY TABLE incoming_alias (rule text, key text, kind text, code text) ON COMMIT DROP;
"""

DROP_TEMPORARY_TABLES = "DROP TABLE incoming_territory, incoming_alias, wanted_link"

# xmax is 0 on a row that this statement inserted.
UPSERT = """
WITH written AS (
    INSERT INTO contacts_territory (kind, code, name, article, population, postcodes)
    SELECT kind, code, name, article, population, postcodes FROM incoming_territory
    ON CONFLICT (kind, code) DO UPDATE
    SET name = excluded.name, article = excluded.article, population = excluded.population,
        postcodes = excluded.postcodes
    WHERE (contacts_territory.name, contacts_territory.article, contacts_territory.population,
           contacts_territory.postcodes)
          IS DISTINCT FROM (excluded.name, excluded.article, excluded.population, excluded.postcodes)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
"""

# A former commune lies inside the one that absorbed it: its parent and its successor are the same.
LINK = """
UPDATE contacts_territory AS own
SET parent_id = parent.id, replaced_by_id = CASE WHEN incoming.is_former THEN parent.id END
FROM incoming_territory AS incoming
LEFT JOIN contacts_territory AS parent
    ON parent.kind = incoming.parent_kind AND parent.code = incoming.parent_code
WHERE own.kind = incoming.kind AND own.code = incoming.code
  AND (own.parent_id, own.replaced_by_id)
      IS DISTINCT FROM (parent.id, CASE WHEN incoming.is_former THEN parent.id END)
"""

# A commune that an earlier edition knew and this one lists only among the former codes of another.
RETIRE = """
UPDATE contacts_territory AS own
SET parent_id = successor.id, replaced_by_id = successor.id
FROM incoming_alias AS alias
JOIN contacts_territory AS successor ON successor.kind = alias.kind AND successor.code = alias.code
WHERE own.kind = 'commune' AND alias.rule = 'code' AND alias.key = own.code
  AND successor.id <> own.id AND own.replaced_by_id IS DISTINCT FROM successor.id
  AND NOT EXISTS (SELECT FROM incoming_territory AS incoming
                  WHERE incoming.kind = own.kind AND incoming.code = own.code)
"""

# Links from cantons and constituencies do not follow parents: who made them keeps them.
REFRESH_CLOSURE = (
    """
    CREATE TEMPORARY TABLE wanted_link ON COMMIT DROP AS
    WITH RECURSIVE up AS (
        SELECT id AS descendant_id, id AS ancestor_id, 0 AS depth, parent_id FROM contacts_territory
        UNION ALL
        SELECT up.descendant_id, above.id, up.depth + 1, above.parent_id
        FROM up JOIN contacts_territory AS above ON above.id = up.parent_id
    )
    SELECT ancestor_id, descendant_id, depth FROM up
    """,
    "ANALYZE wanted_link",
    """
    DELETE FROM contacts_territoryancestor AS link USING contacts_territory AS ancestor
    WHERE ancestor.id = link.ancestor_id AND ancestor.kind NOT IN ('canton', 'constituency')
      AND NOT EXISTS (SELECT FROM wanted_link AS wanted
                      WHERE wanted.ancestor_id = link.ancestor_id
                        AND wanted.descendant_id = link.descendant_id)
    """,
    """
    INSERT INTO contacts_territoryancestor (ancestor_id, descendant_id, depth)
    SELECT ancestor_id, descendant_id, depth FROM wanted_link
    ON CONFLICT (ancestor_id, descendant_id) DO UPDATE SET depth = excluded.depth
    WHERE contacts_territoryancestor.depth <> excluded.depth
    """,
)

REPLACE_ALIASES = """
DELETE FROM contacts_territoryalias;
INSERT INTO contacts_territoryalias (rule, key, territory_id)
SELECT alias.rule, alias.key, territory.id
FROM incoming_alias AS alias
JOIN contacts_territory AS territory ON territory.kind = alias.kind AND territory.code = alias.code
ORDER BY alias.rule, alias.key
"""
