"""Reading a template before it is kept: every fault with its line, in words for its author.

Strict at save, so that nothing can fail at the ten-thousandth recipient: unknown variables (in branches never
taken too), ranges, tags and filters that do not exist, parts of a variable, content chosen by a place name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.logical import (
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.case_tag import CaseNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.template import BoundTemplate

from messaging.content.escaping import ContextKind
from messaging.content.liquid import AUTHOR_FILTERS, EscapedOutputNode, environment

MOST_CONSTRUCTS = 1_000  # variables, tags and pieces of text in one template
MOST_IN_A_FIELD = 200  # opening braces; looking for their ends takes the square of it
LONGEST_SOURCE = 1_000_000  # characters

LIQUID = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_RAW = re.compile(r"\{%-?\s*raw\b")
_COMPARISONS = (
    EqExpression,
    NeExpression,
    LtExpression,
    LeExpression,
    GtExpression,
    GeExpression,
    ContainsExpression,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` counts from 1."""

    message: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Names:
    """What a template may read. `shown_only`: names that may be shown but not compared (places).

    `also`: what people write for a name in other words ("prenom" for first_name), for the hint.
    """

    known: frozenset[str]
    shown_only: frozenset[str] = frozenset()
    also: dict[str, str] = field(default_factory=dict)


def has_liquid(text: str) -> bool:
    return "{{" in text or "{%" in text


def has_too_much_liquid(text: str, most: int = MOST_IN_A_FIELD) -> bool:
    """Whether a text has more opening braces than a person writes; ask before searching it."""
    return text.count("{{") + text.count("{%") > most


def too_much() -> str:
    return _("There are too many variables and conditions: split this message.")


def faults_in(
    source: str,
    kind: ContextKind,
    *,
    names: Names,
    filters: Collection[str] = frozenset(AUTHOR_FILTERS),
) -> list[Fault]:
    """Every fault of one template; an empty list means that it renders for anybody."""
    if not has_liquid(source):
        return []
    if len(source) > LONGEST_SOURCE:
        return [Fault(_("This text is too long."))]
    if has_too_much_liquid(source, MOST_CONSTRUCTS):
        return [Fault(too_much())]
    if raw := _RAW.search(source):
        return [_unknown_tag("raw", source.count("\n", 0, raw.start()) + 1)]
    try:
        template = environment(kind).from_string(source)
    except LiquidError as error:
        return [_syntax_fault(error, source)]
    return list(_Reading(template, names, filters).faults())


def fields_of(template: BoundTemplate) -> frozenset[str]:
    """Names that a parsed template reads from its context."""
    read = frozenset(str(path.path[0]) for path in _paths(template.nodes))
    return read - names_made(template.nodes)


def names_made(nodes: Iterable[Node]) -> frozenset[str]:
    """Names that a template makes for itself: assigned, or of a loop."""
    return frozenset(
        str(name) for node in _all_nodes(nodes) for name in (*node.template_scope(), *node.block_scope())
    )


def paths_of(node: Node) -> frozenset[str]:
    """First names of the variables that one node reads."""
    return frozenset(str(path.path[0]) for path in _paths([node]))


def only_shown(node: Node) -> frozenset[str]:
    """First names that a node reads in no other way than by showing them: `{{ name }}`, without a filter."""
    shown: set[str] = set()
    used: set[str] = set()
    for inner in _all_nodes([node]):
        name = plain_name(inner)
        if name:
            shown.add(name)
        else:
            used |= {str(path.path[0]) for path in _paths_in(inner.expressions())}
    return frozenset(shown - used)


def plain_name(node: Node) -> str:
    """The variable of `{{ variable }}`; empty for anything more."""
    if not isinstance(node, EscapedOutputNode):
        return ""
    expression = node.expression
    if not isinstance(expression, FilteredExpression) or expression.filters:
        return ""
    path = expression.left
    if isinstance(path, Path) and len(path.path) == 1 and isinstance(path.path[0], str):
        return path.path[0]
    return ""


class _Reading:
    def __init__(self, template: BoundTemplate, names: Names, filters: Collection[str]) -> None:
        self.nodes = template.nodes
        self.names = names
        self.filters = filters
        self.made = names_made(self.nodes)

    def faults(self) -> Iterator[Fault]:
        if sum(1 for _node in _all_nodes(self.nodes)) > MOST_CONSTRUCTS:
            yield Fault(too_much())
            return
        for name in sorted(self.made & self.names.known):
            message = _("“%(name)s” is a variable of the product: choose another name to assign.")
            yield Fault(message % {"name": name})
        for node in _all_nodes(self.nodes):
            for expression in node.expressions():
                for part in _walk(expression):
                    yield from self._faults_of(part)
            if isinstance(node, CaseNode):
                yield from self._compared([node.expression])
            if isinstance(node, AssignNode | ForNode):  # the way round the rule on comparing
                yield from self._compared(_paths_in(node.expressions()))

    def _faults_of(self, part: Expression) -> Iterator[Fault]:
        if isinstance(part, RangeLiteral):
            yield Fault(_("Ranges such as (1..10) are not available."), _line(part))
        elif isinstance(part, Path):
            yield from self._path_faults(part)
        elif isinstance(part, FilteredExpression):
            for used in part.filters or ():
                if used.name not in self.filters:
                    yield self._unknown_filter(used.name, _line(part))
        elif isinstance(part, _COMPARISONS):
            yield from self._compared([part.left, part.right])

    def _path_faults(self, path: Path) -> Iterator[Fault]:
        head = path.path[0]
        if not isinstance(head, str):
            yield Fault(_("A variable is written by its name, without brackets."), _line(path))
        elif head in self.made:
            return
        elif head not in self.names.known:
            yield self._unknown_name(head, _line(path))
        elif len(path.path) > 1:
            message = _("“%(name)s” has no parts: write {{ %(name)s }} alone.")
            yield Fault(message % {"name": head}, _line(path))

    def _compared(self, sides: Iterable[Expression]) -> Iterator[Fault]:
        for side in sides:
            if isinstance(side, Path) and side.path[0] in self.names.shown_only:
                message = _(
                    "“%(name)s” can be shown but not compared. To choose content by place, use “Only for” on"
                    " the block: it asks for the person's agreement and has an alternative for everyone else."
                )
                yield Fault(message % {"name": side.path[0]}, _line(side))

    def _unknown_name(self, name: str, line: int) -> Fault:
        near = self.names.also.get(name.lower()) or _nearest(name, self.names.known)
        if near:
            message = _("“%(name)s” is not a variable. Did you mean “%(near)s”?")
            return Fault(message % {"name": name, "near": near}, line)
        message = _("“%(name)s” is not a variable: pick one from the list.")
        return Fault(message % {"name": name}, line)

    def _unknown_filter(self, name: str, line: int) -> Fault:
        near = _nearest(name, self.filters)
        if near:
            message = _("“%(name)s” is not a filter. Did you mean “%(near)s”?")
            return Fault(message % {"name": name, "near": near}, line)
        message = _("“%(name)s” is not a filter. Available: %(filters)s.")
        return Fault(message % {"name": name, "filters": ", ".join(sorted(self.filters))}, line)


def _unknown_tag(name: str, line: int) -> Fault:
    message = _("The tag {%% %(name)s %%} is not available. Use if, unless, case, for or assign.")
    return Fault(message % {"name": name}, line)


def _syntax_fault(error: LiquidError, source: str) -> Fault:
    line = 1
    if error.token is not None and 0 <= error.token.start_index <= len(source):
        line = source.count("\n", 0, error.token.start_index) + 1
    if unknown := re.match(r"unexpected tag '(\w+)'", str(error.message)):
        name = unknown[1]
        if not name.startswith("end") and name not in ("else", "elsif", "when"):
            return _unknown_tag(name, line)
    message = _("This variable or condition cannot be read (%(detail)s). Check its braces and quotes.")
    return Fault(message % {"detail": error.message}, line)


def _nearest(name: str, known: Collection[str]) -> str:
    return next(iter(difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.6)), "")


def _line(expression: Expression) -> int:
    token = expression.token
    return token.source.count("\n", 0, max(token.start_index, 0)) + 1


def _all_nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        # The context is read by tags that load other templates; none is registered.
        yield from _all_nodes(node.children(None))  # type: ignore[arg-type]


def _walk(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _walk(child)


def _paths(nodes: Iterable[Node]) -> Iterator[Path]:
    for node in _all_nodes(nodes):
        yield from _paths_in(node.expressions())


def _paths_in(expressions: Iterable[Expression]) -> Iterator[Path]:
    for expression in expressions:
        yield from (part for part in _walk(expression) if isinstance(part, Path))
