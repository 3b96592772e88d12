"""Folders and files that one request at a time works at. A process that is killed lets go of them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO, RawIOBase
from pathlib import Path


class Gone(Exception):
    """What was to be held is no longer there."""


@contextmanager
def hold(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Hold a folder; false when another request does and this one does not `wait`. Raises Gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError as error:
        raise Gone(str(folder)) from error
    try:
        yield _locked(descriptor, wait=wait)
    finally:
        os.close(descriptor)


@contextmanager
def hold_file(path: Path) -> Iterator[RawIOBase]:
    """Wait for a file, made when it is not there yet, and hold it; raises Gone without its folder."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError as error:
        raise Gone(str(path)) from error
    with FileIO(descriptor, "r+b") as file:  # nothing waits in memory that closing would try to write again
        _locked(descriptor, wait=True)
        yield file


def write_synced(file: RawIOBase, offset: int, block: bytes) -> None:
    """Write a file's end from `offset` on, and wait for the disk; raises OSError, and then adds nothing."""
    file.truncate(offset)
    file.seek(offset)
    left = memoryview(block)
    try:
        while left:
            left = left[file.write(left) or 0 :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(offset)
        raise


def _locked(descriptor: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
