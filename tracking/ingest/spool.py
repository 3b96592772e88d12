"""Clicks on this machine's disk while the ingest stream is away: synced before the person is redirected.

One file a process, one line a hit. A writer holds a lock on the file while it appends. Whoever drains renames
the file first, then takes the same lock: a writer that had opened it either is done by then, or finds that
its path leads elsewhere and opens a new one. So no line goes to a file that is about to be forgotten.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO

from django.conf import settings

from tracking.ingest.hits import Hit

logger = logging.getLogger(__name__)


def keep(hit: Hit) -> None:
    """Append a hit to this process's file, synced to disk; raises OSError when even that fails."""
    path = _folder() / f"{os.getpid()}.jsonl"
    with _own_file(path) as file:
        begins = not file.tell()
        # A line that a full disk or a crash cut short stays alone: the next hit begins its own.
        file.write(b"\n" + json.dumps(hit.to_fields()).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if begins:
        _sync_folder(path.parent)


def drain(store: Callable[[list[Hit]], None], *, batch: int) -> int:
    """Give the kept hits to `store`, at most `batch` at a time, and forget them; returns how many.

    A file left by a crash between storing and forgetting is stored again: the event ids make that harmless.
    """
    folder = _folder()
    for path in folder.glob("*.jsonl"):
        with suppress(FileNotFoundError):  # another drain was faster
            path.rename(path.with_suffix(f".{os.urandom(4).hex()}.draining"))
    return sum(_drain_file(path, store, batch) for path in sorted(folder.glob("*.draining")))


def waiting() -> int:
    """Files that wait on this machine."""
    return sum(1 for _path in _folder().iterdir())


def _drain_file(path: Path, store: Callable[[list[Hit]], None], batch: int) -> int:
    count = 0
    with suppress(FileNotFoundError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        hits = _readable(file, path.name)
        while some := list(islice(hits, batch)):
            store(some)
            count += len(some)
        path.unlink()
    return count


def _readable(file: IO[bytes], name: str) -> Iterator[Hit]:
    """Whole lines; what a crash cut short was answered to nobody, and is said."""
    for line in filter(None, map(bytes.strip, file)):
        try:
            yield Hit.from_fields(json.loads(line))
        except (KeyError, TypeError, ValueError):
            logger.error("A line of the spool file %s is cut short; left out", name)


@contextmanager
def _own_file(path: Path) -> Iterator[IO[bytes]]:
    """Open the file for appending, locked, and still at its path."""
    while True:
        with _opened(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_at(path, file):
                yield file
                return


def _opened(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


def _is_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """A new file survives a crash of the machine once its folder is synced too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folder() -> Path:
    folder: Path = settings.VAR_DIR / "spool" / "hits"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
