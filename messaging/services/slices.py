"""A bought file is written to by a test slice first: what comes back says whether the rest should follow."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from contacts.enums import SourceKind
from contacts.segments.audience import SLICE, Audience
from messaging.enums import CampaignState
from messaging.models import Campaign

SMALL = 500
"""People to whom a bought file may be sent at once: a slice of fewer would tell nothing."""


def last_slice(source_id: int) -> int | None:
    """Where the last test slice of a source that left was cut; None when none has left."""
    left = Campaign.objects.mailings().filter(
        state=CampaignState.SENT,
        audience__type="source",
        audience__id=source_id,
        audience__part=SLICE,
    )
    found: dict[str, Any] | None = left.order_by("-pk").values_list("audience", flat=True).first()
    return None if found is None else int(found["below"])


def slice_fault(campaign: Campaign, audience: Audience, recipients: int) -> str:
    """Why a mailing to a bought file may not leave before a test slice did; empty when it may."""
    source = audience.source
    if source is None or source.kind != SourceKind.BROKER_PURCHASE or recipients <= SMALL:
        return ""
    if campaign.audience.get("part") == SLICE or last_slice(source.pk) is not None:
        return ""
    return _(
        "“%(source)s” was bought: send it to a test slice first, look at what comes back, then to the rest."
    ) % {"source": source}
