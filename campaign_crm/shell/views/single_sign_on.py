"""To the server of single sign-on and back; a server that is away is said in a sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.providers.openid_connect import views
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View
from requests import RequestException

from campaign_crm.platform.asking_again import ask_again, is_fresh
from campaign_crm.platform.single_sign_on import CannotUnlink, unlink
from campaign_crm.platform.staff import StaffView

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


class Unlink(StaffView, View):
    """One POST that takes one's own link away; asked again on a sign-in that is no longer fresh."""

    right_required = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not is_fresh(request):
            return ask_again(request)
        try:
            unlink(user=request.user)
        except CannotUnlink as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("No longer linked."))
        return redirect("mfa_index")


there = _said_when_away(views.login)
back = _said_when_away(views.callback)
