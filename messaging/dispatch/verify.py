"""Proving the ledger on a live database: every recipient of every campaign in exactly one state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from messaging.enums import UNFINISHED, CampaignState, DeliveryState

STALE_LEASE_SECONDS = 120
"""A lease that ended longer ago than this should have been taken back by a worker."""

_CAMPAIGNS = """
SELECT id, name, state, standing_for <> '', audience_count, freeze_cursor
FROM messaging_campaign WHERE %(one)s IS NULL OR id = %(one)s ORDER BY id
"""

_COUNTS = """
SELECT d.campaign_id, d.state, count(*),
    count(*) FILTER (WHERE d.ledger_month <> c.ledger_month OR c.id IS NULL),
    count(*) FILTER (WHERE d.lease_until < now() - make_interval(secs => %(stale)s))
FROM messaging_delivery d LEFT JOIN messaging_campaign c ON c.id = d.campaign_id
WHERE %(one)s IS NULL OR d.campaign_id = %(one)s
GROUP BY 1, 2
"""


@dataclass
class Account:
    """One campaign's books. `expected`: its frozen audience; None where no audience is frozen."""

    campaign: int
    name: str
    state: str
    expected: int | None
    states: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.states.values())


def verify_ledger(campaign_id: int | None = None) -> list[Account]:
    """Compare every campaign, or one, with its rows at one instant; `problems`: what does not add up."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(_CAMPAIGNS, {"one": campaign_id})
        campaigns = cursor.fetchall()
        cursor.execute(_COUNTS, {"one": campaign_id, "stale": STALE_LEASE_SECONDS})
        counts = cursor.fetchall()
    accounts = {}
    for number, name, state, standing, audience, cursor_at in campaigns:
        expected = None if standing else (cursor_at if _is_being_frozen(state) else audience)
        accounts[number] = Account(number, name, state, expected)
    for number, state, rows, misplaced, stale in counts:
        account = accounts.setdefault(number, Account(number, "?", "?", 0))
        account.states[state] = rows
        if misplaced:
            account.problems.append(f"{misplaced} rows in a month that is not the campaign's")
        if stale:
            account.problems.append(f"{stale} leases ended over {STALE_LEASE_SECONDS} s ago: no worker runs")
    for account in accounts.values():
        account.problems += _problems(account)
    return list(accounts.values())


def total_by_state(accounts: Sequence[Account]) -> dict[DeliveryState, int]:
    """All rows of these campaigns by state."""
    totals = dict.fromkeys(DeliveryState, 0)
    for account in accounts:
        for state, rows in account.states.items():
            totals[DeliveryState(state)] += rows
    return totals


def _is_being_frozen(state: str) -> bool:
    return state in (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.FREEZING)


def _problems(account: Account) -> list[str]:
    found = []
    if account.expected is not None and account.total != account.expected:
        found.append(f"{account.total} rows for a frozen audience of {account.expected}")
    unfinished = sum(account.states.get(state.value, 0) for state in UNFINISHED)
    if unfinished and account.state == CampaignState.SENT:
        found.append(f"{unfinished} unfinished rows of a campaign that is called sent")
    begun = account.total - account.states.get(DeliveryState.QUEUED.value, 0)
    if begun and _is_being_frozen(account.state):
        found.append(f"{begun} rows have left the queue before the campaign was sending")
    return found
