"""Many files in one: a ZIP, or a folder. What may be in them is checked before anything is read.

Nothing is ever written under a name that an archive gives: `../` and absolute names could do no harm, and are
refused because no honest archive has them.
"""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

from contacts.folding import fold
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import limits
from contacts.imports.formats.forms import HEAD_BYTES, Form

_WORKBOOKS = {"xl/workbook.xml", "xl/workbook.bin"}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
_OFFICE = {"word/document.xml": "DOCX", "ppt/presentation.xml": "PPTX"}
# A word about the files, whatever its ending.
_NOTES = frozenset({"lisez moi", "lisezmoi", "a lire", "readme", "read me", "notice", "licence", "license"})
_SYSTEM_FILES = {"thumbs.db", "desktop.ini"}
# Never a list of people: letters and pictures that come with one.
_DOCUMENTS = frozenset(
    ".pdf .doc .docx .odt .rtf .ppt .pptx .jpg .jpeg .png .gif .html .htm .md .url .lnk".split()
)


@dataclass(frozen=True)
class Member:
    """One file, or one `sheet` of a workbook. `name` is its path inside; `opened` gives its bytes."""

    name: str
    size: int
    opened: Callable[[], IO[bytes]]
    path: Path | None = None  # where it lies already
    sheet: str = ""

    def beginning(self, most: int = HEAD_BYTES) -> bytes:
        with _told(self.name), self.opened() as file:
            return file.read(most)

    @contextmanager
    def at(self, work: Path, *, most: int | None = None) -> Iterator[Path]:
        """Give a path with the bytes of the file, or the first `most` of them, for as long as needed."""
        if self.path is not None:
            yield self.path
            return
        path = work / "member"
        try:
            with _told(self.name), self.opened() as file:
                copy_to(file, path, most=min(most or self.size, self.size))
            yield path
        finally:
            path.unlink(missing_ok=True)


def is_left_out(name: str) -> bool:
    """True for what systems add to folders and nobody sees."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return hidden or path.name.lower() in _SYSTEM_FILES


def is_document(name: str) -> bool:
    """True for what comes with lists and is none."""
    path = PurePosixPath(name)
    return path.suffix.lower() in _DOCUMENTS or fold(path.stem) in _NOTES


def zip_form(path: Path) -> Form:
    """Tell a workbook from an archive of files; raises UnreadableFile for other documents."""
    with _told(), zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        for name, kind in _OFFICE.items():
            if name in names:
                raise UnreadableFile(
                    _("The file is not a table but another format (%(name)s). Save it as “CSV UTF-8”.")
                    % {"name": kind}
                )
        if names & _WORKBOOKS:
            return Form.SPREADSHEET
        if "mimetype" in names and archive.getinfo("mimetype").file_size < HEAD_BYTES:
            kind = archive.read("mimetype").decode("ascii", errors="replace").strip()
            if kind.startswith(_OPEN_DOCUMENT):
                return Form.SPREADSHEET
    return Form.ZIP


@contextmanager
def zip_members(path: Path) -> Iterator[list[Member]]:
    """Give the files of an archive, in the order of their names; raises UnreadableFile."""
    with _told(), zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        _check_count(len(infos))
        for info in infos:
            _check(info)
        _check_size(sum(info.file_size for info in infos))
        members = [
            Member(_name(info), info.file_size, lambda info=info: archive.open(info))  # type: ignore[misc]
            for info in infos
        ]
        yield sorted(members, key=lambda member: member.name)


def folder_members(path: Path) -> list[Member]:
    """Return the files of a folder and of the folders in it; raises UnreadableFile for links."""
    members = []
    for found in sorted(path.rglob("*")):
        name = found.relative_to(path).as_posix()
        if found.is_symlink():
            raise UnreadableFile(
                _("“%(name)s” is a link to another place: links are not followed.") % {"name": name}
            )
        if found.is_file():
            members.append(Member(name, found.stat().st_size, lambda found=found: found.open("rb"), found))  # type: ignore[misc]
            _check_count(len(members))
    return members


def expand_gzip(path: Path, to: Path, *, most: int | None = None) -> None:
    """Write the bytes of a .gz, or the first `most` of them; raises UnreadableFile."""
    with _told(), gzip.open(path, "rb") as file:
        stored = path.stat().st_size
        written = copy_to(file, to, most=most or limits.ARCHIVE_BYTES + 1)
    _check_size(written)
    check_ratio(path.name, expanded=written, stored=stored)


def copy_to(file: IO[bytes] | gzip.GzipFile, to: Path, *, most: int) -> int:
    """Copy at most `most` bytes; returns how many."""
    written = 0
    with to.open("wb") as kept:
        while written < most and (block := file.read(min(limits.MIB, most - written))):
            kept.write(block)
            written += len(block)
    return written


def _check(info: zipfile.ZipInfo) -> None:
    name = _name(info)
    parts = PurePosixPath(name.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or name[1:2] == ":":
        raise UnreadableFile(
            _("The archive holds “%(name)s”, a name that leads out of it: it is not to be trusted.")
            % {"name": name}
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnreadableFile(
            _("“%(name)s” is a link to another place: links are not followed.") % {"name": name}
        )
    if info.flag_bits & 1:
        raise UnreadableFile(
            _("“%(name)s” is protected by a password. Take it out of the archive, and send it alone.")
            % {"name": name}
        )
    check_ratio(name, expanded=info.file_size, stored=info.compress_size)


def check_ratio(name: str, *, expanded: int, stored: int) -> None:
    """Raise UnreadableFile when a file is far larger than what is stored of it: it is made to harm."""
    if expanded > limits.RATIO_FROM and expanded > limits.RATIO * max(1, stored):
        raise UnreadableFile(
            _("“%(name)s” grows to %(count)s times its size: no list of people does. It is refused.")
            % {"name": name, "count": expanded // max(1, stored)}
        )


def _check_count(count: int) -> None:
    if count > limits.ARCHIVE_FILES:
        raise UnreadableFile(
            _("There are more than %(limit)s files. Send them in several parts.")
            % {"limit": limits.ARCHIVE_FILES}
        )


def _check_size(size: int) -> None:
    if size > limits.ARCHIVE_BYTES:
        raise UnreadableFile(
            _("The files are larger than %(limit)s GB once expanded. Send them in several parts.")
            % {"limit": limits.ARCHIVE_BYTES // limits.GIB}
        )


def _name(info: zipfile.ZipInfo) -> str:
    """Name of a member; without its mark of UTF-8 it may still be UTF-8, or a French DOS name."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        stored = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    try:
        return stored.decode("utf-8")
    except UnicodeDecodeError:
        return stored.decode("cp850")


@contextmanager
def _told(name: str = "") -> Iterator[None]:
    """Say in words what is wrong with a damaged archive."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError) as error:
        told = _("The archive is damaged or cut short. Download or copy it again.")
        raise UnreadableFile(f"{name}: {told}" if name else told) from error
