"""Large files that arrive in pieces, over connections that are cut: what has arrived stays, the rest follows.

Every piece has the same size but the last, comes with its SHA-256, and is synced before the answer: a piece
that a crash left half written does not count. They wait in a folder beside that of kept files, so that any
web process of the machine goes on with any upload, and nothing of it is in the base before the file is whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from contacts.imports import files
from contacts.imports.errors import ImportProblem, UnreadableFile

PIECE_BYTES = 4 * 1024 * 1024  # below DATA_UPLOAD_MAX_MEMORY_SIZE; on a slow line, a minute's worth
KEPT_DAYS = 7
UNFINISHED_MOST = 20  # of one person
_ID = re.compile(r"[0-9a-f]{32}")


class NoUpload(ImportProblem):
    """There is no such upload (any more) for this person."""


class StillRead(ImportProblem):
    """An earlier request is reading this file."""


class WrongOffset(ImportProblem):
    """The piece does not follow what has arrived; `received` says what would."""

    def __init__(self, received: int) -> None:
        self.received = received
        super().__init__(f"{received} bytes have arrived.")


@dataclass(frozen=True)
class Upload:
    """A file on its way. `mark` tells it from another of the same name; `import_id` is set once it is in."""

    id: str
    name: str
    size: int
    mark: str
    by_id: int
    import_id: int = 0

    @property
    def folder(self) -> Path:
        return folder() / self.id

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def received(self) -> int:
        """Bytes that count: whole pieces, or all."""
        if self.import_id:
            return self.size
        found = self.data.stat().st_size if self.data.exists() else 0
        return found if found == self.size else found - found % PIECE_BYTES

    @property
    def share(self) -> int:
        """Per cent received."""
        return 100 * self.received // max(1, self.size)


def begin(*, name: str, size: int, mark: str, by_id: int) -> Upload:
    """Return the upload of this file by this person, begun before or new; raises UnreadableFile."""
    if size > settings.UPLOAD_MAX_BYTES:
        raise UnreadableFile(
            _("The file is larger than %(limit)s. Cut it into several files, or raise UPLOAD_MAX_MEGABYTES.")
            % {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}
        )
    if size <= 0:
        raise UnreadableFile(_("The file is empty."))
    mine = unfinished(by_id)
    for upload in mine:
        if (upload.name, upload.size, upload.mark) == (name, size, mark):
            return upload
    for upload in mine[UNFINISHED_MOST - 1 :]:
        forget(upload)
    if size > shutil.disk_usage(files.folder()).free:
        raise UnreadableFile(_("There is no room on the server's disk for this file."))
    upload = Upload(uuid.uuid4().hex, name, size, mark, by_id)
    upload.folder.mkdir(mode=0o700)
    _note(upload)
    return upload


def find(upload_id: str, *, by_id: int) -> Upload:
    """Return an upload of this person; raises NoUpload."""
    upload = _read(folder() / upload_id) if _ID.fullmatch(upload_id) else None
    if upload is None or upload.by_id != by_id:
        raise NoUpload(_("This upload is no longer there. Choose the file again."))
    return upload


def unfinished(by_id: int) -> list[Upload]:
    """Uploads of a person that wait for their rest, newest first."""
    places = sorted(folder().iterdir(), key=lambda place: place.stat().st_mtime, reverse=True)
    uploads = [upload for place in places if (upload := _read(place)) is not None]
    return [upload for upload in uploads if upload.by_id == by_id and not upload.import_id]


def append(upload: Upload, *, offset: int, piece: bytes, sha256: str = "") -> int:
    """Add a piece and return the bytes received; raises WrongOffset, UnreadableFile.

    `sha256` is that of the piece, in hexadecimal; a browser on a plain connection cannot compute one.
    """
    with _alone(upload) as file:
        if offset != upload.received:
            raise WrongOffset(upload.received)
        if len(piece) != min(PIECE_BYTES, upload.size - offset):
            raise UnreadableFile(_("A piece of the file arrived incomplete."))
        if sha256 and hashlib.sha256(piece).hexdigest() != sha256:
            raise WrongOffset(offset)
        file.truncate(offset)
        file.seek(offset)
        file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    os.utime(upload.folder)
    return offset + len(piece)


def take(upload: Upload) -> Path:
    """Give the whole file a place among the kept ones; raises WrongOffset or StillRead when it cannot."""
    if not upload.data.exists():
        raise StillRead(_("The file is being read."))
    with _alone(upload):
        if upload.received != upload.size or upload.size != upload.data.stat().st_size:
            raise WrongOffset(upload.received)
        path = files.folder() / f"{upload.id}.csv"
        upload.data.rename(path)
    return path


def note_import(upload: Upload, import_id: int) -> None:
    """Remember which import came of an upload, for a browser that did not hear the answer."""
    _note(Upload(**{**asdict(upload), "import_id": import_id}))


def forget(upload: Upload) -> None:
    shutil.rmtree(upload.folder, ignore_errors=True)


def drop_stale() -> int:
    """Remove uploads that nothing was added to for `KEPT_DAYS`; returns how many."""
    oldest, dropped = time.time() - KEPT_DAYS * 24 * 3600, 0
    for place in folder().iterdir():
        if place.stat().st_mtime < oldest:
            shutil.rmtree(place, ignore_errors=True)
            dropped += 1
    return dropped


def folder() -> Path:
    """Where files on their way wait."""
    path = files.folder().parent / "uploads"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def _note(upload: Upload) -> None:
    path = upload.folder / "about.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(upload)), encoding="utf-8")
    fresh.rename(path)


def _read(place: Path) -> Upload | None:
    try:
        return Upload(**json.loads((place / "about.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None  # removed by another request, or cut off by a crash


@contextmanager
def _alone(upload: Upload) -> Iterator[IO[bytes]]:
    """Hold the file of an upload: a browser may send a piece again while the first request still writes."""
    try:
        descriptor = os.open(upload.data, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError as error:
        raise NoUpload(_("This upload is no longer there. Choose the file again.")) from error
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
