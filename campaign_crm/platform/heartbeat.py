"""Renewing the lease of running work from beside it: one statement may take longer than a lease lasts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


@contextmanager
def kept_alive(renew: Callable[[], bool], *, every: float) -> Iterator[None]:
    """Call `renew` each `every` seconds while the block runs, in a thread with a connection of its own.

    It ends by itself once `renew` answers False: the work is no longer ours, and it will find out. A process
    that is killed renews nothing.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=[renew, every, ended], name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(renew: Callable[[], bool], every: float, ended: threading.Event) -> None:
    try:
        while not ended.wait(every):
            if not _renewed(renew):
                return
    finally:
        connection.close()


def _renewed(renew: Callable[[], bool]) -> bool:
    try:
        return renew()
    except DatabaseError as error:  # the database is away for a moment: the lease has some beats to spare
        logger.warning("A lease could not be renewed (%s)", type(error).__name__)
        connection.close()
        return True
