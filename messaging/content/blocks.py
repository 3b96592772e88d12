"""The block document: what the composer saves, checked and cleaned before anything is made of it.

A document is a JSON list of blocks, each `{"id", "type", …the fields of its type}`, with `only_if` and
`otherwise` where it is for some readers only (`messaging.content.conditions`), and `"open": true` where each
territory may put its own words (a local block). Types and fields:
`messaging.content.block_types.BLOCK_TYPES`. The footer is not a block: the engine adds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from messaging.content.block_types import BLOCK_TYPES, BlockType, FieldKind, FieldSpec
from messaging.content.conditions import Condition, read_condition
from messaging.content.errors import ContentError, Problem
from messaging.content.escaping import ContextKind, for_header
from messaging.content.fields import author_names
from messaging.content.links import LONGEST_URL, image_fault, url_fault
from messaging.content.richtext import RichText, clean_html
from messaging.content.syntax import faults_in, has_too_much_liquid, too_much

MOST_BLOCKS = 200
LONGEST = {
    FieldKind.LINE: 500,
    FieldKind.URL: LONGEST_URL,
    FieldKind.IMAGE: LONGEST_URL,
    FieldKind.RICH: 50_000,
}
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FRAME = {"id", "type", "only_if", "otherwise", "open"}

Value = str | int | tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One checked block. `position` is its place for people: "3", "3, Left column 1", "3, otherwise 2"."""

    id: str
    type: str
    position: str
    values: dict[str, Value]
    only_if: Condition | None = None
    otherwise: tuple[Block, ...] = ()
    open: bool = False

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        value = self.values[name]
        return value if isinstance(value, int) else 0

    def inside(self, name: str) -> tuple[Block, ...]:
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) else ()

    def as_json(self) -> dict[str, object]:
        """The block as it is saved: its HTML clean, its defaults written."""
        saved: dict[str, object] = {"id": self.id, "type": self.type}
        for name, value in self.values.items():
            saved[name] = [block.as_json() for block in value] if isinstance(value, tuple) else value
        if self.only_if:
            saved["only_if"] = self.only_if.as_json()
            saved["otherwise"] = [block.as_json() for block in self.otherwise]
        if self.open:
            saved["open"] = True
        return saved


def read_document(data: object, *, extra: Iterable[str] = ()) -> tuple[tuple[Block, ...], list[Problem]]:
    """Blocks of a document and everything wrong with it; a draft may be saved with problems.

    `extra`: slugs of the custom fields that may be used as variables.
    """
    reader = _Reader(extra=tuple(extra))
    if not isinstance(data, list):
        return (), [Problem(_("The message must be a list of blocks."))]
    blocks = reader.blocks(data, position="", in_columns=False)
    if reader.count > MOST_BLOCKS:
        reader.problems.append(Problem(_("There are more than %(most)s blocks.") % {"most": MOST_BLOCKS}))
    return blocks, reader.problems


def parse_document(data: object, *, extra: Iterable[str] = ()) -> tuple[Block, ...]:
    """Blocks of a document ready to compile; raises `ContentError` with every problem."""
    blocks, problems = read_document(data, extra=extra)
    if not blocks and not problems:
        problems.append(Problem(_("The message is empty: add a block.")))
    if problems:
        raise ContentError(problems)
    return blocks


def template_problems(
    source: str, kind: ContextKind, *, field: str, extra: Iterable[str] = ()
) -> list[Problem]:
    """Problems of one template outside the blocks, such as the subject."""
    if has_too_much_liquid(source):
        return [Problem(too_much(), field)]
    faults = faults_in(source, kind, names=author_names(tuple(extra)))
    return [Problem(fault.message, field, line=fault.line) for fault in faults]


@dataclass
class _Reader:
    extra: tuple[str, ...]
    problems: list[Problem] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    count: int = 0

    def blocks(self, data: list[object], *, position: str, in_columns: bool) -> tuple[Block, ...]:
        found = []
        for number, item in enumerate(data, start=1):
            place = f"{position} {number}" if position else str(number)
            self.count += 1
            if self.count > MOST_BLOCKS:
                break
            block = self.block(item, place, in_columns=in_columns, alternative=bool(position))
            if block:
                found.append(block)
        return tuple(found)

    def block(self, data: object, place: str, *, in_columns: bool, alternative: bool) -> Block | None:
        if not isinstance(data, Mapping):
            self.problems.append(Problem(_("This block must be an object."), position=place))
            return None
        kind = BLOCK_TYPES.get(data.get("type", "")) if isinstance(data.get("type", ""), str) else None
        if kind is None:
            message = _("There is no block of type “%(type)s”. Use one of: %(types)s.")
            types = ", ".join(BLOCK_TYPES)
            self.problems.append(
                Problem(message % {"type": data.get("type", ""), "types": types}, "type", position=place)
            )
            return None
        return _BlockReader(self, kind, data, place).read(in_columns=in_columns, alternative=alternative)


@dataclass
class _BlockReader:
    reader: _Reader
    kind: BlockType
    data: Mapping[str, object]
    place: str
    id: str = ""

    def read(self, *, in_columns: bool, alternative: bool) -> Block:
        self._read_id()
        if in_columns and not self.kind.in_columns:
            self._problem(_("This kind of block cannot stand in a column: move it out."), "type")
        known = {spec.name for spec in self.kind.fields} | _FRAME
        for name in sorted(map(str, set(self.data) - known)):
            self._problem(_("This kind of block has no such field: remove it."), name)
        values = {spec.name: self._value(spec) for spec in self.kind.fields}
        if self.kind.name == "card" and bool(values["label"]) != bool(values["url"]):
            self._problem(_("A button needs both a text and a link."), "url" if values["label"] else "label")
        condition, otherwise = self._condition(nested=in_columns or alternative)
        is_open = self._open(nested=in_columns or alternative, conditional=condition is not None)
        return Block(self.id, self.kind.name, self.place, values, condition, otherwise, is_open)

    def _read_id(self) -> None:
        given = self.data.get("id")
        if not isinstance(given, str) or not _ID.fullmatch(given):
            self._problem(_("A block needs an identifier of letters, digits, - or _ (40 at most)."), "id")
            return
        self.id = given
        if given in self.reader.ids:
            message = _("Two blocks have the identifier “%(id)s”: give one another.")
            self._problem(message % {"id": given}, "id")
        self.reader.ids.add(given)

    def _condition(self, *, nested: bool) -> tuple[Condition | None, tuple[Block, ...]]:
        condition, faults = read_condition(self.data.get("only_if"))
        for fault in faults:
            self._problem(fault, "only_if")
        if condition is None:
            return None, ()
        if nested:
            message = _("“Only for” is set on whole blocks, not inside columns or alternatives.")
            self._problem(message, "only_if")
            return None, ()
        given = self.data.get("otherwise") or []
        if not isinstance(given, list):
            self._problem(_("This field must be a list of blocks."), "otherwise")
            return condition, ()
        where = _("otherwise")
        otherwise = self.reader.blocks(given, position=f"{self.place}, {where}", in_columns=False)
        if condition.needs_alternative and not given:
            self._problem(_by_place() if condition.is_by_place else _by_segment(), "otherwise")
        return condition, otherwise

    def _open(self, *, nested: bool, conditional: bool) -> bool:
        """Whether territories may write their own: whole blocks that everybody reads."""
        given = self.data.get("open", False)
        if given is False:
            return False
        if given is not True:
            self._problem(_("“Local block” is either true or false."), "open")
        elif nested:
            self._problem(
                _("“Local block” is set on whole blocks, not inside columns or alternatives."), "open"
            )
        elif conditional:
            self._problem(_("A local block is for every reader: take off “Only for some readers”."), "open")
        return given is True and not nested

    def _value(self, spec: FieldSpec) -> Value:
        given = self.data.get(spec.name)
        match spec.kind:
            case FieldKind.BLOCKS:
                return self._inner_blocks(spec, given)
            case FieldKind.NUMBER:
                return self._number(spec, given)
            case FieldKind.CHOICE:
                return self._choice(spec, given)
        if given is None:
            given = ""
        if not isinstance(given, str):
            self._problem(_("This field must be text."), spec.name)
            return ""
        if not self._check_length(spec, given):
            return ""
        value = clean_html(given) if spec.kind is FieldKind.RICH else for_header(given)
        if spec.required and not value:
            self._problem(_("This field is empty: fill it in, or delete the block."), spec.name)
        elif value:
            self._check_text(spec, value)
        return value

    def _check_text(self, spec: FieldSpec, value: str) -> None:
        if has_too_much_liquid(value):
            self._problem(too_much(), spec.name)
            return
        match spec.kind:
            case FieldKind.RICH:
                self._check_rich(spec, value)
            case FieldKind.LINE:
                self._check_template(spec, value)
            case FieldKind.URL:
                self._check_template(spec, value)
                self._problem_if(url_fault(value), spec.name)
            case FieldKind.IMAGE:
                self._problem_if(image_fault(value), spec.name)

    def _check_rich(self, spec: FieldSpec, value: str) -> None:
        rich = RichText.read(value)
        for fault in dict.fromkeys(rich.faults):
            self._problem(fault, spec.name)
        if not rich.faults:
            self._check_template(spec, rich.text)
        for address in rich.addresses:
            self._problem_if(url_fault(address), spec.name)

    def _check_template(self, spec: FieldSpec, source: str) -> None:
        for fault in faults_in(source, ContextKind.TEXT, names=author_names(self.reader.extra)):
            self._problem(fault.message, spec.name, line=fault.line)

    def _check_length(self, spec: FieldSpec, value: str) -> bool:
        most = LONGEST[spec.kind]
        if len(value) > most:
            message = _("This text is too long: %(most)s characters at most.")
            self._problem(message % {"most": most}, spec.name)
        return len(value) <= most

    def _number(self, spec: FieldSpec, given: object) -> int:
        if given in (None, ""):
            return int(spec.default)
        if isinstance(given, str) and given.isdecimal() and len(given) < 6:
            given = int(given)
        if isinstance(given, bool) or not isinstance(given, int) or not spec.least <= given <= spec.most:
            bounds = {"least": spec.least, "most": spec.most}
            self._problem(_("Write a whole number from %(least)s to %(most)s.") % bounds, spec.name)
            return int(spec.default)
        return given

    def _choice(self, spec: FieldSpec, given: object) -> str:
        allowed = [value for value, _label in spec.choices]
        if given in (None, ""):
            return str(spec.default)
        if given not in allowed:
            self._problem(_("Choose one of: %(values)s.") % {"values": ", ".join(allowed)}, spec.name)
            return str(spec.default)
        return str(given)

    def _inner_blocks(self, spec: FieldSpec, given: object) -> tuple[Block, ...]:
        if given in (None, ""):
            return ()
        if not isinstance(given, list):
            self._problem(_("This field must be a list of blocks."), spec.name)
            return ()
        return self.reader.blocks(given, position=f"{self.place}, {spec.label}", in_columns=True)

    def _problem_if(self, message: str, name: str) -> None:
        if message:
            self._problem(message, name)

    def _problem(self, message: str, name: str, *, line: int = 0) -> None:
        self.reader.problems.append(Problem(message, name, self.id, self.place, line))


def _by_place() -> str:
    return _(
        "Content chosen by place must leave nobody out: add the block that everyone else reads"
        " (people elsewhere, and people who have not agreed to targeted content)."
    )


def _by_segment() -> str:
    return _(
        "Content for a segment must leave nobody out: add the block that everyone else reads"
        " (people outside it, and people who have not agreed to targeted content)."
    )


__all__ = ["BLOCK_TYPES", "Block", "parse_document", "read_document", "template_problems"]
