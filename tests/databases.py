"""The database of a test session: copied from a template that was migrated once.

A changed migration or model makes another template: of the last one, when its migrations all stand as they
were, so that a new migration costs itself alone. `use_data_set` does the same for big data that a benchmark
reads: built once, kept, copied in seconds.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import psycopg2.errors
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from tests.environment import PROJECT, TEST_DIR, TestServers, database_of, is_only_session, with_database

MIGRATION_SOURCES = ("*/migrations/**/*", "campaign_crm/*/migrations/**/*")
SCHEMA_SOURCES = (*MIGRATION_SOURCES, "*/models/**/*", "campaign_crm/*/models/**/*")
SCHEMA_FILES = {".py", ".sql", ".txt"}


def make_database(servers: TestServers) -> None:
    """Replace the session's database by a fresh copy of the migrated template; ends its connections."""
    end_sessions(servers)
    with closing(_as_owner(servers)) as connection:
        _copy(connection, _migrated(servers, connection), servers.database)


def drop_database(servers: TestServers) -> None:
    """Remove the session's database."""
    end_sessions(servers)
    with closing(_as_owner(servers)) as connection:
        _drop(connection, servers.database)


def use_data_set(servers: TestServers, name: str, build: Callable[[], None]) -> None:
    """Replace the session's database by a copy of the data set `name`; `build` fills it the first time.

    `build` works on the session's database, through Django, and closes its connections. The name says what
    the data depends on (size, seed, version of the builder); a changed schema builds it again.
    """
    kept = f"test_data_{_base(servers)}_{name}_{_schema_hash()}"
    with _only_one(f"data-{name}"), closing(_as_owner(servers)) as connection:
        if kept not in _names(connection, kept):
            for old in _names(connection, f"test_data_{_base(servers)}_{name}_"):
                _drop(connection, old)
            make_database(servers)
            build()
            _copy(connection, servers.database, f"{kept}_x")
            _rename(connection, f"{kept}_x", kept)
        _copy(connection, kept, servers.database)


def _migrated(servers: TestServers, connection: Connection) -> str:
    """Name of the migrated template, made once for all sessions."""
    base = f"test_template_{_base(servers)}_"
    name = f"{base}{_schema_hash()}"
    with _only_one("template"):
        existing = _names(connection, base)
        if name not in existing:
            _migrate_new(servers, connection, name, start=template_to_extend(existing) or "template0")
            if is_only_session():  # another one may still copy from an older template
                for old in existing:
                    _drop(connection, old)
    return name


def template_to_extend(templates: Iterable[str]) -> str | None:
    """A template whose migrations are all among the present ones, unchanged."""
    present = migrations()
    for name in templates:
        kept = made_of(name)
        if kept.exists() and json.loads(kept.read_text()).items() <= present.items():
            return name
    return None


def made_of(template: str) -> Path:
    """Where it is kept which migrations made a template."""
    return TEST_DIR / "templates" / f"{template}.json"


@functools.cache
def migrations() -> dict[str, str]:
    """Digests of the files that migrate, by path; the libraries among them, for they migrate too."""
    files = {path for pattern in MIGRATION_SOURCES for path in PROJECT.glob(pattern)}
    return {
        str(path.relative_to(PROJECT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files | {PROJECT / "requirements.txt"}
        if path.suffix in SCHEMA_FILES
    }


def _migrate_new(servers: TestServers, connection: Connection, name: str, *, start: str) -> None:
    """Migrate a copy of `start` under another name, then rename: a half-migrated one is never a template."""
    unfinished = f"{name}_x"
    _copy(connection, start, unfinished)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "campaign_crm.settings",
        "DATABASE_URL": with_database(servers.database_url, unfinished),
        "DATABASE_OWNER_URL": with_database(servers.owner_url, unfinished),
    }
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        _drop(connection, unfinished)
        raise RuntimeError(f"The test database cannot be migrated:\n{done.stdout}{done.stderr}")
    made_of(name).parent.mkdir(exist_ok=True)
    made_of(name).write_text(json.dumps(migrations()))
    _rename(connection, unfinished, name)


def _copy(connection: Connection, source: str, target: str) -> None:
    _drop(connection, target)
    names = sql.Identifier(target), sql.Identifier(source)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(*names))


def _drop(connection: Connection, name: str) -> None:
    """Drop a database; autovacuum, which the owner may not end, leaves when asked a few times."""
    command = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    for patience in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 0.0):
        try:
            with connection.cursor() as cursor:
                cursor.execute(command)
        except psycopg2.errors.InsufficientPrivilege:
            if not patience:
                raise
            time.sleep(patience)
        else:
            return


def end_sessions(servers: TestServers) -> None:
    """Close what other threads left open (a live server's), as the role that opened it: the owner may not."""
    with closing(psycopg2.connect(with_database(servers.database_url, "postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE NONE")
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
                [servers.database],
            )


def _rename(connection: Connection, before: str, after: str) -> None:
    names = sql.Identifier(before), sql.Identifier(after)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))


def _names(connection: Connection, beginning: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [beginning])
        return [row[0] for row in cursor.fetchall()]


def _base(servers: TestServers) -> str:
    """Name of the database that the tests are for, without `test_` and the slot."""
    return database_of(servers.owner_url).removeprefix("test_").rpartition("_")[0]


@functools.cache
def _schema_hash() -> str:
    files = {path for pattern in SCHEMA_SOURCES for path in PROJECT.glob(pattern)}
    files.add(PROJECT / "requirements.txt")
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.suffix in SCHEMA_FILES:
            digest.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:10]


def _as_owner(servers: TestServers) -> Connection:
    connection = psycopg2.connect(with_database(servers.owner_url, "postgres"))
    connection.autocommit = True
    return connection


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    """One session at a time in a block; the lock ends with the process."""
    with (TEST_DIR / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
