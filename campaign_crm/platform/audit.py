"""Writing the audit trail, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models

from campaign_crm.platform.models import AuditEntry, User


def record(
    *,
    action: str,
    on: models.Model,
    by: User | None,
    fields: Sequence[str] = (),
    detail: dict[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Add one entry. `by=None` is the system. `detail` holds ids and counts, never a person's values."""
    return AuditEntry.objects.create(
        action=action,
        object_type=on._meta.label_lower,
        object_id=str(on.pk),
        actor=by,
        fields=list(fields),
        detail=detail or {},
        reason=reason,
    )
