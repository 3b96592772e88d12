"""The second wall, in SQL for migrations: which rows of a table `crm_scoped` may read and write.

`crm_national` and `crm_system` (and the owner, whom FORCE would shut out) reach every row.
"""

from __future__ import annotations

EVERYWHERE = "crm_national, crm_system, CURRENT_USER"


def in_scope(place: str) -> str:
    """SQL: the territory in this column is one of the scope; false where it is null or nothing is set.

    Sub-selects make both functions run once a statement, the bit once a row.
    """
    return f"({place} < (SELECT crm_scope_end()) AND get_bit((SELECT crm_scope()), {place})::boolean)"


def person_in_scope(column: str) -> str:
    """SQL: the person in this column is one whom the scope sees, by the wall of the table of people."""
    return f"EXISTS (SELECT FROM contacts_contact AS person WHERE person.id = {column})"


def mailing_in_scope(column: str) -> str:
    """SQL: the mailing in this column is of a territory of the scope."""
    return (
        "EXISTS (SELECT FROM messaging_campaign AS mailing"
        f" WHERE mailing.id = {column} AND {in_scope('mailing.territory_id')})"
    )


def wall(table: str, inside: str, *, readable: str = "") -> str:
    """Raise the wall around a table: `inside` says which rows a scope holds, `readable` which it may read."""
    reading = readable or inside
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY everywhere ON {table} TO {EVERYWHERE} USING (true) WITH CHECK (true);
CREATE POLICY scope_reads ON {table} FOR SELECT TO crm_scoped USING ({reading});
CREATE POLICY scope_adds ON {table} FOR INSERT TO crm_scoped WITH CHECK ({inside});
CREATE POLICY scope_changes ON {table} FOR UPDATE TO crm_scoped USING ({inside}) WITH CHECK ({inside});
CREATE POLICY scope_removes ON {table} FOR DELETE TO crm_scoped USING ({inside});
"""


def tear_down(table: str) -> str:
    """Take the wall of a table down: the way back of a migration."""
    names = ("everywhere", "scope_reads", "scope_adds", "scope_changes", "scope_removes")
    return "".join(f"DROP POLICY {name} ON {table};" for name in names) + (
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;"
    )


def closed(*tables: str) -> str:
    """Tables that no scope reaches: no page of a territory reads them."""
    return f"REVOKE ALL ON {', '.join(tables)} FROM crm_scoped;"


def opened(*tables: str) -> str:
    """The way back of `closed`."""
    return f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(tables)} TO crm_scoped;"
