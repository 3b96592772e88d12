"""The doors of the reference tables: those of the product, never Django's own sign-in form."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.decorators import secure_admin_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from campaign_crm.platform import proportion


def may_open_admin(request: HttpRequest) -> bool:
    """An administrator who has the second step that their rights ask for."""
    user = request.user
    return bool(user.is_active and user.is_staff and not proportion.is_missing(user))


def admin_login(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Strangers sign in where everybody does; whoever lacks their second step sets it up."""
    secured = secure_admin_login(view)

    def door(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.is_staff and proportion.is_missing(user):
            return redirect("mfa_index")
        answer: HttpResponse = secured(request, *args, **kwargs)
        return answer

    return door
