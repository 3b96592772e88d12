"""Files that lie on the server already, in the one folder that IMPORT_FOLDER names and in those below it.

A name that leads out of the folder, by `..` or by a link, is refused: who may import may not read the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.utils.translation import gettext as _

from contacts.imports.errors import ImportProblem

SHOWN = 500  # entries of one folder


@dataclass(frozen=True)
class Entry:
    """A file or folder. `path` is its name below the folder; `size` is in bytes, None of a folder."""

    name: str
    path: str
    size: int | None
    changed_at: datetime

    @property
    def is_folder(self) -> bool:
        return self.size is None


@dataclass(frozen=True)
class Listing:
    """One folder: its own name below the top, the way to it, and what it holds."""

    path: str
    ways: list[tuple[str, str]]
    entries: list[Entry]
    is_cut: bool


def is_offered() -> bool:
    """True when this installation has such a folder."""
    return bool(settings.IMPORT_FOLDER)


def chosen(path: str) -> Path:
    """Return the file or folder of this name below the folder; raises ImportProblem."""
    top = Path(settings.IMPORT_FOLDER) if is_offered() else None
    if top is None or not top.is_dir():
        raise ImportProblem(_("The folder of the server is not there. Ask whoever looks after the server."))
    found, parts = top.resolve(), PurePosixPath(path).parts
    if path.startswith("/") or "\0" in path or any(part == ".." or part.startswith(".") for part in parts):
        raise _refused(path)
    for part in parts:
        found = found / part
        if found.is_symlink():
            raise _refused(path)
    if not found.exists():
        raise ImportProblem(_("“%(name)s” is no longer in the folder of the server.") % {"name": path})
    return found


def listing(path: str) -> Listing:
    """Return what a folder holds, folders first; raises ImportProblem."""
    place = chosen(path)
    if not place.is_dir():
        raise ImportProblem(_("“%(name)s” is not a folder.") % {"name": path})
    entries = [
        _entry(found, path)
        for found in place.iterdir()
        if not found.name.startswith(".") and _is_plain(found)
    ]
    entries.sort(key=lambda entry: (not entry.is_folder, entry.name.lower()))
    parts = PurePosixPath(path).parts
    ways = [(part, "/".join(parts[: number + 1])) for number, part in enumerate(parts)]
    return Listing("/".join(parts), ways, entries[:SHOWN], len(entries) > SHOWN)


def _is_plain(found: Path) -> bool:
    return not found.is_symlink() and (found.is_file() or found.is_dir())


def _entry(found: Path, path: str) -> Entry:
    about = found.stat()
    return Entry(
        name=found.name,
        path="/".join((*PurePosixPath(path).parts, found.name)),
        size=None if found.is_dir() else about.st_size,
        changed_at=datetime.fromtimestamp(about.st_mtime, UTC),
    )


def _refused(path: str) -> ImportProblem:
    return ImportProblem(_("“%(name)s” leads out of the folder of the server.") % {"name": path})
