"""Pixels and clicks are answered first, before sessions, locale and sign-in.

`GET /o/<token>.gif` answers a transparent pixel, `GET /c/<token>/<code>` redirects. Every wrong one gets the
same 404. The redirect goes only to an address written in the message: the token names it, never carries it.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import loader

from messaging.content.addresses import HIDDEN_LINK, read_hit
from messaging.content.tokens import BadToken, ClickToken, OpenToken
from tracking.ingest import spool, stream
from tracking.ingest.hits import Hit, new_hit
from tracking.ingest.links import NoSuchLink, link_target
from tracking.ingest.signals import signals_of

logger = logging.getLogger(__name__)

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
OPEN_PREFIX, OPEN_SUFFIX = "/o/", ".gif"
CLICK_PREFIX = "/c/"
METHODS = ("GET", "HEAD")
RETRY_SECONDS = "30"


class LinkRedirect(HttpResponseRedirect):
    """Mail may link to more than web pages."""

    allowed_schemes = ["http", "https", "mailto", "tel"]


class IngestMiddleware:
    """Answers opens and clicks; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith(OPEN_PREFIX):
            return _uncached(answer_open(request, path[len(OPEN_PREFIX) :].removesuffix(OPEN_SUFFIX)))
        if path.startswith(CLICK_PREFIX):
            return _uncached(answer_click(request, path[len(CLICK_PREFIX) :]))
        return self.get_response(request)


def answer_open(request: HttpRequest, text: str) -> HttpResponse:
    """A pixel once the hit is on disk; 503 while it cannot be, so that nothing is counted twice."""
    if not _is(text, OpenToken) or request.method not in METHODS:
        return _not_found()
    try:
        stream.append(_hit_of(request, text))
    except stream.StreamAway as error:
        logger.warning("Open not counted: ingest stream away (%s)", error)
        return HttpResponse(status=503, headers={"Retry-After": RETRY_SECONDS})
    return HttpResponse(PIXEL, content_type="image/gif")


def answer_click(request: HttpRequest, text: str) -> HttpResponse:
    """A redirect, also while the stream is away (the hit goes to the spool) or the database (known links).

    The link that no reader sees leads nowhere.
    """
    try:
        token = read_hit(text)
    except BadToken:
        return _not_found()
    if not isinstance(token, ClickToken) or request.method not in METHODS:
        return _not_found()
    if token.link == HIDDEN_LINK:
        _keep(_hit_of(request, text))
        return HttpResponse(status=204)
    try:
        target = link_target(token.mark.campaign, token.link)
    except NoSuchLink:
        return _not_found()
    except DatabaseError as error:
        logger.warning("Click not answered: link not known here, database away (%s)", type(error).__name__)
        return _try_again()
    _keep(_hit_of(request, text))
    return LinkRedirect(target)


def _keep(hit: Hit) -> None:
    try:
        stream.append(hit)
    except stream.StreamAway as error:
        logger.warning("Click spooled: ingest stream away (%s)", error)
        _spool(hit)


def _spool(hit: Hit) -> None:
    try:
        spool.keep(hit)
    except OSError as error:  # the person still gets their page; the loss is said
        logger.error("Click lost: neither stream nor spool can be written (%s)", error.strerror)


def _is(text: str, wanted: type) -> bool:
    try:
        return isinstance(read_hit(text), wanted)
    except BadToken:
        return False


def _hit_of(request: HttpRequest, token: str) -> Hit:
    agent = request.META.get("HTTP_USER_AGENT", "")
    return new_hit(token=token, user_agent=agent, signals=signals_of(request))


def _try_again() -> HttpResponse:
    """The person comes back in a minute; the page asks nothing of the database."""
    page = loader.get_template("errors/500.html").render({}, None)
    return HttpResponse(page, status=503, headers={"Retry-After": RETRY_SECONDS})


def _not_found() -> HttpResponse:
    return HttpResponse("Not found", status=404, content_type="text/plain")


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Content-Length"] = str(len(response.content))  # or it goes in chunks
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
