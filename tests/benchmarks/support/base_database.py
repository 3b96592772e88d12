"""A large base made once, and copied for each round: every round starts from the same pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

import psycopg2
from django.db import connections
from psycopg2 import sql

from tests.environment import TestServers, with_database

TRIES = 20


class BaseDatabase:
    """The session's database as it was when `make` had run; `restore` brings it back."""

    def __init__(self, servers: TestServers, make: Callable[[], None]) -> None:
        self._servers = servers
        self._base = f"{servers.database}_base"
        make()
        self._copy(servers.database, self._base)

    def restore(self) -> None:
        self._copy(self._base, self._servers.database)

    def drop(self) -> None:
        """Remove the base and the session's database, which is then made anew."""
        connections.close_all()
        with closing(self._owner()) as owner, owner.cursor() as cursor:
            _drop(cursor, self._base)
            _drop(cursor, self._servers.database)

    def _copy(self, template: str, name: str) -> None:
        connections.close_all()
        with closing(self._owner()) as owner, owner.cursor() as cursor:
            _drop(cursor, name)
            _patiently(
                cursor,
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                ),
            )

    def _owner(self) -> psycopg2.extensions.connection:
        owner = psycopg2.connect(with_database(self._servers.owner_url, "postgres"))
        owner.autocommit = True
        return owner


def _drop(cursor: psycopg2.extensions.cursor, name: str) -> None:
    _patiently(cursor, sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _patiently(cursor: psycopg2.extensions.cursor, statement: sql.Composed) -> None:
    """Run a statement that wants a database for itself. Autovacuum leaves when asked to, not by force."""
    for attempt in range(TRIES):
        try:
            cursor.execute(statement)
            return
        except psycopg2.errors.ObjectInUse:
            if attempt == TRIES - 1:
                raise
            time.sleep(1)
