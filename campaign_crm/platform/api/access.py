"""Who may use the API: machines by keys, members by a token or their session, web pages by public keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from campaign_crm.platform import proportion
from campaign_crm.platform.acting import say_who_acts
from campaign_crm.platform.api.keys import find_api_key
from campaign_crm.platform.models import ApiKey, User
from campaign_crm.platform.staff import RightMissing, take_scope_for
from campaign_crm.platform.walls import take_scope

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it loads the settings that name this module

READING = {"GET", "HEAD", "OPTIONS"}


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer crm_…`; the request's `auth` is the ApiKey, its user the owner of a token."""

    def authenticate(self, request: Request) -> tuple[User | None, ApiKey] | None:
        scheme, _space, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = find_api_key(text.strip())
        if key is None:
            raise AuthenticationFailed(_("This API key is not known, has expired or was revoked."))
        say_who_acts(actor_id=key.owner_id, came_by=f"api_key:{key.pk}")
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def key_of(request: Request) -> ApiKey | None:
    """The key that a request came with; None for the session of a browser."""
    return request.auth if isinstance(request.auth, ApiKey) else None


def member_of(request: Request) -> User | None:
    """The member who asks, by a session or a token; None for a machine."""
    return request.user if isinstance(request.user, User) else None


class HasScope(BasePermission):
    """A view names `scope` for keys and `right` for members; a view that names neither is closed.

    `scope_to_write` and `right_to_write` are asked for any method that changes something; the same ones where
    they are not named. A token asks for both: what it was made for, and what its owner may today.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = key_of(request)
        if key is not None and key.owner is None:
            return _machine_may(key, request, view)
        if key is not None and not _holds(key, request, view):
            return False
        return _member_may(member_of(request), request, view)


def right_for(method: str | None, view: object) -> str | None:
    right = getattr(view, "right", None)
    return right if method in READING else getattr(view, "right_to_write", None) or right


def scope_for(method: str | None, view: object) -> str | None:
    scope = getattr(view, "scope", None)
    return scope if method in READING else getattr(view, "scope_to_write", None) or scope


def _holds(key: ApiKey, request: Request, view: APIView) -> bool:
    scope = scope_for(request.method, view)
    return scope is not None and scope in key.scopes


def _machine_may(key: ApiKey, request: Request, view: APIView) -> bool:
    """Whether a key holds the scope of a view; one of a territory goes on behind the walls of that place."""
    if getattr(view, "of_members", False) or not _holds(key, request, view):
        return False
    if key.is_public and request.method not in getattr(view, "public_methods", ()):
        return False
    if key.reaches is not None:
        if not getattr(view, "in_territory", False):
            return False
        take_scope(key.reaches)
    return True


def _member_may(user: User | None, request: Request, view: APIView) -> bool:
    right = right_for(request.method, view)
    if right is None or user is None or not user.holds(right):
        return False
    try:
        take_scope_for(user, right, in_territory=getattr(view, "in_territory", False))
    except RightMissing:
        return False
    return not proportion.is_missing(user, right)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description names a key."""

    target_class = "campaign_crm.platform.api.access.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "crm_…"}
