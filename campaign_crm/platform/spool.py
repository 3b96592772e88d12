"""Lines on this machine's disk while the place they belong to is away: synced before anybody is answered.

One file a process, one JSON object a line. A writer holds a lock on the file while it appends. Whoever drains
renames the file first, then takes the same lock: a writer that had opened it either is done by then, or finds
that its path leads elsewhere and opens a new one. So no line goes to a file that is about to be forgotten.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings

logger = logging.getLogger(__name__)

Fields = dict[str, Any]


class Spool:
    """The folder `VAR_DIR/spool/<name>`. Each machine drains its own: a worker must see the same VAR_DIR."""

    def __init__(self, name: str) -> None:
        self.name = name

    def keep(self, fields: Fields) -> None:
        """Append a line to this process's file, synced to disk; raises OSError when even that fails."""
        path = self.folder() / f"{os.getpid()}.jsonl"
        with _own_file(path) as file:
            begins = not file.tell()
            # A line that a full disk or a crash cut short stays alone: the next one begins its own.
            file.write(b"\n" + json.dumps(fields).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        if begins:
            _sync_folder(path.parent)

    def drain(self, store: Callable[[list[Fields]], None], *, batch: int) -> int:
        """Give the kept lines to `store`, at most `batch` at a time, and forget them; returns how many.

        Lines of one process come in their order. A file is forgotten once `store` has returned for all of it:
        one left by a crash before that is stored again, which `store` must make harmless.
        """
        folder = self.folder()
        for path in sorted(folder.glob("*.jsonl")):
            with suppress(FileNotFoundError):  # another drain was faster
                path.rename(path.with_name(f"{time.time_ns()}-{os.urandom(4).hex()}.draining"))
        return sum(_drain_file(path, store, batch) for path in sorted(folder.glob("*.draining")))

    def waiting(self) -> int:
        """Files that wait on this machine."""
        return sum(1 for _path in self.folder().iterdir())

    def folder(self) -> Path:
        folder: Path = settings.VAR_DIR / "spool" / self.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder


def _drain_file(path: Path, store: Callable[[list[Fields]], None], batch: int) -> int:
    count = 0
    with suppress(FileNotFoundError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = _readable(file, path.name)
        while some := list(islice(lines, batch)):
            store(some)
            count += len(some)
        path.unlink()
    return count


def _readable(file: IO[bytes], name: str) -> Iterator[Fields]:
    """Whole lines; what a crash cut short was answered to nobody, and is said."""
    for line in filter(None, map(bytes.strip, file)):
        try:
            fields = json.loads(line)
        except ValueError:
            fields = None
        if isinstance(fields, dict):
            yield fields
        else:
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
