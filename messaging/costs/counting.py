"""What mailings cost, from the ledger: each accepted message at the unit cost of the day it left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import RunningJob, enqueue, handler
from campaign_crm.platform.models import Job, User
from campaign_crm.platform.rights import Right
from messaging.errors import MessagingError
from messaging.models import Campaign, CampaignCost, UnitCost
from messaging.services.rights import ask_right

COUNT_JOB = "messaging.count_costs"
MAILINGS_AT_A_TIME = 20
STILL_MOVES = timedelta(days=3)  # after its end: answers of providers come late
# The provider took them, whatever became of them afterwards.
ACCEPTED = ("accepted", "delivered", "bounced", "complained")


class CostRefused(MessagingError):
    """A cost cannot be what is asked; the message says why."""

    permanent = True


@transaction.atomic
def set_unit_cost(*, account: Any, channel: str, since: Any, amount: Decimal, by: User) -> UnitCost:
    """Write what a message costs from a day on; mailings since then are counted again."""
    ask_right(by, Right.MANAGE_ACCOUNTS)
    cost = UnitCost.objects.filter(account=account, channel=channel, since=since).first()
    cost = cost or UnitCost(account=account, channel=channel, since=since)
    cost.amount = amount
    cost.full_clean(validate_unique=False)
    cost.save()
    audit.record(
        action="cost.set_unit",
        on=cost,
        by=by,
        detail={"account": account.pk, "channel": channel, "since": str(since), "amount": str(amount)},
    )
    enqueue_count(by=by)
    return cost


@transaction.atomic
def override_cost(*, campaign: Campaign, amount: Decimal | None, reason: str, by: User) -> CampaignCost:
    """Put the real cost of a mailing in place of the computed one; None: the computed one again."""
    ask_right(by, Right.MANAGE_ACCOUNTS)
    if not reason.strip():
        raise CostRefused(_("Say why: the reason stays in the journal."))
    if amount is not None and amount < 0:
        raise CostRefused(_("A cost is not below zero."))
    count_costs([campaign.pk])
    cost = CampaignCost.objects.select_for_update().get(pk=campaign.pk)
    before, cost.override = cost.override, amount
    cost.override_reason = reason.strip() if amount is not None else ""
    cost.save(update_fields=["override", "override_reason"])
    audit.record(
        action="cost.override",
        on=campaign,
        by=by,
        detail={"before": str(before) if before is not None else None, "after": str(amount)},
        reason=reason.strip(),
    )
    return cost


def count_costs(campaign_ids: Sequence[int]) -> None:
    """Count mailings from the ledger, in one statement; what somebody wrote instead stays."""
    months = Campaign.objects.filter(pk__in=campaign_ids).values_list("ledger_month", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "campaigns": list(campaign_ids),
                "months": list(set(months)),
                "accepted": list(ACCEPTED),
                "zone": timezone.get_current_timezone_name(),
            },
        )


def enqueue_count(*, by: User | None) -> Job | None:
    """Have all mailings counted again; None while that waits."""
    if Job.objects.filter(kind=COUNT_JOB, state=Job.State.QUEUED).exists():
        return None
    return enqueue(kind=COUNT_JOB, payload={"all": True}, by=by)


@handler(COUNT_JOB)
def run_count(job: RunningJob) -> None:
    """Count mailings that have left, some at a time: those that may have moved, or all."""
    left = Campaign.objects.mailings().exclude(audience_count=None)
    if not job.payload.get("all"):
        left = left.filter(
            Q(cost=None) | Q(finished_at=None) | Q(finished_at__gt=timezone.now() - STILL_MOVES)
        )
    ids = list(left.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), MAILINGS_AT_A_TIME):
        with transaction.atomic():
            count_costs(ids[start : start + MAILINGS_AT_A_TIME])
            job.progress(min(start + MAILINGS_AT_A_TIME, len(ids)), len(ids))
            job.got_on()


_COUNT = """
INSERT INTO messaging_campaigncost AS kept
    (campaign_id, accepted, unpriced, computed, computed_at, override_reason)
SELECT campaign.id, coalesce(sum(sent.number), 0),
       coalesce(sum(sent.number) FILTER (WHERE price.amount IS NULL), 0),
       coalesce(sum(sent.number * price.amount), 0), now(), ''
FROM messaging_campaign AS campaign
LEFT JOIN (
    SELECT campaign_id, provider_account_id,
           (coalesce(handed_at, settled_at, now()) AT TIME ZONE %(zone)s)::date AS day, count(*) AS number
    FROM messaging_delivery
    WHERE campaign_id = ANY(%(campaigns)s) AND ledger_month = ANY(%(months)s::date[])
      AND state = ANY(%(accepted)s)
    GROUP BY 1, 2, 3
) AS sent ON sent.campaign_id = campaign.id
LEFT JOIN LATERAL (
    SELECT amount FROM messaging_unitcost AS unit
    WHERE unit.account_id = sent.provider_account_id AND unit.channel = campaign.channel
      AND unit.since <= sent.day
    ORDER BY unit.since DESC LIMIT 1
) AS price ON true
WHERE campaign.id = ANY(%(campaigns)s)
GROUP BY campaign.id
    ON CONFLICT (campaign_id) DO UPDATE SET accepted = excluded.accepted, unpriced = excluded.unpriced,
       computed = excluded.computed, computed_at = excluded.computed_at
"""
