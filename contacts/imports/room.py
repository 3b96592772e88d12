"""Room on the server's disk: asked for before a file is accepted, and said in words where it ends."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from contacts.imports import files
from contacts.imports.errors import DiskFull

SPARE_BYTES = 256 * 1024 * 1024
"""Never promised: the database and the tables that imports make are often on the same disk."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def require_room(size: int, *, promised: int) -> None:
    """Raise DiskFull unless `size` bytes more have room beside the `promised` ones of other files."""
    if size + promised + SPARE_BYTES > shutil.disk_usage(files.folder()).free:
        raise DiskFull(_("There is no room on the server's disk for this file. Make room, then go on."))


@contextmanager
def told_when_full() -> Iterator[None]:
    """Turn what the system says of a full disk into DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise DiskFull(
            _("The server's disk is full. What has arrived is kept: make room, then go on.")
        ) from error
