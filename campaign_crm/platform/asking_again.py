"""Before an export or a send: is it still the person who signed in? Asked again after some minutes."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from campaign_crm.platform.oidc_settings import PROVIDER_ID
from campaign_crm.platform.rights import Right

SIGNED_IN_AT = "signed_in_at"  # in the session: when any way of signing in was gone through
ASKED_SERVER, SERVER_DID_NOT_ASK = "asked_sign_on_again", "sign_on_did_not_ask"  # in the session too
SAID_BY_SERVER = "said_by_sign_on_server"  # on the request
BY_SERVER = "socialaccount"  # a record of django-allauth
TOLD_SECONDS = 60
ASK_THERE = {"prompt": "login", "max_age": "0"}  # OpenID Connect Core 1.0, 3.1.2.1
ASKED_TO_ACT = (Right.SEND_CAMPAIGN, Right.APPROVE_EXPORT)
READING = {"GET", "HEAD", "OPTIONS"}


def remember_sign_in(request: HttpRequest) -> None:
    """Now; by single sign-on, when its server says that the person gave a proof there (`auth_time`).

    A server with a live session of its own answers without asking anybody: that is a way in, and proves
    nothing about who sits there now.
    """
    if not hasattr(request, SAID_BY_SERVER):
        request.session[SIGNED_IN_AT] = time.time()
        return
    said = getattr(request, SAID_BY_SERVER)
    is_moment = isinstance(said, (int, float)) and not isinstance(said, bool)
    request.session[SIGNED_IN_AT] = min(float(said), time.time()) if is_moment else 0.0
    if getattr(request, ASKED_SERVER) and not is_fresh(request):
        request.session[SERVER_DID_NOT_ASK] = time.time()


def server_said(request: HttpRequest, claims: dict[str, Any]) -> None:
    """Keep for the rest of this request when the server of single sign-on last asked for a proof."""
    setattr(request, SAID_BY_SERVER, claims.get("auth_time"))
    setattr(request, ASKED_SERVER, request.session.get(ASKED_SERVER, False))  # a sign-in ends the session


def is_fresh(request: HttpRequest) -> bool:
    """True within ASK_AGAIN_MINUTES of signing in, or of giving password, code or passkey again."""
    records = get_authentication_records(request, request.user)
    moments = [record["at"] for record in records if record["method"] != BY_SERVER]
    last = max([*moments, request.session.get(SIGNED_IN_AT, 0)])
    return bool(time.time() - last < settings.ASK_AGAIN_MINUTES * 60)


def is_asked_again(request: HttpRequest, right: str | None) -> bool:
    """Whether this request takes people out, agrees to it, or sends, on a sign-in that is no longer fresh."""
    acts = right == Right.EXPORT_PEOPLE or (right in ASKED_TO_ACT and request.method not in READING)
    return acts and not is_fresh(request)


def ask_again(request: HttpRequest) -> HttpResponse:
    """To the page that asks; afterwards the person is back, and what they had sent is done.

    A fragment is not done anew: the page it belongs to comes back as it was.
    """
    ways = get_adapter().get_reauthentication_methods(request.user)
    if request.headers.get("HX-Request") == "true":
        page = _page(request)
        target = f"{ways[0]['url']}?{urlencode({'next': page})}" if ways else _single_sign_on(request, page)
        return HttpResponse(status=401, headers={"HX-Redirect": target})
    if ways:
        answer: HttpResponse = suspend_request(request, ways[0]["url"])
        return answer
    back = request.get_full_path() if request.method in READING else _page(request)
    return HttpResponseRedirect(_single_sign_on(request, back))


def _single_sign_on(request: HttpRequest, back: str) -> str:
    """Somebody without password, code or passkey came by single sign-on, and proves there again who they are.

    Raises PermissionDenied for a minute after its server sent them back without having asked for anything.
    """
    if time.time() - request.session.get(SERVER_DID_NOT_ASK, 0) < TOLD_SECONDS:
        raise PermissionDenied(
            _(
                "The server of your single sign-on did not ask you to sign in anew, or does not say when it "
                "did. "
                "Choose a password or add a passkey under “Sign-in security”, and try again."
            )
        )
    request.session[ASKED_SERVER] = True
    query = urlencode({"next": back, "auth_params": urlencode(ASK_THERE)})
    return f"{reverse('openid_connect_login', args=[PROVIDER_ID])}?{query}"


def _page(request: HttpRequest) -> str:
    """The page that the request came from, on this site; the first page when it cannot be told."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    return came_from if ours else "/"
