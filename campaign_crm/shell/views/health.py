"""`/live`, `/ready` and `/progress`: JSON for monitors; anybody else gets a plain 404."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaign_crm.platform.addresses import is_from_inside
from campaign_crm.shell import health

View = Callable[[HttpRequest], HttpResponse]


def for_monitors(view: View) -> View:
    """Let in this machine, its private network, and whoever shows HEALTH_TOKEN as a bearer token."""

    @require_safe
    @never_cache
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        has_token = bool(settings.HEALTH_TOKEN) and secrets.compare_digest(
            shown.encode(), settings.HEALTH_TOKEN.encode()
        )
        if not has_token and not is_from_inside(request):
            return HttpResponseNotFound("Not found", content_type="text/plain")  # no page: no database
        return view(request)

    return guarded


@for_monitors
def live(request: HttpRequest) -> JsonResponse:
    """Answer as soon as the process answers."""
    return JsonResponse({"status": "ok"})


@for_monitors
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when every service answers and the schema is current, 503 with the reason otherwise."""
    parts = health.readiness()
    is_ready = all(state == "ok" for state in parts.values())
    answer = {"status": "ok" if is_ready else "not ready", "parts": parts}
    return JsonResponse(answer, status=200 if is_ready else 503)


@for_monitors
def progress(request: HttpRequest) -> JsonResponse:
    """Answer with the work under way."""
    return JsonResponse(health.progress())
