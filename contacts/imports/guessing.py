"""What each column of a file probably holds, how surely, and a few of its values to see.

A known name counts most; values that contradict it lower it. A column with an unknown name is guessed from
its values: e-mail addresses, numbers, postcodes, dates and titles recognise themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contacts.folding import fold
from contacts.imports.columns.patterns import is_not_theirs, says_otherwise
from contacts.imports.fields import several_allowed
from contacts.imports.layouts import Format, Mapping, Recognised, opt_out_mapping, recognise, roll_mapping
from contacts.imports.looks import OF_OPT_OUTS, OF_PEOPLE, Looks, reads_as_day, share
from contacts.imports.mailboxes import read_mailbox
from contacts.imports.people.born import reads_as_year
from contacts.imports.reading import Row
from contacts.imports.rejects import own_columns
from contacts.imports.sketch import Sketch
from contacts.imports.values import PHONE, POSTCODE, read_civility, read_gender
from contacts.imports.written_dates import read_serial_day
from contacts.models import Import

SAMPLES_SHOWN = 5
LEAST_SHARE = 0.8  # of the filled cells that must look alike
STREETS = ("street", "street_1", "street_2")
DOUBTED = 0.3  # what is left of a name's confidence when the values say otherwise


@dataclass(frozen=True)
class ColumnGuess:
    """One column. `field` is empty when nothing was found; `confidence` is between 0 and 1."""

    index: int
    name: str
    field: str
    confidence: float
    samples: list[str]


@dataclass(frozen=True)
class Guess:
    """What a file seems to be."""

    format: Format
    columns: list[ColumnGuess]

    @property
    def mapping(self) -> Mapping:
        return {column.index: column.field for column in self.columns if column.field}


# What the values of a column with a known name are held against.
_CHECKS: dict[str, Callable[[str], object]] = {
    "email": read_mailbox,
    "birth_date": lambda text: reads_as_day(text) or reads_as_year(text) or read_serial_day(text),
    "birth_year": reads_as_year,
    **dict.fromkeys(
        ("collected_on", "joined_on", "left_on"), lambda text: reads_as_day(text) or read_serial_day(text)
    ),
    "postcode": POSTCODE.fullmatch,
    "postcode_1": POSTCODE.fullmatch,
    "phone": PHONE.fullmatch,
    "civility": lambda text: read_civility(text)[0],
    "gender": read_gender,
}


def guess(sketch: Sketch, *, kind: str = "") -> Guess:
    """Guess the columns of a file from its header and first rows; `kind` is its Import.Kind where known."""
    header = sketch.layout.header
    recognised = recognise(header)
    is_roll = kind == Import.Kind.ROLL or recognised.format == Format.ROLL
    by_name, looks = _known_names(header, kind, recognised, is_roll=is_roll)
    taken = set(by_name.values())
    columns = []
    own = len(own_columns([fold(name) for name in header]))
    for index, name in enumerate(header):
        values = _filled(sketch.rows, index)
        field, confidence = by_name.get(index, ""), 1.0
        if field in STREETS and values and share(read_mailbox, values) >= LEAST_SHARE:
            field = ""  # "Adr" or "Adresse" of a list of e-mails: a street is never one
        if field:
            confidence = 1.0 if _agrees(field, values) else DOUBTED
        elif index < own and index not in recognised.repeated and not is_not_theirs(fold(name)):
            said = fold(name) if looks is OF_PEOPLE else ""  # in doubt, an opt-out file stops somebody more
            field, confidence = _by_values(said, values, taken, looks)
            taken.add(field)
        columns.append(ColumnGuess(index, name, field, confidence if field else 0.0, values[:SAMPLES_SHOWN]))
    return Guess(Format.ROLL if is_roll else recognised.format, columns)


def _known_names(
    header: list[str], kind: str, recognised: Recognised, *, is_roll: bool
) -> tuple[Mapping, Looks]:
    """Columns known by their names, and what the others may be known by: nothing in a roll."""
    if is_roll:
        return roll_mapping(header), ()
    if kind == Import.Kind.SUPPRESSION:
        return opt_out_mapping(header), OF_OPT_OUTS
    return recognised.mapping, OF_PEOPLE


def _filled(rows: list[Row], index: int) -> list[str]:
    return [row[index].strip() for row in rows if index < len(row) and row[index].strip()]


def _agrees(field: str, values: list[str]) -> bool:
    check = _CHECKS.get(field)
    return check is None or not values or share(check, values) >= 0.5


def _by_values(name: str, values: list[str], taken: set[str], looks: Looks) -> tuple[str, float]:
    for field, look in looks:
        if (field in taken and not several_allowed(field)) or says_otherwise(name, field):
            continue
        found = look(values)
        if found >= LEAST_SHARE:
            return field, round(found * 0.9, 2)  # never as sure as a name
    return "", 0.0
