"""What people are to the organisation: computed from what is recorded, never picked by hand.

Called by whoever writes such an act, in their transaction, and for everybody each night: what a source is, or
how long ago somebody last did something, changes without anything being written about the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django.db import connection, transaction

from campaign_crm.platform.database import acting_as
from campaign_crm.platform.walls import current_scope
from contacts.registry import registry
from contacts.services.support import forget_unlawful

PEOPLE_AT_A_TIME = 20_000
_STATEMENT = Path(__file__).parent / "sql" / "refresh_relationships.sql"


def refresh_relationships(contact_ids: Sequence[int]) -> int:
    """Recompute some people; gives how many are now something else. Support levels follow."""
    changed = 0
    for start in range(0, len(contact_ids), PEOPLE_AT_A_TIME):
        ids = list(contact_ids[start : start + PEOPLE_AT_A_TIME])
        with transaction.atomic() if current_scope() is None else acting_as("crm_system"):
            with connection.cursor() as cursor:
                cursor.execute(_statement(tuple(sorted(registry.acts))), {"ids": ids})
                changed += cursor.rowcount
            forget_unlawful(ids)
    return changed


def refresh_every_relationship() -> int:
    """Recompute everybody, a batch a transaction; gives how many are now something else."""
    changed, last = 0, 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM contacts_contact WHERE id > %s ORDER BY id LIMIT %s", [last, PEOPLE_AT_A_TIME]
            )
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return changed
        changed += refresh_relationships(ids)
        last = ids[-1]


@cache
def _statement(names: tuple[str, ...]) -> str:
    acts = [
        f"SELECT own.{act.person} AS contact_id, own.{act.at} AS at FROM {act.table} AS own"  # noqa: S608 - our own text
        f" WHERE own.{act.person} = ANY(%(ids)s) AND {act.when}"
        for act in (registry.acts[name] for name in names)
    ]
    nothing = "SELECT NULL::bigint AS contact_id, NULL::timestamptz AS at WHERE false"
    return _STATEMENT.read_text(encoding="utf-8").format(acts="\n    UNION ALL ".join([nothing, *acts]))
