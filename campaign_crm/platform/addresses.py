"""Where a request comes from, seen through the proxies that the installation trusts."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

INSIDE = [
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8", "::1/128",  # this machine
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # RFC 1918
        "fc00::/7",  # RFC 4193
    )
]  # fmt: skip


def client_address(request: HttpRequest) -> str:
    """Return the IP address of the client; empty when it cannot be known.

    With TRUSTED_PROXIES = n, the n-th address from the right of X-Forwarded-For: each trusted proxy adds the
    one it saw, and what stands further left was written by the client.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    if not settings.TRUSTED_PROXIES:
        return _checked(str(request.META.get("REMOTE_ADDR", "")))
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    return _checked(hops[-settings.TRUSTED_PROXIES]) if len(hops) >= settings.TRUSTED_PROXIES else ""


def _checked(text: str) -> str:
    """The address, normalised; empty when a proxy wrote something else ("unknown", a port)."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def is_from_inside(request: HttpRequest) -> bool:
    """Tell whether a request comes from this machine or its private network.

    A request that came through a proxy which nobody declared is never inside: its address is the proxy's.
    """
    if not settings.TRUSTED_PROXIES and "X-Forwarded-For" in request.headers:
        return False
    # A health check inside the container network reaches the server without the proxy, so without the header.
    direct = "X-Forwarded-For" not in request.headers
    address = request.META.get("REMOTE_ADDR", "") if direct else client_address(request)
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in INSIDE)
