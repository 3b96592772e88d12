"""Middleware of every request: its database role, who acts, and its language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from campaign_crm.platform import walls
from campaign_crm.platform.acting import say_who_acts
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.models import User

SERVER_ERROR = 500
GetResponse = Callable[[HttpRequest], HttpResponse]


# Answered also while the database is away: neither a transaction nor a session.
WITHOUT_DATABASE = {"/live", "/ready"}
READING = {"GET", "HEAD", "OPTIONS"}


class PermissionsPolicyMiddleware:
    """No page of ours asks for the camera, the place or a payment: whatever gets into one may not either."""

    CLOSED = (
        "camera",
        "microphone",
        "geolocation",
        "payment",
        "usb",
        "serial",
        "hid",
        "midi",
        "display-capture",
    )
    OURS = ("publickey-credentials-get", "publickey-credentials-create")  # passkeys
    POLICY = ", ".join([*(f"{name}=()" for name in CLOSED), *(f"{name}=(self)" for name in OURS)])

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.POLICY)
        return response


class DatabaseRoleMiddleware:
    """One transaction a request, as `crm_national`.

    Rolled back when the answer is a server error, and when the view gave up by an exception, whatever page
    that became (404, 403, an error of the API): what it had begun is not half done.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in WITHOUT_DATABASE:
            return self.get_response(request)
        token = walls.begin()
        try:
            with acting_as("crm_national"):
                response = self.get_response(request)
                if _gave_up(request, response):
                    transaction.set_rollback(True)
        finally:
            walls.end(token)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Django turns what a view raises into a page before `__call__` sees it: remember it."""
        request.view_gave_up = True  # type: ignore[attr-defined]


def _gave_up(request: HttpRequest, response: HttpResponse) -> bool:
    by_api = getattr(response, "exception", False)  # set by REST framework, which raises nothing further
    return response.status_code >= SERVER_ERROR or by_api or getattr(request, "view_gave_up", False)


class ActorMiddleware:
    """Tell the database who acts, before anything that may change something: its history names them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in READING and request.path not in WITHOUT_DATABASE:
            say_who_acts(actor_id=request.user.pk, came_by="web")
        return self.get_response(request)


class ScopeMiddleware:
    """Whoever holds rights in territories only sees nobody until a page takes the scope that it needs.

    Public pages, which are the same for everybody, are marked `for_everybody`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.path in WITHOUT_DATABASE or getattr(view, "for_everybody", False):
            return
        user = request.user
        if isinstance(user, User) and not user.is_national:
            walls.take_scope(walls.NOWHERE)


def for_everybody(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a public view: it answers a member of the team as it does a stranger."""
    view.for_everybody = True  # type: ignore[attr-defined]
    return view


class UserLanguageMiddleware:
    """Show each person the interface in the language of their account."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in WITHOUT_DATABASE:
            return self.get_response(request)
        language = getattr(request.user, "language", "")
        if request.user.is_authenticated and language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)
