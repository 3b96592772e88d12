"""Watching mailings under way by their ledger, not by processes: how far they are, and whether they stand.

Counting reads every row of a mailing, so it is done again only after many times what it took last.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from messaging.dispatch import breaker, families, standing
from messaging.dispatch.breaker import Tally
from messaging.dispatch.notices import language_of, tell_author
from messaging.enums import UNFINISHED, CampaignState, DeliveryState
from messaging.models import Campaign, CampaignWatch

AT_MOST_EVERY = 5.0  # seconds between two counts of a mailing
COSTS_AT_MOST = 20
"""Counting waits so many times as long as the last count took."""

TOLD_AFTER = timedelta(minutes=10)
"""Whoever wrote a mailing is told when it has stood for so long."""

AFTERWARDS = timedelta(days=3)
AFTERWARDS_EVERY = timedelta(minutes=10)
"""A mailing that has ended is counted for some days: what comes back of it slows its accounts' warm-up."""

ENOUGH_TO_ASK = 20  # messages to a domain before its MX records are worth a question
ASKED_AT_ONCE = 50

_COUNT = """
SELECT lower(split_part(address, '@', 2)), coalesce(provider_account_id, 0), state,
    attempts > 0 AND (state = 'failed' OR answer LIKE '5%%'), count(*)
FROM messaging_delivery
WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s GROUP BY 1, 2, 3, 4
"""
ACCEPTED = frozenset(
    {
        DeliveryState.ACCEPTED,
        DeliveryState.DELIVERED,
        DeliveryState.BOUNCED,
        DeliveryState.COMPLAINED,
    }
)


@dataclass
class Counted:
    """A mailing's rows at one instant. `tallies` and `rows` by domain; `accounts` as in CampaignWatch."""

    done: int = 0
    left: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    accounts: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def by_family(self) -> tuple[dict[str, Tally], dict[str, list[str]]]:
        """Tallies and domains of each family."""
        tallies: dict[str, Tally] = defaultdict(Tally)
        domains: dict[str, list[str]] = defaultdict(list)
        for domain, family in families.families_of(self.rows).items():
            domains[family].append(domain)
            tallies[family] += self.tallies.get(domain, Tally())
        return dict(tallies), dict(domains)


def watch_all() -> int:
    """Count the mailings whose turn it is; pause families, say who stands. Returns how many were counted."""
    now = timezone.now()
    due = Campaign.objects.mailings().filter(
        Q(state=CampaignState.SENDING)
        | Q(finished_at__gt=now - AFTERWARDS, watch__counted_at__lt=now - AFTERWARDS_EVERY)
    )
    found = due.filter(
        Q(watch=None)
        | Q(
            watch__counted_at__lt=now
            - timedelta(seconds=AT_MOST_EVERY)
            - F("watch__took") * COSTS_AT_MOST * SECOND
        )
    )
    counted = list(found.select_related("created_by", "watch").defer("blocks", "compiled", "audience_tree"))
    for campaign in counted:
        look_at(campaign)
    return len(counted)


SECOND = timedelta(seconds=1)


def look_at(campaign: Campaign) -> CampaignWatch:
    """Count one mailing and act on what is seen."""
    started = time.monotonic()
    counted = count(campaign)
    watch = _keep(campaign, counted, time.monotonic() - started)
    if campaign.state == CampaignState.SENDING:
        breaker.watch_families(campaign, *counted.by_family())
        if campaign.send_until is not None and campaign.send_until <= timezone.now():
            breaker.unpark(campaign)  # too late: the gate ends them
        _tell_if_it_stands(campaign, watch)
    return watch


def count(campaign: Campaign) -> Counted:
    """Read every row of a mailing."""
    found = Counted()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"month": campaign.ledger_month, "campaign": campaign.pk})
        rows = cursor.fetchall()
    for domain, account, state, refused, number in rows:
        taken = state in ACCEPTED
        if state in UNFINISHED:
            found.left += number
        else:
            found.done += number
        found.rows[domain] = found.rows.get(domain, 0) + number
        found.tallies[domain] = found.tallies.get(domain, Tally()) + Tally(
            accepted=number if taken else 0,
            refused=number if refused and not taken else 0,
            bounced=number if state == DeliveryState.BOUNCED else 0,
            complained=number if state == DeliveryState.COMPLAINED else 0,
        )
        if taken and account:
            counts = found.accounts.setdefault(str(account), {"accepted": 0, "bounced": 0})
            counts["accepted"] += number
            counts["bounced"] += number if state == DeliveryState.BOUNCED else 0
    return found


def domains_to_ask() -> list[str]:
    """Domains of mailings under way whose MX records are not known, those with most recipients first."""
    rows: dict[str, int] = defaultdict(int)
    for campaign in Campaign.objects.mailings().filter(state=CampaignState.SENDING).defer("compiled"):
        for domain, number in count(campaign).rows.items():
            rows[domain] += number
    ranked = sorted(
        (domain for domain, number in rows.items() if number >= ENOUGH_TO_ASK), key=lambda d: -rows[d]
    )
    return families.unknown_domains(ranked)[:ASKED_AT_ONCE]


def tally_of(campaign: Campaign, family: str) -> Tally:
    """One family's rows as they are now."""
    return count(campaign).by_family()[0].get(family, Tally())


def _keep(campaign: Campaign, counted: Counted, took: float) -> CampaignWatch:
    before = CampaignWatch.objects.filter(pk=campaign.pk).first()
    now = timezone.now()
    has_moved = before is None or counted.done != before.done
    watch = CampaignWatch(
        campaign=campaign,
        counted_at=now,
        took=took,
        done=counted.done,
        left=counted.left,
        accounts=counted.accounts,
        progressed_at=now if has_moved else before.progressed_at,  # type: ignore[union-attr]
        told_at=None if has_moved else before.told_at,  # type: ignore[union-attr]
    )
    if before is not None and campaign.state != CampaignState.SENDING:
        watch.progressed_at = before.progressed_at
    CampaignWatch.objects.bulk_create(
        [watch],
        update_conflicts=True,
        unique_fields=["campaign"],
        update_fields=["counted_at", "took", "done", "left", "accounts", "progressed_at", "told_at"],
    )
    return watch


def _stands_since(campaign: Campaign, watch: CampaignWatch) -> datetime:
    """Since it last moved, or since it was last allowed to: a pause is no standstill."""
    return max(filter(None, (watch.progressed_at, campaign.started_at)))


def _tell_if_it_stands(campaign: Campaign, watch: CampaignWatch) -> None:
    since = _stands_since(campaign, watch)
    if not watch.left or watch.told_at is not None or timezone.now() - since < TOLD_AFTER:
        return
    with override(language_of(campaign)):
        reason = standing.why_it_stands(campaign)
        if reason.planned:
            return
        message = _("“%(name)s” has not moved for %(minutes)s minutes: %(reason)s") % {
            "name": campaign.name,
            "minutes": int((timezone.now() - since).total_seconds() // 60),
            "reason": reason.text,
        }
        tell_author(campaign, "campaign.stands", message)
    CampaignWatch.objects.filter(pk=campaign.pk).update(told_at=timezone.now())
