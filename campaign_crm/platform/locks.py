"""One at a time: scheduled work skips when the previous run still holds the lock."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Hold a PostgreSQL session lock called `name`; yields False when another session holds it.

    A session lock goes with its connection: a killed worker leaves none behind.
    """
    key = _key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            _unlock(key)


def wait_for_turn(name: str) -> None:
    """Wait until no other transaction has the lock called `name`; it goes with the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(name)])


def share_turn(name: str) -> None:
    """The same for many at once: whoever shares the lock keeps those out who `wait_for_turn`, nobody else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_key(name)])


def _unlock(key: int) -> None:
    """Give the lock back, unless the connection went: the lock went with it, and what broke it is told."""
    try:
        if connection.connection is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
    except (InterfaceError, OperationalError):
        connection.close()


def _key(name: str) -> int:
    return zlib.crc32(name.encode())
