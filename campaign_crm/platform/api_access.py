"""Who may use the API: machine keys by scope, staff sessions by right."""

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
from campaign_crm.platform.api_keys import find_api_key
from campaign_crm.platform.models import ApiKey, User
from campaign_crm.platform.staff import RightMissing, take_scope_for
from campaign_crm.platform.walls import take_scope

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it loads the settings that name this module


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer crm_…`; the request's `auth` is the ApiKey and its user is nobody."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        scheme, _space, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = find_api_key(text.strip())
        if key is None:
            raise AuthenticationFailed(_("This API key is not known, has expired or was revoked."))
        say_who_acts(actor_id=None, came_by=f"api_key:{key.pk}")
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """A view names `scope` for keys and `right` for staff sessions; a view that names neither is closed."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, ApiKey):
            return _key_may(request.auth, view)
        right = getattr(view, "right", None)
        user = request.user
        if right is None or not isinstance(user, User) or not user.holds(right):
            return False
        try:
            take_scope_for(user, right, in_territory=getattr(view, "in_territory", False))
        except RightMissing:
            return False
        return not proportion.is_missing(user, right)


def _key_may(key: ApiKey, view: APIView) -> bool:
    """Whether a key holds the scope of a view; one of a territory goes on behind the walls of that place."""
    scope = getattr(view, "scope", None)
    if scope is None or scope not in key.scopes:
        return False
    if key.reaches is not None:
        if not getattr(view, "in_territory", False):
            return False
        take_scope(key.reaches)
    return True


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description names a machine key."""

    target_class = "campaign_crm.platform.api_access.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "crm_…"}
