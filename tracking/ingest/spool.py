"""Clicks on this machine's disk while the ingest stream is away: synced before the person is redirected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from campaign_crm.platform.spool import Fields, Spool
from tracking.ingest.hits import Hit

logger = logging.getLogger(__name__)

SPOOL = Spool("hits")


def keep(hit: Hit) -> None:
    """Append a hit to this process's file, synced to disk; raises OSError when even that fails."""
    SPOOL.keep(hit.to_fields())


def drain(store: Callable[[list[Hit]], None], *, batch: int) -> int:
    """Give the kept hits to `store`, at most `batch` at a time, and forget them; returns how many lines.

    A file left by a crash between storing and forgetting is stored again: the event ids make that harmless.
    """
    return SPOOL.drain(lambda lines: store(list(_hits(lines))), batch=batch)


def waiting() -> int:
    """Files that wait on this machine."""
    return SPOOL.waiting()


def _hits(lines: Iterable[Fields]) -> Iterator[Hit]:
    for fields in lines:
        try:
            yield Hit.from_fields(fields)
        except (KeyError, TypeError, ValueError):
            logger.error("A line of the spool is not a hit; left out")
