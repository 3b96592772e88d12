"""Claiming rows of the ledger, and giving them back. The database's clock is the only one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, transaction

CLAIM_SECONDS = 120
"""How long claimed rows wait for their hand-over before another worker may take them."""

KEYS_A_STATEMENT = 200
"""PostgreSQL plans a longer list of keys as a join with everything in flight: five times slower."""


class Ledger(NamedTuple):
    """One campaign's rows: they all lie in the partition of `month`."""

    month: date
    campaign: int


class Key(NamedTuple):
    """One row of a campaign's ledger."""

    contact: int
    occasion: str


class Suspicion(NamedTuple):
    """Rows by the workers lost at them (`messaging.dispatch.quarantine`); how many are claimed at once."""

    least: int
    most: int
    at_once: int | None = None


NONE = Suspicion(0, 1)
SOME = Suspicion(2, 3, 25)
ALONE = Suspicion(4, 1_000, 1)


class Row(NamedTuple):
    """A claimed recipient, as much as building its message needs."""

    key: Key
    address: str
    address_hash: bytes
    variant: int
    measured: bool
    department: str
    language: str
    attempts: int
    source: int | None
    context: dict[str, Any] | None


@dataclass(frozen=True)
class Claim:
    """Rows held by this worker alone; `token` fences out whoever held them before."""

    ledger: Ledger
    token: int
    rows: list[Row]


# Rows to be tried again are claimed like queued ones: `retry_wait → queued → claimed` in one step.
_CLAIM = """
WITH due AS (
    SELECT ctid AS place FROM messaging_delivery
    WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND variant = %(variant)s
        AND state IN ('queued', 'retry_wait') AND due_at <= now()
        AND losses BETWEEN %(least)s AND %(most)s
        AND (%(departments)s::text[] IS NULL OR department = ANY(%(departments)s::text[]))
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE messaging_delivery d
SET state = 'claimed', token = %(token)s, lease_until = now() + make_interval(secs => %(seconds)s)
FROM due
WHERE d.ledger_month = %(month)s AND d.ctid = due.place AND d.state IN ('queued', 'retry_wait')
RETURNING d.contact_id, d.occasion, d.address, d.address_hash, d.variant, d.measured, d.department,
    d.language, d.attempts, d.source_id, d.context
"""

# What was to be tried again goes on waiting as such: the attempt count tells.
_GIVE_BACK = """
UPDATE messaging_delivery SET state = 'queued', lease_until = NULL
WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND state = 'claimed' AND token = %(token)s
"""

# Looked up one by one, as in the gate.
_PUT_OFF = """
UPDATE messaging_delivery d
SET state = 'queued', lease_until = NULL, due_at = now() + make_interval(secs => v.delay)
FROM unnest(%(contacts)s::bigint[], %(occasions)s::text[], %(delays)s::float8[])
    AS v (contact_id, occasion, delay)
CROSS JOIN LATERAL (
    SELECT r.ctid AS place FROM messaging_delivery r
    WHERE r.ledger_month = %(month)s AND r.campaign_id = %(campaign)s
        AND r.contact_id = v.contact_id AND r.occasion = v.occasion LIMIT 1
) found
WHERE d.ledger_month = %(month)s AND d.ctid = found.place AND d.token = %(token)s AND d.state = 'claimed'
"""


def claim(
    ledger: Ledger,
    *,
    limit: int,
    variant: int = 0,
    seconds: float = CLAIM_SECONDS,
    departments: Sequence[str] | None = None,
    suspicion: Suspicion = NONE,
) -> Claim:
    """Take up to `limit` due rows of one version that no other worker is taking, oldest due first.

    `departments`: only people there; None: anywhere. `suspicion`: those at which so many workers were lost.
    """
    token = secrets.randbits(62)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "month": ledger.month,
                "campaign": ledger.campaign,
                "variant": variant,
                "limit": min(limit, suspicion.at_once or limit),
                "least": suspicion.least,
                "most": suspicion.most,
                "token": token,
                "seconds": seconds,
                "departments": None if departments is None else list(departments),
            },
        )
        rows = [_row(values) for values in cursor.fetchall()]
    return Claim(ledger, token, rows)


def give_back(claim: Claim) -> int:
    """Return to the queue the rows of a claim that were not handed over; returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _GIVE_BACK,
            {"month": claim.ledger.month, "campaign": claim.ledger.campaign, "token": claim.token},
        )
        return int(cursor.rowcount)


def put_off(claim: Claim, delays: Sequence[tuple[Key, float]]) -> None:
    """Return claimed rows to the queue, each due again only after its own delay in seconds."""
    if not delays:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, len(delays), KEYS_A_STATEMENT):
            part = delays[start : start + KEYS_A_STATEMENT]
            contacts, occasions = columns(key for key, _delay in part)
            cursor.execute(
                _PUT_OFF,
                {
                    "month": claim.ledger.month,
                    "campaign": claim.ledger.campaign,
                    "token": claim.token,
                    "contacts": contacts,
                    "occasions": occasions,
                    "delays": [delay for _key, delay in part],
                },
            )


def columns(keys: Iterable[Key]) -> tuple[list[int], list[str]]:
    """Keys as two arrays, for `unnest`."""
    listed = list(keys)
    return [key.contact for key in listed], [key.occasion for key in listed]


def _row(values: Sequence[Any]) -> Row:
    """A returned row as a Row; Django's cursors leave JSON as text."""
    contact, occasion, address, address_hash, *rest = values
    variant, measured, department, language, attempts, source, context = rest
    return Row(
        key=Key(contact, occasion),
        address=address,
        address_hash=bytes(address_hash),
        variant=variant,
        measured=measured,
        department=department,
        language=language,
        attempts=attempts,
        source=source,
        context=json.loads(context) if context is not None else None,
    )
