"""Limits of requests, and the headers that tell how much of the nearest one is left."""

from __future__ import annotations

from django.http import HttpResponseBase
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from campaign_crm.platform.limits import Counted, counted

MINUTE = 60
HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def count_request(request: Request, name: str, of: str, *, at_most: int, seconds: int = MINUTE) -> None:
    """Count one request called `name` for `of`; raises Throttled."""
    found = counted(name, of, at_most=at_most, seconds=seconds)
    nearest: Counted | None = getattr(request._request, "api_counted", None)
    if nearest is None or found.remaining < nearest.remaining:
        request._request.api_counted = found  # type: ignore[attr-defined]
    if not found.is_within:
        raise Throttled(wait=found.seconds_left)


def tell_limits(request: Request, answer: HttpResponseBase) -> None:
    """Of several limits, the one that is nearest; seconds until it is whole again."""
    found: Counted | None = getattr(request._request, "api_counted", None)
    if found is not None:
        values = (found.at_most, found.remaining, found.seconds_left)
        for name, value in zip(HEADERS, values, strict=True):
            answer.headers[name] = str(value)
