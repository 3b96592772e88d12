"""Keeping Reach, voting place and search text true: called by whoever changes a person's facts, in their
transaction.

Facts are names, communes, contact points, sources, registrations, consents, suppressions and erasure. A
person's rows are locked before they are projected again: of two transactions that change the same person, the
second waits and sees what the first one wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from campaign_crm.platform.database import acting_as, lend_hash_key
from campaign_crm.platform.walls import current_scope
from contacts.enums import BROKER_KINDS, DIRECT_KINDS
from contacts.models.reach import NO_END
from contacts.rules.channels import BROKER_BASIS, DIGITAL, OPENS

SQL = Path(__file__).parent / "sql"
PEOPLE_AT_A_TIME = 20_000
_ANY_OBJECTION_TO_POST = """
SELECT EXISTS (SELECT FROM contacts_suppression WHERE channel = 'post' AND lifted_at IS NULL)
"""


def refresh_projections(contact_ids: Sequence[int]) -> None:
    """Recompute the Reach rows (four channels), voting place and search text of these people.

    Runs in the caller's transaction (opens one when there is none). Ids that do not exist are passed over.
    """
    for start in range(0, len(contact_ids), PEOPLE_AT_A_TIME):
        _refresh(list(contact_ids[start : start + PEOPLE_AT_A_TIME]))


def refresh_reach(contact_ids: Sequence[int]) -> None:
    """Recompute all but the search text: for what no search reads (consents, suppressions, sources)."""
    for start in range(0, len(contact_ids), PEOPLE_AT_A_TIME):
        _refresh(list(contact_ids[start : start + PEOPLE_AT_A_TIME]), search_text=False)


def refresh_projections_from(
    sql_of_ids: str,
    parameters: Sequence[Any] | dict[str, Any] = (),
    *,
    refresh: Callable[[Sequence[int]], object] = refresh_projections,
) -> int:
    """Recompute the people whose ids a query of one column returns; gives how many there were.

    All of them, also those whom the scope at hand does not see: who shares an address is refreshed with it.

    The query is the program's own text, such as `SELECT contact_id FROM staging.import_12`, and is run once,
    before anything is projected. Ids may repeat. `refresh` may be `refresh_reach`.
    """
    with _as_the_system():
        with connection.cursor() as cursor:
            cursor.execute(sql_of_ids, parameters)
            ids = sorted({row[0] for row in cursor.fetchall() if row[0] is not None})
        refresh(ids)
    return len(ids)


def refresh_people_of_source(source_id: int) -> int:
    """Recompute everyone a source named: after its basis, channels or licence changed."""
    return refresh_projections_from(
        "SELECT contact_id FROM contacts_contactsource WHERE source_id = %s"
        " UNION SELECT contact_id FROM contacts_electoralregistration"
        " WHERE source_id = %s AND contact_id IS NOT NULL"
        " UNION SELECT contact_id FROM contacts_consent WHERE source_id = %s",
        [source_id, source_id, source_id],
        refresh=refresh_reach,
    )


def refresh_people_at(address_hash: bytes) -> int:
    """Recompute everyone who has the address or number of this hash: after a suppression."""
    return refresh_projections_from(
        "SELECT contact_id FROM contacts_emailaddress WHERE address_hash = %s"
        " UNION SELECT contact_id FROM contacts_phonenumber WHERE address_hash = %s",
        [address_hash, address_hash],
        refresh=refresh_reach,
    )


def refresh_all(*, batch: int = PEOPLE_AT_A_TIME, on_batch: Callable[[int], None] = lambda done: None) -> int:
    """Recompute everyone, a batch a transaction, oldest first; `on_batch` gets the number of people done."""
    done, last = 0, 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM contacts_contact WHERE id > %s ORDER BY id LIMIT %s", [last, batch]
                )
                ids = [row[0] for row in cursor.fetchall()]
            if not ids:
                return done
            _refresh(ids)
        done, last = done + len(ids), ids[-1]
        on_batch(done)


def _as_the_system() -> AbstractContextManager[None]:
    """One transaction; behind the wall of a scope the projections stay the system's own work."""
    return transaction.atomic() if current_scope() is None else acting_as("crm_system")


def _refresh(ids: list[int], *, search_text: bool = True) -> None:
    with _as_the_system(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [ids]
        )
        cursor.execute(_ANY_OBJECTION_TO_POST)
        (post_objections,) = cursor.fetchone()
        if post_objections:
            lend_hash_key()
        cursor.execute(_sql("refresh_reach"), {"ids": ids, "post_objections": post_objections, **_law()})
        cursor.execute(_sql("refresh_voting_place"), {"ids": ids})
        if search_text:
            cursor.execute(_sql("refresh_search_text"), {"ids": ids})


@cache
def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


@cache
def _law() -> dict[str, Any]:
    """The law's tables as parameters, so that Python and SQL read the same ones."""
    pairs = [(basis.value, channel.value) for basis in OPENS for channel in sorted(OPENS[basis])]
    return {
        "law_basis": [basis for basis, _channel in pairs],
        "law_channel": [channel for _basis, channel in pairs],
        "broker_kinds": [kind.value for kind in BROKER_KINDS],
        "direct_kinds": [kind.value for kind in DIRECT_KINDS],
        "digital": sorted(channel.value for channel in DIGITAL),
        "broker_basis": BROKER_BASIS,
        "no_end": NO_END,
    }
