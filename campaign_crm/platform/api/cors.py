"""Pages of other origins: a browser may use a key only from the websites that the key is for.

A preflight comes without the key, so that all it can be told is whether some key is for that website; what
counts is asked again of the request itself. Cookies are never let in from elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.request import Request

from campaign_crm.platform.api.access import READING, key_of
from campaign_crm.platform.api.keys import is_an_origin_of_somebody
from campaign_crm.platform.models import ApiKey

ALLOW, EXPOSE = "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"
HEADERS = (ALLOW, EXPOSE)
SENT = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Accept-Language"
READ = "ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Idempotency-Replayed"
REMEMBERED = 600  # seconds that a browser need not ask again


def is_preflight(request: HttpRequest) -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def answer_preflight(request: HttpRequest, methods: Sequence[str]) -> HttpResponse:
    """What a browser may go on to ask; nothing is allowed to a website that no key is for."""
    answer = HttpResponse(status=204, headers={"Vary": "Origin"})
    origin = request.headers.get("Origin", "")
    if origin and is_an_origin_of_somebody(origin):
        answer.headers[ALLOW] = origin
        answer.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        answer.headers["Access-Control-Allow-Headers"] = SENT
        answer.headers["Access-Control-Max-Age"] = str(REMEMBERED)
    return answer


def is_from_own_pages(request: Request, key: ApiKey) -> bool:
    """Whether a browser says that a page of one of the key's websites asks.

    Of a GET within one origin browsers say nothing.
    """
    origin = request.headers.get("Origin", "")
    return origin in key.origins or (not origin and request.method in READING)


def let_page_read(request: Request, answer: HttpResponseBase) -> None:
    """Let the page that asked read the answer, when its website is one of the key's."""
    key, origin = key_of(request), request.headers.get("Origin", "")
    if key is not None and origin in key.origins:
        answer.headers[ALLOW] = origin
        answer.headers[EXPOSE] = READ
