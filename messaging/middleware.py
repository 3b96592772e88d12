"""Hosts for links: names of senders' own domains that lead here, for what readers open and nothing else.

`ALLOWED_HOSTS` names the hosts at which the team works. A host for links is accepted beside them for
what readers open; the team's pages do not exist there, so that nobody types a password at such a name.
Hosts that were used once are in messages that have left: they are answered for ever.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host

from campaign_crm.platform.addresses import is_from_inside
from campaign_crm.platform.database import acting_as
from messaging.content.public_links import PUBLIC_PATHS
from messaging.domains.arrival import HERE_PATH
from messaging.models import SenderDomain

logger = logging.getLogger(__name__)

KNOWN_SECONDS = 20.0
"""How long a process trusts what it knows of the hosts: a new one is answered at the latest after this."""

CERTIFICATE_PATH = "/tls-host"
"""The proxy asks here whether it may get a certificate for `?domain=`; it calls us by our inner name."""

OPEN_PATHS = (*PUBLIC_PATHS, HERE_PATH, settings.STATIC_URL, "/favicon.ico", "/language/")


class LinkHosts:
    """The hosts for links, read again now and then; the last known ones while the database is away."""

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()
        self._read_at = float("-inf")

    def __contains__(self, host: str) -> bool:
        if time.monotonic() - self._read_at > KNOWN_SECONDS:
            self._read_again()
        return host in self._known

    def forget(self) -> None:
        self._read_at = float("-inf")

    def _read_again(self) -> None:
        try:
            with acting_as("crm_national"):
                found = list(SenderDomain.objects.values_list("tracking_host", "former_tracking_hosts"))
        except DatabaseError as error:
            logger.warning("Hosts for links not read (%s): the last known ones count", type(error).__name__)
        else:
            self._known = frozenset(host for own, former in found for host in (own, *former) if host)
        self._read_at = time.monotonic()


link_hosts = LinkHosts()


class LinkHostMiddleware:
    """Accepts hosts for links for public pages; every other page is a plain 404 there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == CERTIFICATE_PATH:
            return _certificate_for(request)
        written = request.META.get("HTTP_HOST", "")
        host, _port = split_domain_port(written)
        if not host or validate_host(host, settings.ALLOWED_HOSTS) or host not in link_hosts:
            return self.get_response(request)
        if not request.path_info.startswith(OPEN_PATHS):
            return HttpResponse("Not found", status=404, content_type="text/plain")
        # Django knows one fixed list of hosts; this one has just been found in ours.
        request.get_host = lambda: written  # type: ignore[method-assign]
        return self.get_response(request)


def _certificate_for(request: HttpRequest) -> HttpResponse:
    """200 for a host for links, asked by a machine of the installation; no certificate for any other name."""
    asked = request.GET.get("domain", "").lower().rstrip(".")
    return HttpResponse(status=200 if is_from_inside(request) and asked in link_hosts else 404)
