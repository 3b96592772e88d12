"""To the server of single sign-on and back; a server that is away is said in a sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests import RequestException

logger = logging.getLogger(__name__)


def _said_when_away(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except RequestException as error:
            logger.warning("Single sign-on: its server does not answer (%s)", type(error).__name__)
            return render(request, "socialaccount/authentication_error.html", status=503)

    return guarded


there = _said_when_away(views.login)
back = _said_when_away(views.callback)
