"""Middleware of every request: its database role and its language."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from campaign_crm.platform.database import acting_as

SERVER_ERROR = 500
GetResponse = Callable[[HttpRequest], HttpResponse]


class DatabaseRoleMiddleware:
    """One transaction a request, as `crm_national`; rolled back when the answer is a server error."""

    WITHOUT_DATABASE = ("/live", "/ready", "/static/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.WITHOUT_DATABASE):
            return self.get_response(request)
        with acting_as("crm_national"):
            response = self.get_response(request)
            if response.status_code >= SERVER_ERROR:
                transaction.set_rollback(True)
        return response


class UserLanguageMiddleware:
    """Show each person the interface in the language of their account."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "")
        if request.user.is_authenticated and language:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)
