"""Workbooks (.xlsx, .xlsb, .xls, .ods) read by calamine: one sheet of them, as people meant it.

A sheet is held in memory whole. Before it is opened, the archive it lies in is expanded once, for its true
size and its checksums; the memory allowed follows from that size. A large one waits for its turn: uploads at
the same time take no more memory than one of them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from contacts.imports.columns.people_names import FIELD_OF as PEOPLE_FIELD_OF
from contacts.imports.columns.roll_names import FIELD_OF as ROLL_FIELD_OF
from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import limits
from contacts.imports.formats.archives import check_ratio
from contacts.imports.formats.tables import Table, one_line
from contacts.imports.reading import Row
from contacts.imports.sketch import folded_header
from contacts.imports.titles import ROWS_LOOKED_AT, titles_above
from contacts.imports.values import looks_like_data

# Digits that a spreadsheet took the leading zeros of, by what the column holds.
_DIGITS = {
    "postcode": 5,
    "postcode_1": 5,
    "postcode_2": 5,
    "insee_code_1": 5,
    "commune_code": 5,
    "birth_place_code": 5,
    "birth_department": 2,
    "station_code": 4,
}
_PHONE_DIGITS = 9  # of a French number whose 0 was taken


def sheet_table(path: Path, *, turns: Path, sheet: str = "") -> tuple[Table, str, list[str]]:
    """Return the table of a sheet, its name, and the names of all sheets; raises UnreadableFile.

    Without `sheet` it is the first that people see and that is not empty. `turns` is the folder by which
    processes that hold large workbooks know each other.
    """
    _allow_for(path, turns)
    with _told():
        book = CalamineWorkbook.from_path(str(path))
        visible = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
        names = visible or book.sheet_names
        if sheet and sheet not in book.sheet_names:
            raise UnreadableFile(
                _("There is no sheet “%(name)s”. The sheets are: %(names)s.")
                % {"name": sheet, "names": ", ".join(names)}
            )
        for name in [sheet] if sheet else names:
            found = book.get_sheet_by_name(name)
            if found.height:
                first = found.start[0] + 1 if found.start else 1
                return _table(found.iter_rows(), found.width, first), name, names
    raise UnreadableFile(_("The spreadsheet is empty."))


def filled_sheets(path: Path, *, turns: Path) -> list[str]:
    """Return the names of the sheets that people see and that are not empty; raises UnreadableFile."""
    _allow_for(path, turns)
    with _told():
        book = CalamineWorkbook.from_path(str(path))
        visible = [one.name for one in book.sheets_metadata if one.visible == SheetVisibleEnum.Visible]
        names = visible or book.sheet_names
        return [name for name in names if book.get_sheet_by_name(name).height] if len(names) > 1 else names


def _table(rows: Iterator[list[Any]], width: int, first_line: int) -> Table:
    """Find header and width of a sheet whose first row is on `first_line`."""
    head = list(islice(rows, ROWS_LOOKED_AT))
    titles = titles_above([[_text(cell) for cell in row] for row in head])
    top = [_text(cell) for cell in head[titles]]
    has_header = not looks_like_data(top)
    turn = _Cells(top if has_header else [""] * width)

    def all_rows() -> Iterator[tuple[int, Row]]:
        line = first_line + titles + has_header
        for part in (head[titles + has_header :], rows):
            for row in part:
                if any(cell != "" for cell in row):
                    yield line, turn.row(row)
                line += 1

    return Table(
        header=top if has_header else [_("Column %(n)s") % {"n": n + 1} for n in range(width)],
        rows=all_rows(),
        has_header=has_header,
        header_line=first_line + titles,
    )


class _Cells:
    """Cells of a sheet as the text that people see, columns of codes with their zeros."""

    def __init__(self, header: Row) -> None:
        fields = [ROLL_FIELD_OF.get(name) or PEOPLE_FIELD_OF.get(name, "") for name in folded_header(header)]
        self._digits = [_DIGITS.get(field, 0) for field in fields]
        self._phones = [field == "phone" for field in fields]

    def row(self, cells: list[Any]) -> Row:
        return [
            (one_line(cell) if "\n" in cell or "\r" in cell else cell)
            if type(cell) is str
            else self._padded(index, _text(cell))
            for index, cell in enumerate(cells)
        ]

    def _padded(self, index: int, text: str) -> str:
        if not text.isdecimal():
            return text
        if self._phones[index]:
            return f"0{text}" if len(text) == _PHONE_DIGITS else text
        return text.zfill(self._digits[index])


def _text(cell: Any) -> str:
    """What a person sees of a cell: whole numbers without a point, days as 31/12/1980."""
    if isinstance(cell, str):
        return one_line(cell)
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%d/%m/%Y" if cell.time() == time() else "%d/%m/%Y %H:%M")
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)


def _allow_for(path: Path, turns: Path) -> None:
    """Allow the memory that a workbook of this size may need; raises UnreadableFile above the limit."""
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        size = 0
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                size += member.file_size
                if size > limits.EXPANDED_SPREADSHEET:
                    break
            else:
                _check_ratio(archive, size, path.stat().st_size)
                _expand(archive)
    if size > limits.EXPANDED_SPREADSHEET:
        raise UnreadableFile(
            _("The spreadsheet is too large once expanded (above %(limit)s MB). Save it as “CSV UTF-8”.")
            % {"limit": limits.EXPANDED_SPREADSHEET // limits.MIB}
        )
    memory = limits.WORKING_MEMORY + limits.SPREADSHEET_FACTOR * size
    if memory > limits.ALONE_FROM:
        limits.hold_alone(turns)
    limits.allow_memory(memory)


def _check_ratio(archive: zipfile.ZipFile, size: int, stored: int) -> None:
    """Raise UnreadableFile for a bomb; `stored` is the whole file's size: what members say may be a lie."""
    largest = max(archive.infolist(), key=lambda member: member.file_size, default=None)
    if largest is not None:
        check_ratio(largest.filename, expanded=size, stored=stored)


def _expand(archive: zipfile.ZipFile) -> None:
    """Read every member once: one that holds more than it declares fails by its checksum."""
    with _told():
        for member in archive.infolist():
            with archive.open(member) as file:
                while file.read(limits.MIB):
                    pass


@contextmanager
def _told() -> Iterator[None]:
    """Say in words what a library says of a damaged workbook."""
    try:
        yield
    except (PasswordError, RuntimeError) as error:
        raise UnreadableFile(
            _("The spreadsheet is protected by a password. Save it without one, and send it again.")
        ) from error
    except CalamineError as error:
        if "limit exceeded" in str(error):  # more cells than calamine ever holds
            raise MemoryError from error
        raise _damaged() from error
    except (zipfile.BadZipFile, EOFError, ValueError, OSError) as error:
        raise _damaged() from error


def _damaged() -> UnreadableFile:
    return UnreadableFile(
        _("The spreadsheet is damaged, or is another format than it seems. Save it as “CSV UTF-8”.")
    )
