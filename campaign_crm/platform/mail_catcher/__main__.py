"""`python -m campaign_crm.platform.mail_catcher`: catch mail on MAIL_CATCHER_PORT into VAR_DIR/mailbox."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from django.conf import settings

from campaign_crm.platform.mail_catcher.server import serve


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign_crm.settings")
    logging.basicConfig(level=logging.INFO, format="mail catcher: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's own names every address
    port = settings.MAIL_CATCHER_PORT
    try:
        asyncio.run(_run(Path(settings.MAILBOX_DIR), port))
    except OSError as error:
        sys.exit(
            f"The mail catcher cannot use port {port} ({error.strerror}). End what uses it, "
            f"or choose another: MAIL_CATCHER_PORT={port + 1}"
        )


async def _run(folder: Path, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(folder, port, stop)


if __name__ == "__main__":
    main()
