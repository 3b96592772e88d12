"""The few HTTP requests that CardDAV needs, to one server and no other.

What staff type decides where this program connects, so it is held on a short line: http and https only, no
redirect is followed, nothing of an answer but what CardDAV means is ever shown, an answer has a size and a
time limit, and only addresses outside are connected to (`platform.outside`): the network of a party's own
server is named in the settings.
"""

from __future__ import annotations

import base64
import http.client
import ssl
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from django.utils.translation import gettext as _

from campaign_crm.platform import outside, outside_http
from contacts.imports.recurring.errors import PlaceProblem

SECONDS = 30
MOST_BYTES = 50 * 1024 * 1024  # of one answer
UNUSABLE = (OSError, http.client.HTTPException)


class AnswerRefused(http.client.HTTPException):
    """A web server answered what is not taken; the message is for whoever typed the address."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Server:
    """One server, by the address of an address book on it."""

    def __init__(self, url: str, *, user: str, password: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise PlaceProblem(
                _("Write an address that begins with https:// or http://, without a password.")
            )
        self.url = url
        self._origin = (parts.scheme, parts.hostname, parts.port)
        self._login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, url: str, body: str, *, depth: str) -> Answer:
        """Send an XML body; `url` may be relative to the server's. Raises PlaceProblem."""
        target = self.own(url)
        headers = {
            "Authorization": f"Basic {self._login}",
            "Content-Type": "application/xml; charset=utf-8",
            "Depth": depth,
            "User-Agent": "Campaign CRM",
        }
        try:
            answer = self._answer(method, target, body.encode(), headers)
        except UNUSABLE as error:
            self.close()
            raise PlaceProblem(
                _("The server “%(host)s” cannot be reached: %(reason)s")
                % {"host": self._origin[1], "reason": _reason(error)}
            ) from error
        if answer.status in (401, 403) and method == "PROPFIND":
            raise PlaceProblem(_("The server refuses the user name or the password."))
        return answer

    def own(self, url: str) -> str:
        """Return the whole address of what the server calls `url`; another server's is refused."""
        whole = urljoin(self.url, url)
        parts = urlsplit(whole)
        if (parts.scheme, parts.hostname, parts.port) != self._origin:
            raise PlaceProblem(_("The server points to another server: give the address there instead."))
        return whole

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _answer(self, method: str, target: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(target)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{parts.query}" if parts.query else ""
        )
        if self._connection is None:
            self._connection = outside_http.connection(*self._origin, seconds=SECONDS)
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise AnswerRefused(_("its answer is too large"))
        if response.will_close or response.status >= 300:
            self.close()
        if 300 <= response.status < 400:
            raise AnswerRefused(_("it sends us to another address: give that one instead"))
        return Answer(response.status, content)


def _reason(error: Exception) -> str:
    """Our own words, never what answered: the banner of another service would tell what stands there."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("its certificate is not good for this name")
    if isinstance(error, AnswerRefused):
        return str(error)
    return str(outside.Unreachable().strerror)
