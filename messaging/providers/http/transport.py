"""HTTP calls whose fate is known: never left, answered, or lost after they left.

`requests` over connections kept open. The body is given to the socket piece by piece by us, so that after a
failure it is certain whether its end was written: a server that lacks the end of a body (Content-Length)
cannot have acted on it. Nothing is repeated and no redirection is followed here.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import requests
from django.utils.translation import gettext_noop
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from messaging.providers.errors import ProviderUnavailable

IDLE_SECONDS = 20.0
"""A connection unused for longer is opened anew: load balancers close theirs after a minute, some sooner, and
a request written into a closed one would be openly uncertain."""

LONGEST_ANSWER = 8_000_000  # bytes

UNREACHABLE = gettext_noop("The provider could not be reached")
NO_TLS = gettext_noop("The provider's certificate could not be verified")
CUT_BEFORE = gettext_noop("The connection was lost before the call was complete: nothing was taken")
LOST_AFTER = gettext_noop("The connection was lost after the call was made, before any answer")
LATE_AFTER = gettext_noop("The call was made and the provider did not answer in time")


class Answer(NamedTuple):
    """What the server said. `whole`: the body came to its end; the status is certain in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True


class Lost(Exception):
    """The whole request left and no usable answer came: it may have been acted on.

    `text` is an English msgid; `code` the status, if there was one.
    """

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """`path` follows the transport's base address."""

    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class _Body:
    """A request's body that knows whether its end was written to the socket."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0
        self.left = False

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[bytes]:
        # `requests` takes an iterable for a stream; `urllib3` reads it by `read`.
        while piece := self.read(65_536):
            yield piece

    def read(self, size: int = -1) -> bytes:
        if self._at >= len(self._data):
            self.left = True  # asked for more only once the piece before was written
            return b""
        end = len(self._data) if size < 0 else self._at + size
        piece = bytes(self._data[self._at : end])
        self._at += len(piece)
        return piece


@dataclass
class _Line:
    """One session with one connection, and when it was used last."""

    session: requests.Session
    used_at: float = 0.0


class Transport:
    """Up to `connections` calls at once to one server, from any threads of one process.

    `base`: https address without a final slash. `timeout`: seconds for each wait on the network.
    """

    def __init__(
        self,
        base: str,
        *,
        connections: int,
        timeout: float,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> None:
        self.base = base
        self._timeout = timeout
        self._lines: queue.LifoQueue[_Line] = queue.LifoQueue()
        for _number in range(connections):
            self._lines.put(_Line(_session(base, headers or {}, basic)))

    def call(self, request: Request) -> Answer:
        """Make one call; raises ProviderUnavailable when it surely never left whole, else Lost.

        A question (no body) changes nothing there: it is never Lost.
        """
        line = self._lines.get()
        try:
            if time.monotonic() - line.used_at > IDLE_SECONDS:
                line.session.close()
            return self._made(line.session, request)
        finally:
            line.used_at = time.monotonic()
            self._lines.put(line)

    def close(self) -> None:
        """Close the idle connections; the transport may be used again."""
        lines = []
        while True:
            try:
                lines.append(self._lines.get_nowait())
            except queue.Empty:
                break
        for line in lines:
            line.session.close()
            self._lines.put(line)

    def _made(self, session: requests.Session, request: Request) -> Answer:
        body = _Body(request.body)
        try:
            response = session.request(
                request.method,
                self.base + request.path,
                data=body if request.body else None,
                headers=request.headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, HTTPError, OSError) as error:
            if body.left:
                raise Lost(LATE_AFTER if isinstance(error, requests.Timeout) else LOST_AFTER) from error
            raise _never_left(error) from error
        with response:
            data, whole = _read(response)
        return Answer(response.status_code, response.headers, data, whole)


def _session(base: str, headers: Mapping[str, str], basic: tuple[str, str] | None) -> requests.Session:
    session = requests.Session()
    # A .netrc file of the machine would take the place of our own credentials.
    session.trust_env = False
    session.proxies = get_environ_proxies(base)
    session.auth = basic
    session.headers.update({"User-Agent": "campaign-crm", "Accept": "application/json", **headers})
    session.mount(base, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
    return session


def _read(response: requests.Response) -> tuple[bytes, bool]:
    """The answer's body, and whether it came to its end."""
    pieces, size = [], 0
    try:
        for piece in response.iter_content(65_536):
            pieces.append(piece)
            size += len(piece)
            if size > LONGEST_ANSWER:
                return b"".join(pieces), False
    except (requests.RequestException, HTTPError, OSError):
        return b"".join(pieces), False
    return b"".join(pieces), True


def _never_left(error: Exception) -> ProviderUnavailable:
    """The failure in plain words. Its own text is not shown: it may hold an address with a key in it."""
    if isinstance(error, requests.exceptions.SSLError):
        return ProviderUnavailable(NO_TLS)
    name = type(error).__name__
    if isinstance(error, requests.Timeout | requests.exceptions.ProxyError):
        return ProviderUnavailable(UNREACHABLE, detail=name)
    if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
        return ProviderUnavailable(UNREACHABLE)
    return ProviderUnavailable(CUT_BEFORE)
