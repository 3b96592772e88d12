"""Before an export or a send: is it still the person who signed in? Asked again after some minutes."""

from __future__ import annotations

import time

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from campaign_crm.platform.oidc_settings import PROVIDER_ID
from campaign_crm.platform.rights import Right

SIGNED_IN_AT = "signed_in_at"  # in the session: when any way of signing in was gone through
READING = {"GET", "HEAD", "OPTIONS"}


def remember_sign_in(request: HttpRequest) -> None:
    request.session[SIGNED_IN_AT] = time.time()


def is_fresh(request: HttpRequest) -> bool:
    """True within ASK_AGAIN_MINUTES of signing in, or of giving password, code or passkey again."""
    moments = [record["at"] for record in get_authentication_records(request, request.user)]
    last = max([*moments, request.session.get(SIGNED_IN_AT, 0)])
    return bool(time.time() - last < settings.ASK_AGAIN_MINUTES * 60)


def is_asked_again(request: HttpRequest, right: str | None) -> bool:
    """Whether this request takes people out, or sends, on a sign-in that is no longer fresh."""
    acts = right == Right.EXPORT_PEOPLE or (right == Right.SEND_CAMPAIGN and request.method not in READING)
    return acts and not is_fresh(request)


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks; afterwards the person is back, and what they had sent is done.

    A fragment is not done anew: the page it belongs to comes back as it was.
    """
    ways = get_adapter().get_reauthentication_methods(request.user)
    if request.headers.get("HX-Request") == "true":
        target = ways[0]["url"] if ways else _single_sign_on()
        return HttpResponse(
            status=401, headers={"HX-Redirect": f"{target}?{urlencode({'next': _page(request)})}"}
        )
    if ways:
        answer: HttpResponse = suspend_request(request, ways[0]["url"])
        return answer
    back = request.get_full_path() if request.method in READING else _page(request)
    return HttpResponseRedirect(f"{_single_sign_on()}?{urlencode({'next': back})}")


def _single_sign_on() -> str:
    """Somebody without password, code or passkey came by single sign-on, and goes there again."""
    return reverse("openid_connect_login", args=[PROVIDER_ID])


def _page(request: HttpRequest) -> str:
    """The page that the request came from, on this site; the first page when it cannot be told."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if ours else "/"
