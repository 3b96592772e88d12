"""The base of every view of the API: what holds for all of them is said once, here.

A view names `scope` and `right` (and `scope_to_write`, `right_to_write` where writing asks for more);
`in_territory` opens it to keys and members of a territory, `public_methods` to public keys, `of_members`
closes it to machines.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaign_crm.platform.addresses import client_address
from campaign_crm.platform.api import cors, counts, idempotency
from campaign_crm.platform.api.access import key_of, member_of
from campaign_crm.platform.api.counts import count_request, tell_limits
from campaign_crm.platform.api.filters import DeclaredFilters, Filter, check_parameters
from campaign_crm.platform.api.problems import Stale
from campaign_crm.platform.limits import place_of

BY_ONE_MACHINE, BY_ONE_MEMBER, FROM_ONE_BROWSER = 6_000, 600, 120  # requests a minute
AnyModel = TypeVar("AnyModel", bound=Model)


class AnsweredBefore(Exception):
    """The same request came before, with the same Idempotency-Key."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        super().__init__()


class Conventions(APIView):
    """Limits, conditional requests, requests sent twice, pages of other origins."""

    scope: str | None = None
    right: str | None = None
    narrowed_by: tuple[Filter, ...] = ()
    parameters: frozenset[str] = frozenset()  # of the query, beside filters and what pages take
    once: idempotency.Once | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if cors.is_preflight(request):
            return cors.answer_preflight(request, self.allowed_methods)
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request, self)
        self.once = idempotency.to_be_done_once(request)
        before = self.once.answered_before() if self.once is not None else None
        if before is not None:
            raise AnsweredBefore(before)

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        key = key_of(request)
        if key is not None and key.is_public and not cors.is_from_own_pages(request, key):
            raise PermissionDenied(_("This public key is for the pages of other websites."))

    def check_throttles(self, request: Request) -> None:
        """Requests of a key, of a member, and of one visitor of the pages that use a public key."""
        key, member = key_of(request), member_of(request)
        if member is not None:
            count_request(request, "api-member", str(member.pk), at_most=BY_ONE_MEMBER)
        elif key is not None:
            count_request(request, "api-key", str(key.pk), at_most=BY_ONE_MACHINE)
        if key is not None and key.is_public:
            visitor = place_of(client_address(request._request))
            count_request(request, "api-visitor", visitor, at_most=FROM_ONE_BROWSER)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, AnsweredBefore):
            return exc.answer
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        done = self.once is not None and idempotency.REPLAYED not in response.headers
        if done and response.status_code < 400 and isinstance(response, Response):
            self.once.keep(response)  # type: ignore[union-attr]
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(answer, ["Authorization", "Origin"])
        cors.let_page_read(request, answer)
        tell_limits(request, answer)
        if isinstance(answer, Response) and request.method in ("GET", "HEAD") and answer.status_code == 200:
            answer.add_post_render_callback(lambda made: _if_changed(request, made))
        return answer

    def check_version(self, current: Any) -> None:
        """Raise Stale when `If-Match` names another version than `current`, what a GET would answer now.

        A proxy that packs answers makes their tags weak: they name the same version.
        """
        asked = self.request.headers.get("If-Match", "").strip()
        if not asked or asked == "*":
            return
        body: Any = self.request.accepted_renderer.render(current, self.request.accepted_media_type, {})
        if tag_of(body) not in [one.strip().removeprefix("W/") for one in asked.split(",")]:
            raise Stale


def tag_of(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _if_changed(request: Request, answer: Response) -> HttpResponseBase | None:
    """The same with its version, or 304 for who has it already."""
    answer.headers["ETag"] = tag_of(answer.content)
    unchanged = get_conditional_response(request._request, etag=answer.headers["ETag"], response=answer)
    if unchanged is answer or unchanged is None:
        return None
    for name in (*counts.HEADERS, *cors.HEADERS):
        if name in answer.headers:
            unchanged.headers[name] = answer.headers[name]
    return unchanged


class ListView(Conventions, ListModelMixin, GenericAPIView[AnyModel]):
    """A page of a list: filters, pages by cursor."""

    filter_backends = (DeclaredFilters,)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class OneView(Conventions, RetrieveModelMixin, GenericAPIView[AnyModel]):
    """One thing, by what its address names."""

    filter_backends = ()

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.retrieve(request, *args, **kwargs)
