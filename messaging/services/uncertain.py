"""Settling what is uncertain: handed over, and no answer came. A person decides, never a timer."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from messaging.dispatch.counting import count_states, keep_counts
from messaging.enums import CampaignState, DeliveryState
from messaging.errors import WrongState
from messaging.models import Campaign, Delivery
from messaging.services.campaigns import ask_right
from messaging.services.service_figures import recent_standing

DECISIONS = (DeliveryState.ACCEPTED, DeliveryState.ABANDONED, DeliveryState.QUEUED)


@transaction.atomic
def settle_uncertain(
    *,
    campaign: Campaign,
    decision: DeliveryState,
    by: User,
    reason: str,
    contact_ids: Sequence[int] | None = None,
) -> int:
    """Say what became of uncertain messages, all of them or those of some people; returns how many.

    ACCEPTED: they had arrived. ABANDONED: nobody knows, leave them. QUEUED: send them again, at the risk of a
    second copy; a mailing that had ended goes on. Raises ValueError on another state, WrongState when a
    cancelled mailing would send again.
    """
    ask_right(by, Right.SEND_CAMPAIGN)
    if decision not in DECISIONS:
        raise ValueError(f"An uncertain message becomes one of {', '.join(DECISIONS)}, not {decision}.")
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if decision == DeliveryState.QUEUED and held.state == CampaignState.CANCELLED:
        raise WrongState(_("A cancelled mailing sends nothing more."))
    rows = Delivery.objects.of_campaign(held).filter(state=DeliveryState.UNKNOWN)
    if contact_ids is not None:
        rows = rows.filter(contact_id__in=contact_ids)
    if decision == DeliveryState.QUEUED:
        settled = int(rows.update(state=decision, due_at=Now(), settled_at=None))
        _go_on(held, settled)
    else:
        settled = int(rows.update(state=decision, settled_at=Now()))
        if held.state_counts:  # it had ended: its figures are not counted again by themselves
            keep_counts([held.pk])
    audit.record(
        action="campaign.settle",
        on=held,
        by=by,
        reason=reason,
        detail={"decision": decision.value, "recipients": settled},
    )
    return settled


@transaction.atomic
def settle_uncertain_service(*, decision: DeliveryState, by: User, reason: str) -> int:
    """Say what became of all uncertain service messages and tests together; returns how many."""
    ask_right(by, Right.SEND_CAMPAIGN)
    standing = recent_standing()
    counts = count_states(standing)
    return sum(
        settle_uncertain(campaign=campaign, decision=decision, by=by, reason=reason)
        for campaign in standing
        if counts.get(campaign.pk, {}).get(DeliveryState.UNKNOWN)
    )


def _go_on(campaign: Campaign, queued: int) -> None:
    """A mailing that had ended has messages to send again."""
    if queued and campaign.state == CampaignState.SENT:
        campaign.state = CampaignState.SENDING
        campaign.finished_at = None
        campaign.state_counts = {}
        campaign.save(update_fields=["state", "finished_at", "state_counts"])
