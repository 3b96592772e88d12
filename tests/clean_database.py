"""A test's database made clean again: emptied where the test wrote, at a fraction of the price of a new copy.

What a test changed in another way (a table's columns, grants, reference rows) makes a new copy of the
template necessary; so does anything that cannot be undone here. Tables made by a test are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from tests.databases import end_sessions, make_database
from tests.environment import TestServers

FEW_BYTES = 256 * 1024  # of a table
# A table that was counted while empty is planned for as if it stayed so; only new files make it unknown.
ANALYSED = FEW_BYTES + 1
_OURS = "relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$)')"
_SHAPE = f"""
WITH ours AS (SELECT * FROM pg_class WHERE {_OURS})
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
    SELECT format('%s %s %s %s %s %s %s', oid, relname, relkind, relacl, reloptions, relrowsecurity, relowner)
        AS line FROM ours
    UNION ALL SELECT format('column %s %s %s %s', attrelid, attname, atttypid, attnotnull) FROM pg_attribute
        WHERE attnum > 0 AND attrelid IN (SELECT oid FROM ours WHERE relkind IN ('r', 'p'))
    UNION ALL SELECT format('trigger %s %s', oid, tgenabled) FROM pg_trigger
    UNION ALL SELECT format('constraint %s', oid) FROM pg_constraint
    UNION ALL SELECT format('policy %s', oid) FROM pg_policy
    UNION ALL SELECT format('function %s %s %s', oid, md5(prosrc), proacl) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT format('schema %s %s', oid, nspacl) FROM pg_namespace WHERE nspname !~ '^pg_'
    UNION ALL SELECT format('setting %s %s', setrole, setconfig) FROM pg_db_role_setting
        WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS lines
"""
_TABLES = f"SELECT oid, oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND {_OURS}"
_WRITTEN = f"""
SELECT oid, CASE WHEN reltuples >= 0 THEN {ANALYSED} ELSE pg_relation_size(oid) END FROM pg_class
WHERE relkind = 'r' AND (pg_relation_size(oid) > 0 OR reltuples >= 0) AND {_OURS}
"""
_REFERENCES = "SELECT confrelid, conrelid FROM pg_constraint WHERE contype = 'f'"
_COUNTED = "SELECT schemaname, sequencename, start_value, last_value FROM pg_sequences"


class CannotClean(Exception):
    """Only a new copy of the template undoes what the test did."""


@dataclass(frozen=True)
class Fresh:
    """What a new copy of the template looks like. `kept`: tables with rows, and what these are."""

    shape: str
    tables: dict[int, str]
    referred_to_by: dict[int, set[int]]
    kept: dict[int, tuple[int, int]]
    counted: dict[tuple[str, str], tuple[int, int | None]]


class CleanDatabase:
    """The session's database, clean whenever a test begins."""

    def __init__(self, servers: TestServers) -> None:
        self._servers = servers
        self._copy()

    def clean(self) -> None:
        """Undo what was committed since the last time; ends all connections."""
        end_sessions(self._servers)
        try:
            with _transaction(self._servers) as cursor:
                cursor.execute("SET LOCAL lock_timeout = '3s'")
                self._undo(cursor)
        except (CannotClean, psycopg2.Error):
            self._copy()

    def _copy(self) -> None:
        make_database(self._servers)
        with _transaction(self._servers) as cursor:
            self._fresh = _look(cursor)

    def _undo(self, cursor: Cursor) -> None:
        fresh = self._fresh
        cursor.execute(_TABLES)
        made = [name for oid, name in cursor.fetchall() if oid not in fresh.tables]
        if made:
            cursor.execute(f"DROP TABLE IF EXISTS {', '.join(made)} CASCADE")
        cursor.execute(_SHAPE)
        if cursor.fetchone() != (fresh.shape,) or _rows_kept(cursor, fresh.tables, fresh.kept) != fresh.kept:
            raise CannotClean
        cursor.execute(_WRITTEN)
        written = {oid: size for oid, size in cursor.fetchall() if oid not in fresh.kept}
        if max(written.values(), default=0) > FEW_BYTES:
            self._truncate(cursor, written)
        else:
            self._delete(cursor, written)
        self._count_again(cursor)

    def _delete(self, cursor: Cursor, written: Iterable[int]) -> None:
        """Row by row: for a few of them, cheaper than new files for every table that refers to theirs."""
        names = [self._fresh.tables[oid] for oid in written]
        for doing in (
            "ALTER TABLE {} DISABLE TRIGGER USER",
            "DELETE FROM {}",
            "SET CONSTRAINTS ALL IMMEDIATE",
        ):
            cursor.execute(";".join(doing.format(name) for name in names) or "SELECT")
        cursor.execute(";".join(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in names) or "SELECT")

    def _truncate(self, cursor: Cursor, written: Iterable[int]) -> None:
        emptied = _with_referring(set(written), self._fresh.referred_to_by)
        if emptied & self._fresh.kept.keys():
            raise CannotClean
        cursor.execute(f"TRUNCATE {', '.join(self._fresh.tables[oid] for oid in emptied)}")

    def _count_again(self, cursor: Cursor) -> None:
        cursor.execute(_COUNTED)
        for schema, name, start, last in cursor.fetchall():
            before = self._fresh.counted.get((schema, name), (start, None))[1]
            if last != before:
                sequence = sql.Identifier(schema, name).as_string(cursor)
                cursor.execute("SELECT setval(%s, %s, %s)", [sequence, before or start, before is not None])


@contextmanager
def _transaction(servers: TestServers) -> Iterator[Cursor]:
    with (
        closing(psycopg2.connect(servers.owner_url)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        yield cursor


def _look(cursor: Cursor) -> Fresh:
    cursor.execute(_SHAPE)
    (shape,) = cursor.fetchone() or ("",)
    cursor.execute(_TABLES)
    tables = dict(cursor.fetchall())
    cursor.execute(_REFERENCES)
    referred_to_by: dict[int, set[int]] = {}
    for referred, referring in cursor.fetchall():
        referred_to_by.setdefault(referred, set()).add(referring)
    cursor.execute(_WRITTEN)
    kept = _rows_kept(cursor, tables, [oid for oid, _size in cursor.fetchall()])
    cursor.execute(_COUNTED)
    counted = {(schema, name): (start, last) for schema, name, start, last in cursor.fetchall()}
    return Fresh(shape, tables, referred_to_by, kept, counted)


def _rows_kept(cursor: Cursor, tables: dict[int, str], kept: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Of tables with rows of their own: how many, and the sum of the transactions that wrote them."""
    found = {}
    for oid in kept:
        cursor.execute(f"SELECT count(*), coalesce(sum(xmin::text::bigint), 0)::bigint FROM {tables[oid]}")
        (found[oid],) = cursor.fetchall()
    return found


def _with_referring(written: set[int], referred_to_by: dict[int, set[int]]) -> set[int]:
    """Tables, and all that refer to them: PostgreSQL empties them together or not at all."""
    found, waiting = set(written), list(written)
    while waiting:
        more = referred_to_by.get(waiting.pop(), set()) - found
        found |= more
        waiting += more
    return found
