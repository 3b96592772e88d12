"""Imports that would write the same rows take turns, and one that waits for its turn says so.

People: piece by piece, so that two files that name the same new person do not both create them. Rolls: all of
a department, so that the second is compared with what the first one wrote. Undoing takes the same turns.
Everything else goes on side by side: previews, rolls of other departments, sending.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psycopg2.errors
from django.db import InterfaceError, OperationalError, connection, transaction

from contacts.imports.progress import Progress

PEOPLE = "contacts.imports.people"
LINKS = "contacts.imports.links"
PATIENCE = "1s"  # of waiting in line between two reports


@contextmanager
def in_turn(names: Sequence[str], told: Progress | None) -> Iterator[None]:
    """Hold the turns of these names. Whoever waits is served in order of arrival.

    The locks are of the connection: they outlast a transaction, and go with a worker that dies.
    """
    with ExitStack() as held:
        for name in sorted(set(names)):  # in one order, or two imports could wait for each other
            _wait(name, told)
            held.callback(_give_back, name)
        yield


def _wait(name: str, told: Progress | None) -> None:
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
                cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
                cursor.execute("SET LOCAL lock_timeout = 0")  # of a caller's transaction
                return
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg2.errors.LockNotAvailable):
                raise
        if told is not None:
            told.waits()


def _give_back(name: str) -> None:
    """Let the next one in, unless the connection went: the lock went with it, and what broke it is told."""
    try:
        if connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])
    except (InterfaceError, OperationalError):
        connection.close()
