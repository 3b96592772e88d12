"""A folder of the server as a place: the one that IMPORT_FOLDER names, or one below it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any

from django.utils.translation import gettext as _

from contacts.imports import files, server_folder
from contacts.imports.recurring.errors import PlaceProblem
from contacts.imports.recurring.places import Offered


@contextmanager
def opened(settings: dict[str, Any]) -> Iterator[Folder]:
    """Give the folder that `settings["path"]` names below IMPORT_FOLDER; raises ImportProblem."""
    path = server_folder.chosen(settings.get("path", ""))
    if not path.is_dir():
        raise PlaceProblem(_("“%(name)s” is not a folder.") % {"name": settings.get("path", "")})
    yield Folder(path)


class Folder:
    """A folder on the disk; links are not followed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def offered(self) -> list[Offered]:
        try:
            with os.scandir(self._path) as entries:
                found = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
            return [_offered(entry) for entry in found]
        except OSError as error:
            raise PlaceProblem(
                _("The folder cannot be read: %(reason)s.") % {"reason": error.strerror}
            ) from error

    def fetch(self, file: Offered, target: IO[bytes]) -> None:
        try:
            descriptor = os.open(self._path / file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as content:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise OSError(0, _("not a file any more"))
                copyfileobj(content, target, files.BLOCK_BYTES)
        except OSError as error:
            raise PlaceProblem(
                _("“%(name)s” cannot be read: %(reason)s.") % {"name": file.name, "reason": error.strerror}
            ) from error


def _offered(entry: os.DirEntry[str]) -> Offered:
    about = entry.stat(follow_symlinks=False)
    return Offered(entry.name, about.st_size, datetime.fromtimestamp(about.st_mtime, UTC))
