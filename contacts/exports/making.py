"""Writing an export: lines read behind the walls of whoever asked, sealed as they are written."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from campaign_crm.platform.sealed_files import SealedWriter
from campaign_crm.platform.spreadsheets import neutralised
from contacts.errors import ContactsError
from contacts.exports.columns import COLUMNS, lines_of
from contacts.exports.marking import invented_facts, mark_heading, mark_of
from contacts.exports.scopes import people_in
from contacts.models import Export
from contacts.services.letters import letter_header, letter_lines

GROWN = 1.1  # times the people that were approved
GROWN_AT_LEAST = 20


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
