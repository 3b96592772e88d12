"""Recording what people do on our own pages, one row at a time."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from campaign_crm.platform.database import ensure_partition
from tracking.enums import InteractionKind, Metric
from tracking.models import CampaignCounter, Interaction


def record_interaction(
    *,
    kind: InteractionKind,
    contact_id: int | None,
    campaign_id: int | None = None,
    ledger_month: date | None = None,
    department: str = "",
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
    event_id: uuid.UUID | None = None,
) -> Interaction:
    """Add one Interaction; `data` holds ids and choices. The same `event_id` and `at` twice is one row."""
    at = at or timezone.now()
    ensure_partition("tracking_interaction", at.astimezone(UTC).strftime("%Y-%m-01"))  # months are UTC's
    interaction = Interaction(
        at=at,
        event_id=event_id or uuid.uuid4(),
        kind=kind,
        contact_id=contact_id,
        campaign_id=campaign_id,
        ledger_month=ledger_month,
        department=department,
        data=data,
    )
    Interaction.objects.bulk_create([interaction], ignore_conflicts=True)
    return interaction


def count(*, campaign_id: int, metric: Metric, department: str = "", delta: int = 1) -> None:
    """Add to a counter of a campaign."""
    CampaignCounter.objects.create(campaign_id=campaign_id, metric=metric, department=department, delta=delta)
