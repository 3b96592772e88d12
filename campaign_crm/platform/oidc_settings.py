"""Single sign-on as django-allauth wants it in the settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

PROVIDER_ID = "sso"  # part of the address of the way back: PUBLIC_URL/accounts/oidc/sso/login/callback/


def single_sign_on(*, server_url: str, name: str, client_id: str, secret: str) -> dict[str, Any]:
    """`SOCIALACCOUNT_PROVIDERS` of one OpenID Connect server."""
    app = {
        "provider_id": PROVIDER_ID,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": server_url.rstrip("/")},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def origin_of(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
