"""Open one SMTP connection: connect, greeting, EHLO, encryption, sign-in. Blocking, with timeouts.

Nothing is handed over here, so every failure is a ProviderError and every message surely not accepted.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import socket
import ssl
import time
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from messaging.providers.errors import ProviderError, ProviderRefused, ProviderUnavailable
from messaging.providers.smtp.answers import without_addresses
from messaging.providers.smtp.config import Security, SmtpConfig, is_loopback
from messaging.providers.smtp.replies import NotSmtp, Reply, ReplyReader
from messaging.providers.smtp.sources import Source


@dataclass(frozen=True, slots=True)
class Extensions:
    """What EHLO announced (names and limits: RFC 2920, 6152, 6531, 1870, 4954, 3207)."""

    pipelining: bool = False
    eight_bit: bool = False
    smtputf8: bool = False
    starttls: bool = False
    size: bool = False
    max_size: int = 0  # bytes; 0: no fixed limit
    auth: frozenset[str] = frozenset()


@dataclass(slots=True)
class Link:
    """An open, signed-in connection. `reader` may not hold anything at this point."""

    sock: socket.socket
    extensions: Extensions
    reader: ReplyReader


def open_link(config: SmtpConfig, source: Source | None = None, *, within: float | None = None) -> Link:
    """Connect and sign in; raises ProviderUnavailable (waiting may help) or ProviderRefused (it will not).

    `source`: the address to leave from, and its name. `within`: seconds for all of it together; four waits of
    the account if not given.
    """
    ends = time.monotonic() + (within or config.timeout * 4)  # a server that dribbles holds nobody for ever
    sock = _connect(config, source)
    talk = _Conversation(sock, config, ends, name=source.helo if source is not None else config.helo_name)
    try:
        return talk.introduce()
    except (OSError, NotSmtp) as error:
        raise _as_provider_error(error) from error
    except ProviderError:
        talk.say_goodbye()
        raise
    finally:
        if not talk.finished:
            talk.sock.close()


def tls_context(config: SmtpConfig) -> ssl.SSLContext:
    """Certificates are always verified; `ca_file` adds an authority and never removes the check."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if config.ca_file:
        context.load_verify_locations(cafile=config.ca_file)
    return context


def _connect(config: SmtpConfig, source: Source | None) -> socket.socket:
    own = (source.address, 0) if source is not None else None
    try:
        sock = socket.create_connection(
            (config.host, config.port), timeout=config.timeout, source_address=own
        )
    except (OSError, UnicodeError) as error:  # a host label that is too long is a UnicodeError
        if source is not None and getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
            # Not permanent: others of the pool may do, and an interface comes up late after a restart.
            raise ProviderUnavailable(
                gettext_noop("An address to send from is not one of this machine"), detail=source.address
            ) from error
        raise _as_provider_error(error) from error
    # Small command groups must leave at once: Nagle would hold them for the peer's delayed acknowledgement.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return sock


class _Conversation:
    def __init__(self, sock: socket.socket, config: SmtpConfig, ends: float, *, name: str) -> None:
        self.sock = sock
        self.name = name  # given to the server; empty: our address
        self.config = config
        self.reader = ReplyReader()
        self.waiting: list[Reply] = []
        self.ends = ends
        self.finished = False

    def introduce(self) -> Link:
        if self.config.security is Security.TLS:
            self._encrypt()
        greeting = self._read()
        if greeting.code != 220:
            raise _turned_away(gettext_noop("The server did not let us in"), greeting)
        extensions = self._hello()
        if self.config.security is Security.STARTTLS:
            extensions = self._start_tls(extensions)
        if self.config.username:
            self._sign_in(extensions)
        if not self.reader.is_empty or self.waiting:
            raise NotSmtp("unexpected bytes after the introduction")
        self.finished = True
        return Link(self.sock, extensions, self.reader)

    def say_goodbye(self) -> None:
        """QUIT is a courtesy here: what the server makes of it does not matter."""
        with contextlib.suppress(OSError):
            self.sock.sendall(b"QUIT\r\n")

    def _encrypt(self) -> None:
        context = tls_context(self.config)
        self._wait_no_longer()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.config.host)

    def _hello(self) -> Extensions:
        name = self.name or _address_literal(self.sock)
        reply = self._ask(f"EHLO {name}")
        if reply.code in (500, 501, 502, 504):  # an old server: plain HELO, no extension
            reply = self._ask(f"HELO {name}")
            if reply.code == 250:
                return Extensions()
        if reply.code != 250:
            raise _turned_away(gettext_noop("The server did not accept our name"), reply)
        return read_extensions(reply.text)

    def _start_tls(self, extensions: Extensions) -> Extensions:
        if not extensions.starttls:
            raise ProviderRefused(gettext_noop("The server offers no encryption (STARTTLS) on this port"))
        reply = self._ask("STARTTLS")
        if reply.code != 220:
            raise _turned_away(gettext_noop("The server did not start encryption"), reply)
        if not self.reader.is_empty or self.waiting:
            # Bytes sent in the clear behind the 220 must not pass for encrypted ones (CVE-2011-0411).
            raise NotSmtp("unencrypted bytes after STARTTLS")
        self._encrypt()
        return self._hello()  # what was announced in the clear is forgotten (RFC 3207 §4.2)

    def _sign_in(self, extensions: Extensions) -> None:
        encrypted = isinstance(self.sock, ssl.SSLSocket)
        if not encrypted and not is_loopback(self.config.host):
            raise ProviderRefused(gettext_noop("The password is never sent without encryption"))
        if "PLAIN" in extensions.auth:
            reply = self._ask("AUTH PLAIN " + _base64(f"\0{self.config.username}\0{self.config.password}"))
        elif "LOGIN" in extensions.auth:
            reply = self._sign_in_by_login()
        else:
            raise ProviderRefused(
                gettext_noop("The server offers no way to sign in that we know (PLAIN, LOGIN)")
            )
        if reply.code != 235:
            raise _turned_away(gettext_noop("The server did not accept the user name and password"), reply)

    def _sign_in_by_login(self) -> Reply:
        reply = self._ask("AUTH LOGIN")
        for answer in (self.config.username, self.config.password):
            if reply.code != 334:
                return reply
            reply = self._ask(_base64(answer))
        return reply

    def _ask(self, line: str) -> Reply:
        self.sock.sendall(line.encode("ascii") + b"\r\n")
        return self._read()

    def _read(self) -> Reply:
        while not self.waiting:
            self._wait_no_longer()
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionResetError
            self.waiting = self.reader.feed(data)
        return self.waiting.pop(0)

    def _wait_no_longer(self) -> None:
        """The next answer has what is left of the time of all; raises TimeoutError."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(min(self.config.timeout, left))


def read_extensions(text: str) -> Extensions:
    """The lines of an EHLO reply (the first one is the server's name)."""
    found: dict[str, list[str]] = {}
    for line in text.split("\n")[1:]:
        # "AUTH=LOGIN PLAIN" is an old spelling that some servers still add.
        name, *words = line.upper().replace("AUTH=", "AUTH ", 1).split() or [""]
        found.setdefault(name, []).extend(words)
    limit = "".join(found.get("SIZE", [])[:1])
    return Extensions(
        pipelining="PIPELINING" in found,
        eight_bit="8BITMIME" in found,
        smtputf8="SMTPUTF8" in found,
        starttls="STARTTLS" in found,
        size="SIZE" in found,
        max_size=int(limit) if limit.isdigit() else 0,
        auth=frozenset(found.get("AUTH", [])),
    )


def _turned_away(text: str, reply: Reply) -> ProviderError:
    """4xx may pass; anything else needs a person."""
    kind = ProviderUnavailable if 400 <= reply.code < 500 else ProviderRefused
    return kind(text, detail=without_addresses(f"{reply.code} {reply.text}"), code=reply.code)


def _as_provider_error(error: Exception) -> ProviderError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ProviderRefused(
            gettext_noop("The server's certificate could not be verified"), detail=error.verify_message
        )
    if isinstance(error, ssl.SSLError):
        return ProviderRefused(
            gettext_noop("Encryption could not be set up; is it the right port?"), detail=error.reason or ""
        )
    if isinstance(error, socket.gaierror):
        return ProviderUnavailable(
            gettext_noop("The server's name was not found"), detail=error.strerror or ""
        )
    if isinstance(error, TimeoutError):
        return ProviderUnavailable(gettext_noop("The server did not answer in time"))
    if isinstance(error, NotSmtp):
        return ProviderRefused(gettext_noop("What answers there is no mail server"), detail=str(error))
    detail = getattr(error, "strerror", None) or ""
    return ProviderUnavailable(gettext_noop("The connection could not be made"), detail=detail)


def _address_literal(sock: socket.socket) -> str:
    """RFC 5321 §4.1.3: a client without a name of its own gives its address."""
    address = sock.getsockname()[0]
    return f"[IPv6:{address.split('%')[0]}]" if sock.family == socket.AF_INET6 else f"[{address}]"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
