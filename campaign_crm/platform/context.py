"""What every template may use."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from campaign_crm.platform.models import Organisation


def organisation(request: HttpRequest) -> dict[str, object]:
    """`organisation`, read only by templates that use it."""
    return {"organisation": SimpleLazyObject(Organisation.current)}
