"""Recipients by state: counted from the ledger while a mailing is under way, kept once it has ended.

Lists of mailings show these figures for many at once: what has ended is never counted again there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Count

from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery

StateCounts = dict[DeliveryState, int]


def count_states(campaigns: Iterable[Campaign]) -> dict[int, StateCounts]:
    """Recipients by state of each mailing, from the ledger, in one query that reads only their months."""
    months: dict[int, object] = {campaign.pk: campaign.ledger_month for campaign in campaigns}
    if not months:
        return {}
    rows = (
        Delivery.objects.filter(campaign_id__in=list(months), ledger_month__in=set(months.values()))
        .values_list("campaign_id", "state")
        .annotate(number=Count("state"))
    )
    found: dict[int, StateCounts] = defaultdict(dict)
    for campaign_id, state, number in rows:
        found[campaign_id][DeliveryState(state)] = number
    return {pk: found.get(pk, {}) for pk in months}


def keep_counts(campaign_ids: Sequence[int]) -> None:
    """Write down the counts of mailings that have just ended."""
    ended = list(Campaign.objects.filter(pk__in=campaign_ids, standing_for=""))
    counted = count_states(ended)
    for campaign in ended:
        campaign.state_counts = {state.value: number for state, number in counted[campaign.pk].items()}
    Campaign.objects.bulk_update(ended, ["state_counts"])
