"""What mailings cost, as lines of the file for the agent: beside the invoices, which prove what was paid.

A mailing that an invoice names is told to be in it already: its cost is not added a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.enums import Channel
from messaging.enums import Heading
from messaging.models import BrokerMailing, Campaign, CampaignCost

if TYPE_CHECKING:
    from messaging.costs.totals import Period

HEADING_OF: Mapping[str, Heading] = {
    Channel.EMAIL: Heading.ONLINE,
    Channel.SMS: Heading.PHONE,
    Channel.CALL: Heading.PHONE,
    Channel.POST: Heading.POSTAGE,
}


@dataclass(frozen=True)
class SentCost:
    """The cost of one mailing. `invoiced`: an invoice names it; `rests_on`: how the amount is known."""

    heading: Heading
    day: date
    supplier: str
    what: str
    amount: Decimal
    invoiced: bool
    rests_on: str


def costs_in(period: Period) -> list[SentCost]:
    """Every mailing and every mailing by a broker that cost something, by heading and day.

    Of one election: those that its invoices name; a mailing itself says of no election that it was for it.
    """
    found = [*_of_mailings(period), *_of_brokers(period)]
    order = list(Heading)
    return sorted(found, key=lambda one: (order.index(one.heading), one.day, one.what))


def _of_mailings(period: Period) -> Iterator[SentCost]:
    rows = CampaignCost.objects.select_related("campaign__sender__provider_account")
    for cost in rows.prefetch_related("campaign__invoices"):
        campaign, amount = cost.campaign, Decimal(str(cost.amount))
        left = campaign.started_at or campaign.created_at
        day = timezone.localtime(left).date()
        if not amount or not _is_in(period, campaign, day):
            continue
        account = campaign.sender.provider_account.name if campaign.sender else ""
        counted = _("counted from accepted messages") if cost.override is None else cost.override_reason
        yield SentCost(
            HEADING_OF[campaign.channel], day, account, campaign.name, amount, _invoiced(campaign), counted
        )


def _of_brokers(period: Period) -> Iterator[SentCost]:
    rows = BrokerMailing.objects.exclude(cost=None).select_related("campaign")
    for mailing in rows.prefetch_related("campaign__invoices"):
        day = timezone.localtime(mailing.leaves_at).date()
        if not mailing.cost or not _is_in(period, mailing.campaign, day):
            continue
        campaign = mailing.campaign
        yield SentCost(
            HEADING_OF[campaign.channel], day, mailing.broker, campaign.name, mailing.cost,
            _invoiced(campaign), _("written on the mailing by the broker"),
        )  # fmt: skip


def _is_in(period: Period, campaign: Campaign, day: date) -> bool:
    if period.election is not None:
        return any(one.election_id == period.election.pk for one in campaign.invoices.all())
    return (period.since is None or period.since <= day) and (period.until is None or day <= period.until)


def _invoiced(campaign: Campaign) -> bool:
    return bool(campaign.invoices.all())
