"""Database roles and owner-run maintenance.

The application logs in as a role that owns nothing and inherits nothing. A web request takes `crm_national`
(or `crm_scoped`) with SET LOCAL ROLE inside its transaction; workers and commands open their connections as
`crm_system`. What nobody took, nobody may read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from django.db import connection, transaction
from django.db.backends.signals import connection_created

from campaign_crm.platform.acting import works_as_a_program
from campaign_crm.platform.crypto import hash_key_pads

Role = Literal["crm_national", "crm_scoped", "crm_system"]


@contextmanager
def acting_as(role: Role) -> Iterator[None]:
    """Run a block as `role` in one transaction; inside another transaction, the earlier role returns."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role')")
        previous = cursor.fetchone()[0]
        cursor.execute(f"SET LOCAL ROLE {role}")
        yield
        if connection.in_atomic_block and not connection.needs_rollback:
            cursor.execute(f"SET LOCAL ROLE {previous}" if previous != "none" else "SET LOCAL ROLE NONE")


def take_system_role_in_this_process() -> None:
    """Open every later connection of this process as `crm_system` (Celery workers, commands)."""
    works_as_a_program()
    connection_created.connect(_set_system_role, dispatch_uid="crm-system-role")
    if connection.connection is not None:
        _set_system_role(connection=connection)


def _set_system_role(*, connection: Any, **_signal: Any) -> None:
    if os.environ.get("CRM_AS_OWNER"):  # migrations run as crm_owner, which is no member of crm_system
        return
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE crm_system")


def lend_hash_key() -> None:
    """Let SQL call `crm_keyed_hash(purpose, value)`, the twin of `crypto.keyed_hash`, in this transaction.

    The key travels in a statement of its own that lasts microseconds, so that no slow-query log keeps it.
    """
    inner, outer = hash_key_pads()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('crm.hash_inner', %s, true), set_config('crm.hash_outer', %s, true)",
            [inner.hex(), outer.hex()],
        )


def ensure_partition(table: str, month_start: str) -> None:
    """Create the monthly partition of `table` that begins on `month_start` (ISO date), if it is missing.

    Creating a partition needs the owner: the SQL function does it for an allow-list of tables.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT crm_ensure_partition(%s, %s::date)", [table, month_start])


def analyze(*tables: str) -> None:
    """Refresh the planner's statistics of tables that the application does not own."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute("SELECT crm_analyze(%s)", [table])
