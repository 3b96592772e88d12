"""One table of many files: columns meet by what they hold, whatever their order, names and separators.

A roll's file also says by its own name what its columns lack: commune, kind of list, day. Two more columns
say which file and line each row comes from, so that a refused row can be found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from operator import itemgetter
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.imports.columns.people_names import FIELD_OF as PEOPLE_FIELD_OF
from contacts.imports.columns.roll_names import fields_of as roll_fields_of
from contacts.imports.errors import NoRows, UnreadableFile
from contacts.imports.fields import several_allowed
from contacts.imports.file_names import named_roll, named_state
from contacts.imports.formats import limits
from contacts.imports.formats.archives import Member, is_document, is_left_out
from contacts.imports.formats.first_lines import FirstLines
from contacts.imports.formats.forms import Form, form_of_bytes
from contacts.imports.formats.tables import DOUBTED, LACKS, Table
from contacts.imports.layouts import Format, recognise
from contacts.imports.reading import Row
from contacts.imports.sketch import folded_header

Read = Callable[[Path, bool, str], Table]
"""Reads one file, or a sheet of a workbook; the flag says whether the path holds all of it."""
Sheets = Callable[[Path], list[str]]
"""The sheets of a workbook that have rows, each read like a file of its own."""
Report = Callable[[int, int], None]
"""Told bytes read and bytes in all."""
Key = tuple[str, int]
"""What a column holds, and which of several columns that hold it."""

_FROM_NAME = (
    ("commune_code", "code du l'ugle"),
    ("roll_kind", "libellé du type de liste"),
    ("list_day", "date de la liste"),
)
_STATE = ("mailchimp list", "Mailchimp list")
NAMES_TOLD = 20
PEEKED_BYTES = 4 * limits.MIB  # as far as an encoding is looked for


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that has rows: its header (shared with those that have the same), its kind, some rows.

    `is_doubted`: its encoding is only a guess.
    """

    member: Member
    header: tuple[str, ...]
    is_roll: bool
    sample: list[tuple[int, Sequence[str]]]
    is_doubted: bool = False


def union(
    members: list[Member], *, work: Path, read: Read, sheets: Sheets, report: Report, head: bool
) -> Table:
    """Return the rows of all files; raises UnreadableFile, which names the file."""
    files = [member for member in members if not is_left_out(member.name)]
    documents = [member.name for member in files if is_document(member.name)]
    files = [member for member in files if not is_document(member.name)]
    if not files:
        raise UnreadableFile(_("There is no file in it that could hold a list of people."))
    each = -(-limits.HEAD_ROWS // len(files)) if head else 0
    found, empty, others = _look_at_all(files, work, read, sheets, each=each)
    if not found:
        raise UnreadableFile(_("None of its files has a row: there is nothing to import."))
    _refuse_mixture(found)
    columns = _Columns(is_roll=found[0].is_roll)
    for one in found:
        columns.add(one)
    notes = [
        f"files:{len(found)}",
        *(f"{LACKS}:{field}" for field in columns.lacking()),
        *_named_notes("left_out", documents + others),
        *_named_notes("no_rows", empty),
        *_named_notes(DOUBTED, [one.member.name for one in found if one.is_doubted and head]),
    ]
    return Table(
        header=[*columns.header, _("File"), _("Line in the file")],
        rows=_samples(found, columns) if head else _rows(found, columns, work, read, report, notes),
        notes=notes,
    )


def _named_notes(code: str, names: list[str]) -> list[str]:
    """Some names, and how many more there are."""
    more = len(names) - NAMES_TOLD
    return [
        *(f"{code}:{name}" for name in names[:NAMES_TOLD]),
        *([f"{code}_more:{more}"] if more > 0 else []),
    ]


def _look_at_all(
    files: list[Member], work: Path, read: Read, sheets: Sheets, *, each: int
) -> tuple[list[_Found], list[str], list[str]]:
    """Read the header of every file, and `each` rows of some; also return the names of those without a row,
    and of sheets that are none of a roll beside some that are.

    A file that begins with a line known as a header is not looked at further, unless it is one of the
    sample: the country is 35,000 files, and a person waits.
    """
    found: list[_Found] = []
    empty: list[str] = []
    others: list[str] = []
    headers: dict[tuple[str, ...], tuple[tuple[str, ...], bool]] = {}
    known, sample = FirstLines(), _sample(len(files))
    for number, member in enumerate(files):
        first = member.beginning(known.BYTES)
        if number not in sample and (header := known.header_of(first)):
            found.append(_Found(member, *headers[header], []))
            continue
        several: list[_Found] = []
        with _named(member), _peeked(member, work) as path:
            for part in _parts(member, first, path, sheets):
                try:
                    with _named(part):
                        table = read(path, member.size <= PEEKED_BYTES, part.sheet)
                        header, rows = tuple(table.header), list(islice(table.rows, each))
                except NoRows:  # a commune without electors of this kind sends a header alone
                    empty.append(part.name)
                    continue
                if header not in headers:
                    headers[header] = (header, recognise(list(header)).format == Format.ROLL)
                if not part.sheet:
                    known.learn(first, header)
                several.append(_Found(part, *headers[header], rows, _is_doubted(table)))
        has_roll = any(one.is_roll for one in several)
        others += [one.member.name for one in several if has_roll and not one.is_roll]
        found += [one for one in several if one.is_roll or not has_roll]
    return found, empty, others


def _is_doubted(table: Table) -> bool:
    return any(note.startswith(f"{DOUBTED}:") for note in table.notes)


def _parts(member: Member, first: bytes, path: Path, sheets: Sheets) -> list[Member]:
    """The file itself, or each sheet of a workbook that has several; `first` are its first bytes."""
    names = sheets(path) if form_of_bytes(first) in (Form.ZIP, Form.SPREADSHEET) else []
    if len(names) < 2:
        return [member]
    return [replace(member, name=f"{member.name}/{name}", sheet=name) for name in names]


def _sample(count: int) -> set[int]:
    """Files whose rows are looked at: all of a few, else some evenly by name, the first and the last too."""
    most = min(count, limits.HEAD_ROWS)
    return {number * (count - 1) // max(1, most - 1) for number in range(most)}


def _refuse_mixture(found: list[_Found]) -> None:
    other = next((one for one in found if one.is_roll != found[0].is_roll), None)
    if other is not None:
        raise UnreadableFile(
            _("It holds rolls and other lists (“%(one)s” and “%(other)s”): import them apart.")
            % {"one": found[0].member.name, "other": other.member.name}
        )


class _Columns:
    """Columns of the union, in the order in which the files bring them."""

    def __init__(self, *, is_roll: bool) -> None:
        self.header: Row = []
        self._place: dict[Key, int] = {}
        self._is_roll = is_roll
        self._headers: set[tuple[str, ...]] = set()

    def add(self, one: _Found) -> None:
        """Make room for the columns of a file, and for what its name says."""
        self._headers.add(one.header)
        for key, name in zip(self._keys(one.header), one.header, strict=True):
            self._make(key, name)
        for field, _value in self._said(one):
            self._make((field, 0), dict((*_FROM_NAME, _STATE))[field])

    def lacking(self) -> list[str]:
        """Fields of a roll that some files have and others lack."""
        held: list[set[str]] = [{word for word, _number in self._keys(header)} for header in self._headers]
        every = set[str]().union(*held)
        return [word for word in sorted(every) if self._is_roll and not all(word in one for one in held)]

    def taking(self, one: _Found) -> Callable[[int, Sequence[str]], tuple[str, ...]]:
        """Return what turns (line, row) of a file into a row of the union."""
        width = len(one.header)
        source = dict.fromkeys(range(len(self.header)), width)  # the empty cell after the row
        for index, key in enumerate(self._keys(one.header)):
            source[self._place[key]] = index
        said = self._said(one)
        for number, (field, _value) in enumerate(said):
            source[self._place[field, 0]] = width + 1 + number
        after = ("", *(value for _field, value in said), one.member.name)
        take = itemgetter(*source.values(), width + len(after) - 1, width + len(after))

        def turn(line: int, row: Sequence[str]) -> tuple[str, ...]:
            if len(row) != width:  # one cell too many: the engine refuses it, and its values are kept
                missing = [""] * (len(self.header) + 2 - len(row))
                return (*row, *missing, f"{one.member.name}:{line}")
            taken: tuple[str, ...] = take((*row, *after, str(line)))
            return taken

        return turn

    def _make(self, key: Key, name: str) -> None:
        if key not in self._place:
            self._place[key] = len(self.header)
            self.header.append(name)

    def _keys(self, header: tuple[str, ...]) -> list[Key]:
        """What each column holds: the field of a known name, else the name, folded."""
        names = folded_header(list(header))
        fields = roll_fields_of(names) if self._is_roll else [PEOPLE_FIELD_OF.get(name, "") for name in names]
        seen: Counter[str] = Counter()
        keys = []
        for name, field in zip(names, fields, strict=True):
            word = field if field and not several_allowed(field) else name
            keys.append((word, seen[word]))
            seen[word] += 1
        return keys

    def _said(self, one: _Found) -> list[tuple[str, str]]:
        """What the name of a file says and its columns do not: (column, value)."""
        if not one.is_roll:
            state = named_state(one.member.name)
            return [(_STATE[0], state)] if state else []
        named = named_roll(one.member.name)
        day = named.day.strftime("%d/%m/%Y") if named.day else ""
        values = zip(_FROM_NAME, (named.commune_code, named.kind, day), strict=True)
        held = {word for word, _number in self._keys(one.header)}
        return [(field, value) for (field, _name), value in values if value and field not in held]


def _samples(found: list[_Found], columns: _Columns) -> Iterator[tuple[int, Sequence[str]]]:
    turned = (columns.taking(one)(line, row) for one in found for line, row in one.sample)
    return enumerate(turned, 2)


def _rows(
    found: list[_Found], columns: _Columns, work: Path, read: Read, report: Report, notes: list[str]
) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of every file; what reading them noted (rows filled up, doubts) is added in the end."""
    total, done, at = sum(one.member.size for one in found), 0, 1
    padded, doubted = 0, []
    for one in found:
        turn = columns.taking(one)
        with _named(one.member), one.member.at(work) as path:
            try:
                table = read(path, True, one.member.sheet)
            except NoRows:  # what was seen below its header are spaces
                notes.append(f"no_rows:{one.member.name}")
                continue
            if len(table.header) != len(one.header):
                raise UnreadableFile(
                    _(
                        "Its first line names %(wanted)s columns, and its rows are cut into %(found)s: they "
                        "have another separator, or a quotation mark is missing. Take it out, and import it "
                        "alone."
                    )
                    % {"wanted": len(one.header), "found": len(table.header)}
                )
            for line, row in table.rows:
                at += 1
                yield at, turn(line, row)
        doubted += [one.member.name] if _is_doubted(table) else []
        padded += sum(int(note.partition(":")[2]) for note in table.notes if note.startswith("padded:"))
        done += one.member.size
        report(done, total)
    notes += _named_notes(DOUBTED, doubted)
    if padded:
        notes.append(f"padded:{padded}")


@contextmanager
def _named(member: Member) -> Iterator[None]:
    """Put the name of the file before what is wrong with it."""
    try:
        yield
    except NoRows:
        raise
    except UnreadableFile as error:
        text = str(error)
        raise UnreadableFile(text if member.name in text else f"{member.name}: {text}") from error


def _peeked(member: Member, work: Path) -> AbstractContextManager[Path]:
    return member.at(work, most=_enough(member))


def _enough(member: Member) -> int | None:
    """Bytes that a first look needs: all of a workbook, the beginning of anything else."""
    form = form_of_bytes(member.beginning())
    return None if form in (Form.ZIP, Form.SPREADSHEET, Form.GZIP) else PEEKED_BYTES
