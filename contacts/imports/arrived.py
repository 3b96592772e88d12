"""The last step of an upload: the whole file becomes an import, once, whatever dies on the way.

The file gets its place among the kept ones before it is read, and waits there when the process that reads it
is killed: whoever asks next goes on from it. What failed for a reason that may pass can be tried again, and
nothing is sent a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contacts.imports import uploads
from contacts.imports.errors import DiskFull, ImportProblem, NotNow
from contacts.imports.room import told_when_full
from contacts.imports.uploads import Upload
from contacts.models import Import

Start = Callable[[Path], Import]
"""Begins the import of a file, or finishes beginning it; raises ImportProblem."""


def become_import(upload: Upload, *, start: Start) -> int:
    """Return the id of the import of a file that has arrived; asked again, the same.

    Raises WrongOffset when something is missing, StillRead while another request reads the file, NoUpload,
    and what `start` raises. A file refused for what it holds is removed; after anything else it stays.
    """
    with uploads.being_read(upload), told_when_full():
        import_id = uploads.find(upload.id, by_id=upload.by_id).import_id
        if not import_id:
            import_id = _started(upload, start)
            uploads.note_import(upload, import_id)
    return import_id


def begun_import(path: Path) -> Import | None:
    """The import of a kept file, when the process that began it was killed before it said so."""
    return Import.objects.filter(file_path=str(path.resolve())).first()


def _started(upload: Upload, start: Start) -> int:
    path = uploads.place(upload)
    try:
        return int(start(path).pk)
    except (DiskFull, NotNow):
        raise
    except ImportProblem:
        uploads.remove(upload)
        raise
