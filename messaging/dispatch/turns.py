"""Mailboxes that take so many messages a minute: of a chunk, those leave whose turn it is, the others wait.

What waits is due again when its place in the family's queue comes, so that claims do not turn in a circle
around a large family while the other mailboxes get theirs.
"""

from __future__ import annotations

from collections import defaultdict

from messaging.dispatch import families, ledger
from messaging.dispatch.ledger import Claim, Key, Row
from messaging.dispatch.rates import Rates


def take_turns(claim: Claim, rates: Rates) -> list[Row]:
    """Rows of a claim that may leave now by the limits of their families; the rest goes back, each later."""
    limits = families.limits()
    if not limits:
        return claim.rows
    domains = {row.key: families.domain_of(row.address) for row in claim.rows}
    family_of = families.families_of(domains.values())
    by_family: dict[str, list[Row]] = defaultdict(list)
    for row in claim.rows:
        by_family[family_of[domains[row.key]]].append(row)
    leaving: list[Row] = []
    waiting: list[tuple[Key, float]] = []
    for family, rows in by_family.items():
        rate = limits.get(family)
        granted = rates.take(f"family:{family}", rate=rate, wanted=len(rows)).messages
        leaving += rows[:granted]
        if rate is not None and granted < len(rows):
            delays = rates.delays(f"family:{family}", rate=rate, waiting=len(rows) - granted)
            waiting += [(row.key, delay) for row, delay in zip(rows[granted:], delays, strict=True)]
    ledger.put_off(claim, waiting)
    return leaving
