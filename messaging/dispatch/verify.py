"""Proving the ledger on a live database: every recipient of every campaign in exactly one state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from messaging.enums import UNFINISHED, CampaignState, DeliveryState
from messaging.models.experiment import UNDECIDED

STALE_LEASE_SECONDS = 120
"""A lease that ended longer ago than this should have been taken back by a worker."""

BEFORE_SENDING = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.FREEZING)

# One statement sees one instant.
_BOOKS = """
SELECT coalesce(c.id, d.campaign_id), coalesce(c.name, '?'), coalesce(c.state, '?'),
    CASE WHEN c.id IS NULL THEN 0
         WHEN c.standing_for <> '' THEN NULL
         WHEN c.state IN ('draft', 'scheduled', 'freezing') THEN c.freeze_cursor
         -- Cancelled half-way, until it is closed: what had been frozen by then.
         WHEN c.state = 'cancelled' THEN least(c.audience_count, c.freeze_cursor)
         ELSE c.audience_count END,
    d.state, coalesce(d.rows, 0), coalesce(d.misplaced, 0), coalesce(d.stale, 0), coalesce(d.unasked, 0)
FROM messaging_campaign c
FULL JOIN (
    SELECT d.campaign_id, d.state, count(*) AS rows,
        count(*) FILTER (WHERE d.ledger_month <> own.ledger_month) AS misplaced,
        count(*) FILTER (WHERE d.lease_until < now() - make_interval(secs => %(stale)s)) AS stale,
        count(*) FILTER (WHERE d.variant = %(undecided)s AND test.campaign_id IS NULL) AS unasked
    FROM messaging_delivery d LEFT JOIN messaging_campaign own ON own.id = d.campaign_id
    LEFT JOIN messaging_experiment test ON test.campaign_id = d.campaign_id
    WHERE %(one)s IS NULL OR d.campaign_id = %(one)s
    GROUP BY 1, 2
) d ON d.campaign_id = c.id
WHERE %(one)s IS NULL OR coalesce(c.id, d.campaign_id) = %(one)s
ORDER BY 1, 5
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
    accounts: dict[int, Account] = {}
    with connection.cursor() as cursor:
        cursor.execute(_BOOKS, {"one": campaign_id, "stale": STALE_LEASE_SECONDS, "undecided": UNDECIDED})
        books = cursor.fetchall()
    for number, name, campaign_state, expected, state, rows, misplaced, stale, unasked in books:
        account = accounts.setdefault(number, Account(number, name, campaign_state, expected))
        if state is not None:
            account.states[state] = rows
        if misplaced:
            account.problems.append(f"{misplaced} rows in a month that is not the campaign's")
        if stale:
            account.problems.append(f"{stale} leases ended over {STALE_LEASE_SECONDS} s ago: no worker runs")
        if unasked:
            account.problems.append(f"{unasked} rows wait for the result of a test that is not there")
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


def _problems(account: Account) -> list[str]:
    found = []
    if account.expected is not None and account.total != account.expected:
        found.append(f"{account.total} rows for a frozen audience of {account.expected}")
    unfinished = sum(account.states.get(state.value, 0) for state in UNFINISHED)
    if unfinished and account.state == CampaignState.SENT:
        found.append(f"{unfinished} unfinished rows of a campaign that is called sent")
    # What a merge of records cancelled was a second message to one person: it never began.
    unbegun = (DeliveryState.QUEUED, DeliveryState.CANCELLED)
    begun = account.total - sum(account.states.get(state.value, 0) for state in unbegun)
    if begun and account.state in BEFORE_SENDING:
        found.append(f"{begun} rows have left the queue before the campaign was sending")
    return found
