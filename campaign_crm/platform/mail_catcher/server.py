"""The SMTP side of the mail catcher: takes everything, relays nothing."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from campaign_crm.platform.mail_catcher.mailbox import words_of
from campaign_crm.platform.mail_catcher.storage import Store

HOST = "127.0.0.1"  # never another: it takes mail for anybody without asking who sends
MAX_MESSAGE = 50_000_000  # bytes
IDLE_SECONDS = 900.0
logger = logging.getLogger(__name__)


class Keeper:
    """aiosmtpd's handler: every message goes to the store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        sender, recipients = (envelope.mail_from or "").strip("<>"), list(envelope.rcpt_tos)
        message = envelope.original_content or b""
        try:
            words = words_of(sender=sender, recipients=recipients, raw=message)
            message_id = self.store.add(sender=sender, recipients=recipients, message=message, words=words)
        except OSError as error:
            logger.error("A message could not be kept in %s: %s", self.store.folder, error.strerror)
            return "451 4.3.0 The message could not be kept; is the disk full?"
        return f"250 2.0.0 Ok: queued as {message_id}"


async def serve(folder: Path, port: int, stop: asyncio.Event) -> None:
    """Listen until `stop` is set. Raises OSError when the port is taken."""
    keeper = Keeper(Store(folder))
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            keeper,
            data_size_limit=MAX_MESSAGE,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="Campaign CRM mail catcher",
            timeout=IDLE_SECONDS,
            loop=loop,
        )

    server = await loop.create_server(session, HOST, port)
    async with server:
        logger.info("Keeping mail sent to %s:%s in %s", HOST, server.sockets[0].getsockname()[1], folder)
        await stop.wait()
