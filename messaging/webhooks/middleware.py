"""`POST /hooks/<secret>/`: answered before sessions, locale and sign-in, and while the database is away.

Every wrong address gets the same 404. 2xx means that the call is on disk; nothing of it has been read yet.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from messaging.content.keyring import BadToken
from messaging.providers.errors import WebhookRefused
from messaging.providers.hooks import NOT_SET_UP, HookCall, hook_kind
from messaging.webhooks.address import PREFIX, HookAddress, read_address
from messaging.webhooks.receiving import NoSuchHook, receive

logger = logging.getLogger(__name__)

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes; SendGrid's batches, the largest, stay far below one."""

RETRY_SECONDS = "60"


class HooksMiddleware:
    """Answers providers' calls; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        response = answer(request)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        return response


def answer(request: HttpRequest) -> HttpResponse:
    try:
        address = read_address(request.path_info)
    except BadToken:
        return HttpResponse("Not found", status=404, content_type="text/plain")
    if request.method != "POST":
        return HttpResponse(status=405, headers={"Allow": "POST"})
    raw = request.read(LARGEST_BODY + 1)
    if len(raw) > LARGEST_BODY:
        return HttpResponse("Too large", status=413, content_type="text/plain")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return _received(address, HookCall(headers, raw, timezone.now()))


def _received(address: HookAddress, call: HookCall) -> HttpResponse:
    try:
        receive(address, call)
    except NoSuchHook:
        return HttpResponse("Not found", status=404, content_type="text/plain")
    except WebhookRefused as error:
        logger.warning("A call to account %s is refused: %s", address.account, error.text)
        # Nobody has typed the secret yet: what is reported until then should come again.
        return _later(address) if error.text == NOT_SET_UP else _refused()
    except OSError as error:
        logger.error("A call of account %s can be kept nowhere (%s)", address.account, error.strerror)
        return _later(address)
    return HttpResponse("OK", content_type="text/plain")


def _refused() -> HttpResponse:
    return HttpResponse("Refused", status=403, content_type="text/plain")


def _later(address: HookAddress) -> HttpResponse:
    status = hook_kind(address.kind).away_status
    return HttpResponse(status=status, headers={"Retry-After": RETRY_SECONDS})
