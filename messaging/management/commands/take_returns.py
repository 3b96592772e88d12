"""Take returns from this machine's mail server by LMTP on LMTP_PORT, until it is asked to end."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from messaging.returns.lmtp import serve


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.LMTP_PORT, help="LMTP_PORT if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        if not port:
            raise CommandError("Set LMTP_PORT to the port on which the mail server hands returns over.")
        try:
            asyncio.run(_run(port))
        except OSError as error:
            raise CommandError(
                f"{settings.LMTP_HOST}:{port} cannot be used ({error.strerror}): LMTP_PORT={port + 1}"
            ) from None


async def _run(port: int) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(port, stop)
