"""The files that people send: kept until the import has ended, then removed."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings

BLOCK_BYTES = 1024 * 1024


def folder() -> Path:
    """Where uploads wait; only this program reads it."""
    path = Path(settings.MEDIA_ROOT) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def keep(file: IO[bytes] | Any) -> Path:
    """Copy an upload into the folder under a name of our own, and return its path."""
    path = folder() / f"{uuid.uuid4().hex}.csv"
    blocks = file.chunks() if hasattr(file, "chunks") else iter(lambda: file.read(BLOCK_BYTES), b"")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as kept:
        for block in blocks:
            kept.write(block)
    return path


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


@contextmanager
def hashing(path: Path) -> Iterator[Future[str]]:
    """Compute the SHA-256 of a file, for the report, while something else is done with it.

    Of a folder it is that of its files' names and SHA-256, in the order of the names.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool.submit(_sha256, path)


def _sha256(path: Path) -> str:
    if path.is_dir():
        lines = (
            f"{file.relative_to(path).as_posix()} {_sha256(file)}\n"
            for file in sorted(path.rglob("*"))
            if file.is_file()
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sealed_twin(path: Path) -> Path:
    """Where a kept upload stands sealed while nobody works with it (`at_rest`)."""
    return path.with_name(f"{path.name}.sealed")


def forget(path: Path) -> None:
    """Remove a kept upload; a file that lies elsewhere is its owner's."""
    if path.parent == folder():
        path.unlink(missing_ok=True)
        sealed_twin(path).unlink(missing_ok=True)
