"""Taking returns from a mail server on this machine (LMTP, RFC 2033): kept before they are answered.

Only return paths with a signed key, at the domain of returns of an account or at the host for returns of a
sender's domain, are taken: everything else is refused while the mail server still knows whom to tell. One
recipient a message, so that one answer is enough.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction

from messaging.content.keyring import BadToken
from messaging.content.return_keys import read_return
from messaging.returns.verp import key_of
from messaging.services.return_paths import receivers
from messaging.webhooks.receiving import MAIL, keep, spool_mail

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

LARGEST = 10_000_000  # bytes
IDLE_SECONDS = 300.0
DOMAINS_FRESH = 30.0  # seconds that the hosts of returns are remembered


AWAY_SECONDS = 2.0
"""A database that is away is asked again after so long, not by each return."""


class NotKnownYet(Exception):
    """Whether a host is ours cannot be said now: the mail server is to come back."""


class Domains:
    """Accounts by where their returns come to; while the database is away, as they were last known."""

    def __init__(self) -> None:
        self._known: dict[str, int] | None = None
        self._read_again_at = time.monotonic()

    def account_of(self, address: str) -> int | None:
        """None for a host that is not ours; raises NotKnownYet while nobody could say."""
        if time.monotonic() >= self._read_again_at:
            try:
                close_old_connections()
                self._known = receivers()
                self._read_again_at = time.monotonic() + DOMAINS_FRESH
            except (OperationalError, InterfaceError) as error:
                logger.warning("Database away (%s)", type(error).__name__)
                connection.close()
                self._read_again_at = time.monotonic() + AWAY_SECONDS
        if self._known is None:
            raise NotKnownYet
        return self._known.get(address.rpartition("@")[2].lower())


class Receiver:
    """aiosmtpd's handler."""

    def __init__(self) -> None:
        self._domains = Domains()
        # Django's connection belongs to one thread; the loop must not wait for the disk.
        self._thread = ThreadPoolExecutor(max_workers=1)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient a message"
        try:
            if not _is_signed(address) or await self._elsewhere(self._domains.account_of, address) is None:
                return "550 5.1.1 No such return path"
        except NotKnownYet:
            return "451 4.3.0 It cannot be said now whose return path that is"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        sender = (envelope.mail_from or "").strip("<>")
        # As a mail server writes at the final delivery (RFC 5321 §4.4).
        head = f"Return-Path: <{sender}>\r\nDelivered-To: {address}\r\n".encode("utf-8", "replace")
        raw = head + (envelope.original_content or b"")
        try:
            await self._elsewhere(self._keep, address, raw)
        except (OSError, NotKnownYet) as error:
            logger.error("A return can be kept nowhere (%s)", type(error).__name__)
            return "451 4.3.0 It cannot be kept now"
        return "250 2.0.0 Ok"

    def close(self) -> None:
        self._thread.submit(connection.close)
        self._thread.shutdown()

    def _keep(self, address: str, raw: bytes) -> None:
        account = self._domains.account_of(address)
        if account is None:  # it went between two commands: the server asks again, and hears it then
            raise NotKnownYet
        try:
            with transaction.atomic():
                keep(account, MAIL, raw, at=None)
        except (OperationalError, InterfaceError) as error:
            logger.warning("Database away (%s): a return is spooled", type(error).__name__)
            connection.close()
            spool_mail(account, raw)

    async def _elsewhere(self, function: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)


async def serve(port: int, stop: asyncio.Event) -> None:
    """Listen until `stop` is set. Raises OSError when the port is taken.

    On loopback: whoever reaches it is believed to be a mail server of this machine. In a container that is
    every address of its own (`LMTP_HOST`), and its port is published on the machine's loopback only.
    """
    receiver, loop = Receiver(), asyncio.get_running_loop()

    def session() -> LMTP:
        return LMTP(
            receiver,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Campaign CRM",
            timeout=IDLE_SECONDS,
            loop=loop,
        )

    server = await loop.create_server(session, settings.LMTP_HOST, port)
    try:
        async with server:
            logger.info("Taking returns on %s:%s", settings.LMTP_HOST, server.sockets[0].getsockname()[1])
            await stop.wait()
    finally:
        receiver.close()


def _is_signed(address: str) -> bool:
    try:
        read_return(key_of(address))
    except BadToken:
        return False
    return True
