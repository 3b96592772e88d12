"""Writing an export: lines read behind the walls of whoever asked, sealed as they are written."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from campaign_crm.platform.sealed_files import SealedWriter, opened_blocks
from campaign_crm.platform.spreadsheets import neutralised
from contacts.errors import ContactsError
from contacts.exports.columns import COLUMNS, lines_of
from contacts.exports.marking import invented_facts, mark_heading, mark_of
from contacts.exports.scopes import people_in
from contacts.models import Export
from contacts.requests.traces import Traces
from contacts.services.letters import letter_header, letter_lines

GROWN = 1.1  # times the people that were approved
GROWN_AT_LEAST = 20
TELLING = ("email", "phone", "street")
"""Columns that tell one person from a namesake."""


class TooMany(ContactsError):
    """More people fit now than were asked for and approved."""


def folder() -> Path:
    """Where sealed exports wait to be taken."""
    path = Path(settings.MEDIA_ROOT) / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(export: Export) -> Path:
    return folder() / export.file_name


def write_file(export: Export) -> tuple[str, int]:
    """Write the sealed file; returns its name and the number of people. Nothing is left of a failure."""
    name = f"{uuid.uuid4().hex}.sealed"
    path, written = folder() / name, 0
    try:
        with SealedWriter(path) as file:
            writer = csv.writer(_Text(file), delimiter=";")
            file.write("\ufeff".encode())  # Excel reads UTF-8 by its mark
            writer.writerow([*map(neutralised, _header(export)), neutralised(mark_heading(export))])
            mark = mark_of(export)
            for cells in _lines(export):
                written += 1
                if written > most_of(export):
                    raise TooMany(_("Many more people fit now than when this was asked for. Ask again."))
                writer.writerow([*map(neutralised, cells), mark])
            if export.kind == Export.Kind.PEOPLE and written:
                facts = invented_facts(export)
                writer.writerow([*(facts.get(column, "") for column in export.columns), mark])
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return name, written


def holds(export: Export, traces: Traces) -> bool:
    """True when one of these people stands in the file, or it cannot be read.

    A line that has an address or a number is known by it, so that no namesake is meant; another one by names.
    """
    telling = [place for place, name in enumerate(export.columns) if name in TELLING]
    is_letter = export.kind == Export.Kind.LETTERS
    try:
        return any(
            traces.are_in(cells, by_name=not is_letter and not any(cells[place] for place in telling))
            for cells in cells_of(opened_blocks(path_of(export)))
        )
    except (OSError, ValueError, IndexError, csv.Error):
        return True


def cells_of(blocks: Iterable[bytes]) -> Iterator[list[str]]:
    """The lines of an opened file, cell by cell, its heading first; memory does not grow with them."""
    return csv.reader(_lines_in(block.decode() for block in _whole_lines(blocks)), delimiter=";")


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut at ends of lines only: never inside a character."""
    rest = b""
    for block in blocks:
        whole, end, rest = (rest + block).rpartition(b"\n")
        if end:
            yield whole + end
    if rest:
        yield rest


def _lines_in(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from io.StringIO(text, newline="")  # cut where the csv module does, and nowhere else


def most_of(export: Export) -> int:
    """How many people the file may hold: what was asked for, and a little more, as people come every day."""
    return max(int(export.rows * GROWN), export.rows + GROWN_AT_LEAST)


def _header(export: Export) -> list[str]:
    if export.kind == Export.Kind.LETTERS:
        return letter_header()
    return [str(COLUMNS[column]) for column in export.columns]


def _lines(export: Export) -> Iterator[list[str]]:
    if export.kind == Export.Kind.LETTERS:
        return letter_lines(export.scope["letters"])
    return lines_of(people_in(export.scope), export.columns)


class _Text:
    """A file of text over one of bytes, for the csv module."""

    def __init__(self, file: SealedWriter) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.encode())
