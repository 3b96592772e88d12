"""Which reader reads what, inside the child process: one request in, one table written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from contacts.imports.errors import UnreadableFile
from contacts.imports.formats import archives, limits
from contacts.imports.formats.address_lists import address_list_table
from contacts.imports.formats.delimited import text_table
from contacts.imports.formats.forms import CONTAINERS, Form, form_of
from contacts.imports.formats.roll_xml import roll_xml_table
from contacts.imports.formats.spreadsheets import filled_sheets, sheet_table
from contacts.imports.formats.tables import Table, write_table
from contacts.imports.formats.union import PEEKED_BYTES, Report, union
from contacts.imports.formats.vcards import vcard_table


@dataclass(frozen=True)
class Request:
    """Turn the file at `path` into a table at `out`, with `work` as the place for temporary files.

    `sheet` chooses one of a workbook; `head` asks for the first rows only.
    """

    path: Path
    out: Path
    work: Path
    sheet: str = ""
    head: bool = False

    @property
    def turns(self) -> Path:
        """Where the requests of all processes have their work: the folder of kept files."""
        return self.work.parent


@dataclass
class _Answer:
    """What the parent is told: `whole` when the table has every row, `raw` when it is text as it came."""

    form: Form
    whole: bool = True
    raw: bool = False
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def convert(request: Request, *, report: Report) -> dict[str, Any]:
    """Write the table; returns `_Answer` as a dict. Raises ImportProblem."""
    form = _true_form(request.path)
    answer = _Answer(form)
    if form == Form.GZIP:
        return vars(_expanded(request, report))
    if form in CONTAINERS:
        with _members(request.path, form) as members:
            table = union(
                members,
                work=request.work,
                read=partial(_read_member, request.turns),
                sheets=partial(_sheets_of, request.turns),
                report=report,
                head=request.head,
            )
            write_table(request.out, table)
        answer.notes, answer.whole = table.notes, not request.head
        return vars(answer)
    most = limits.HEAD_ROWS if request.head and form != Form.SPREADSHEET else None
    if form == Form.SPREADSHEET:
        table, answer.sheet, answer.sheets = sheet_table(
            request.path, turns=request.turns, sheet=request.sheet
        )
    else:
        table = _READERS[form](request.path)
    written = write_table(request.out, table, most=most)
    answer.notes, answer.whole = table.notes, most is None or written < most
    return vars(answer)


def _expanded(request: Request, report: Report) -> _Answer:
    """A .gz is the file inside it; text goes out as it came, so that an encoding can still be chosen."""
    inner = request.work / "expanded"
    archives.expand_gzip(request.path, inner, most=PEEKED_BYTES if request.head else None)
    form = form_of(inner)
    if form == Form.GZIP or (form == Form.ZIP and not _is_workbook(inner)):
        raise _nested(request.path.name)
    if form == Form.TABLE:
        inner.rename(request.out)
        is_whole = not request.head or request.out.stat().st_size < PEEKED_BYTES
        return _Answer(Form.GZIP, whole=is_whole, raw=True)
    if request.head:
        archives.expand_gzip(request.path, inner)
    found = convert(Request(inner, request.out, request.work, request.sheet, request.head), report=report)
    return _Answer(**{**found, "form": Form.GZIP})


def _is_workbook(path: Path) -> bool:
    return archives.zip_form(path) == Form.SPREADSHEET


def _true_form(path: Path) -> Form:
    form = form_of(path)
    return archives.zip_form(path) if form == Form.ZIP else form


def _members(path: Path, form: Form) -> AbstractContextManager[list[archives.Member]]:
    if form == Form.FOLDER:
        return nullcontext(archives.folder_members(path))
    return archives.zip_members(path)


def _sheets_of(turns: Path, path: Path) -> list[str]:
    """Sheets of a workbook that have rows; none of anything else."""
    return filled_sheets(path, turns=turns) if _true_form(path) == Form.SPREADSHEET else []


def _read_member(turns: Path, path: Path, is_whole: bool, sheet: str = "") -> Table:
    """Read one of several files; an archive inside an archive is refused."""
    form = _true_form(path)
    if form in (Form.ZIP, Form.GZIP):
        raise _nested("")
    if form == Form.SPREADSHEET:
        return sheet_table(path, turns=turns, sheet=sheet)[0]
    return _READERS[form](path) if form in _READERS else text_table(path, is_whole=is_whole)


def _nested(name: str) -> UnreadableFile:
    told = _("An archive inside an archive is not opened. Take it out, and send it alone.")
    return UnreadableFile(f"{name}: {told}" if name else told)


_READERS: dict[Form, Callable[[Path], Table]] = {
    Form.VCARD: vcard_table,
    Form.ROLL_XML: roll_xml_table,
    Form.ADDRESS_LIST: address_list_table,
}
