"""Large files that arrive in pieces, over connections that are cut: what has arrived stays, the rest follows.

Every piece has the same size but the last, comes with its SHA-256, and is synced before the answer: a piece
that a crash left half written does not count. They wait in a folder beside that of kept files, so that any
web process of the machine goes on with any upload, and nothing of it is in the base before the file is whole.
`arrived.py` has it read then.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from io import RawIOBase
from pathlib import Path

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from contacts.imports import files
from contacts.imports.errors import ImportProblem, UnreadableFile
from contacts.imports.holding import Gone, hold, hold_file, write_synced
from contacts.imports.room import require_room, told_when_full
from contacts.models import Import

PIECE_BYTES = 4 * 1024 * 1024  # below DATA_UPLOAD_MAX_MEMORY_SIZE; on a slow line, a minute's worth
KEPT_DAYS = 1
UNFINISHED_MOST = 20  # of one person
PROMISED_SECONDS = 3600  # that the room of a file which nothing is added to stays promised to it
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
    def kept(self) -> Path:
        """Where the whole file lies once it is to be read."""
        return files.folder() / f"{self.id}.csv"

    @property
    def received(self) -> int:
        """Bytes that count: whole pieces, or all."""
        if self.import_id or self.kept.exists():
            return self.size
        found = self.data.stat().st_size if self.data.exists() else 0
        return found if found == self.size else found - found % PIECE_BYTES

    @property
    def is_whole(self) -> bool:
        """True when nothing is left to send: only the reading is."""
        return self.received == self.size


def begin(*, name: str, size: int, mark: str, by_id: int) -> Upload:
    """Return the upload of this file by this person, begun before or new; raises UnreadableFile, DiskFull."""
    if size > settings.UPLOAD_MAX_BYTES:
        raise UnreadableFile(
            _("The file is larger than %(limit)s. Cut it into several files, or raise UPLOAD_MAX_MEGABYTES.")
            % {"limit": filesizeformat(settings.UPLOAD_MAX_BYTES)}
        )
    if size <= 0:
        raise UnreadableFile(_("The file is empty."))
    asked = Upload(uuid.uuid4().hex, name, size, mark, by_id)
    with hold(folder(), wait=True), told_when_full():  # what is promised is counted by one at a time
        mine = unfinished(by_id)
        upload = next((one for one in mine if _same_file(one, asked)), asked)
        require_room(size - upload.received, promised=_promised(beside=upload))
        if upload is asked:
            for old in mine[UNFINISHED_MOST - 1 :]:
                with suppress(StillRead):
                    forget(old)
            asked.folder.mkdir(mode=0o700)
            _note(asked)
        os.utime(upload.folder)
    return upload


def find(upload_id: str, *, by_id: int) -> Upload:
    """Return an upload of this person; raises NoUpload."""
    upload = _read(folder() / upload_id) if _ID.fullmatch(upload_id) else None
    if upload is None or upload.by_id != by_id:
        raise NoUpload(_("This upload is no longer there. Choose the file again."))
    return upload


def unfinished(by_id: int) -> list[Upload]:
    """Uploads of a person that wait for their rest, newest first."""
    return [upload for upload, _touched in _all() if upload.by_id == by_id and not upload.import_id]


def append(upload: Upload, *, offset: int, piece: bytes, sha256: str = "") -> int:
    """Add a piece and return the bytes received; raises WrongOffset, UnreadableFile.

    `sha256` is that of the piece, in hexadecimal; a browser on a plain connection cannot compute one.
    """
    with _alone(upload) as file, told_when_full():
        if offset != upload.received:
            raise WrongOffset(upload.received)
        if len(piece) != min(PIECE_BYTES, upload.size - offset):
            raise UnreadableFile(_("A piece of the file arrived incomplete."))
        if sha256 and hashlib.sha256(piece).hexdigest() != sha256:
            raise WrongOffset(offset)
        write_synced(file, offset, piece)
    os.utime(upload.folder)
    return offset + len(piece)


def place(upload: Upload) -> Path:
    """Give a whole file its place among the kept ones, unless it is there already; raises WrongOffset."""
    if not upload.kept.exists():
        with _alone(upload):
            if upload.received != upload.size or upload.size != upload.data.stat().st_size:
                raise WrongOffset(upload.received)
            upload.data.rename(upload.kept)
    return upload.kept


def note_import(upload: Upload, import_id: int) -> None:
    """Remember which import came of an upload, for a browser that did not hear the answer."""
    _note(Upload(**{**asdict(upload), "import_id": import_id}))


def forget(upload: Upload) -> None:
    """Remove what has arrived; raises StillRead while it is read."""
    with suppress(NoUpload), being_read(upload):
        remove(upload)


def remove(upload: Upload) -> None:
    """Remove what has arrived, of an upload that is held; a file that an import has stays."""
    if upload.kept.exists() and not Import.objects.filter(file_path=str(upload.kept.resolve())).exists():
        upload.kept.unlink()
    shutil.rmtree(upload.folder, ignore_errors=True)


@contextmanager
def being_read(upload: Upload) -> Iterator[None]:
    """Hold an upload while its file is read; raises StillRead, NoUpload. A killed process lets go of it."""
    with _there(), hold(upload.folder, wait=False) as is_held:
        if not is_held:
            raise StillRead(_("The file is being read."))
        yield


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


def _all() -> list[tuple[Upload, float]]:
    """Uploads of everybody and when something was last added to each, newest first."""
    found = []
    for place in folder().iterdir():
        upload = _read(place)
        with suppress(FileNotFoundError):  # removed by another request
            if upload is not None:
                found.append((upload, place.stat().st_mtime))
    return sorted(found, key=lambda one: one[1], reverse=True)


def _same_file(one: Upload, other: Upload) -> bool:
    return (one.name, one.size, one.mark) == (other.name, other.size, other.mark)


def _promised(*, beside: Upload) -> int:
    """Bytes still to come of the files of everybody that are on their way now."""
    since = time.time() - PROMISED_SECONDS
    return sum(
        upload.size - upload.received
        for upload, touched in _all()
        if touched > since and upload.id != beside.id
    )


@contextmanager
def _alone(upload: Upload) -> Iterator[RawIOBase]:
    """Hold the data of an upload: a browser may send a piece again while the first request still writes."""
    with _there(), hold_file(upload.data) as file:
        yield file


@contextmanager
def _there() -> Iterator[None]:
    try:
        yield
    except Gone as error:
        raise NoUpload(_("This upload is no longer there. Choose the file again.")) from error
