"""What a place with files offers, whatever it is: a list of files, and each of them as bytes."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Protocol

from django.conf import settings
from django.utils import timezone

SETTLED = timedelta(seconds=60)
"""A file that changed less than this ago may still be on its way there: the next look takes it."""

UNFINISHED_ENDINGS = (".part", ".tmp", ".filepart", ".crdownload", ".partial", ".swp", "~")


@dataclass(frozen=True)
class Offered:
    """A file of the place; `size` in bytes, `changed_at` as the place says it."""

    name: str
    size: int
    changed_at: datetime


class FilePlace(Protocol):
    """An open place with files."""

    def offered(self) -> list[Offered]:
        """Regular files of the folder, not those below it; raises PlaceProblem."""

    def fetch(self, file: Offered, target: IO[bytes]) -> None:
        """Write a file's bytes; raises PlaceProblem when it cannot be read, or grew too large."""


OpenPlace = AbstractContextManager[FilePlace]


def wanted(files: list[Offered], *, pattern: str) -> Iterator[Offered]:
    """Yield the files of that name that are there whole, the oldest first.

    `pattern`: as in a shell (`*.csv`), whatever the case; empty for every file.
    """
    settled_before = timezone.now() - SETTLED
    for file in sorted(files, key=lambda one: (one.changed_at, one.name)):
        name = file.name.lower()
        if name.startswith(".") or name.endswith(UNFINISHED_ENDINGS):
            continue
        if pattern and not fnmatch.fnmatchcase(name, pattern.lower()):
            continue
        if 0 < file.size <= settings.UPLOAD_MAX_BYTES and file.changed_at <= settled_before:
            yield file
