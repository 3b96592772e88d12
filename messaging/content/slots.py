"""A template as static segments and numbered slots, so that a recipient costs a few short values.

The template is parsed once. Text between top-level variables and tags is shared by every recipient; each
variable or tag becomes a slot, rendered a recipient; the same `{{ variable }}` twice is one slot, unless the
template itself assigns it. Segments and values joined are byte for byte what a full render gives.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from liquid import RenderContext
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from messaging.content.errors import ContentError, Problem
from messaging.content.escaping import ESCAPES, ContextKind
from messaging.content.fields import is_own_address
from messaging.content.liquid import EscapedOutputNode, environment, new_context, render_node
from messaging.content.syntax import fields_of, names_made, only_shown, paths_of, plain_name

# The only classes that a template may meet; anything else is a mistake of the caller.
PLAIN = frozenset({str, int, bool, float, type(None)})


# Values of one slot that are kept: many readers share a condition's outcome or a place's name.
KEPT_VALUES = 4_096

# Stands for an address in a kept value. Nobody can guess it, so no person's data holds one.
_MARK = secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class Slot:
    """One dynamic part of `source`; `name` is the variable when the slot is nothing but `{{ variable }}`.

    `reads`: the variables that decide its value, when nothing else does; else None. `kept`: values by those.
    `shows`: the recipient's own addresses that it shows and asks nothing of; a kept value has marks for them.
    """

    source: str
    name: str
    node: Node
    reads: tuple[str, ...] | None = None
    shows: tuple[str, ...] = ()
    kept: dict[object, str] = field(default_factory=dict)


class SlotTemplate:
    """`segments[0] + value[order[0]] + segments[1] + … + segments[-1]`; `values` has one item a slot.

    `fields` are the names that the context must hold.
    """

    def __init__(self, template: BoundTemplate, kind: ContextKind) -> None:
        self.kind = kind
        self.fields = fields_of(template)
        self._template = template
        self._escape = ESCAPES[kind]
        self.segments: list[str] = [""]
        self.slots: list[Slot] = []
        self.order: list[int] = []
        self._add_nodes(template.nodes)
        self._pattern: list[str] = [""] * (2 * len(self.segments) - 1)
        self._pattern[::2] = self.segments
        self._only_names = all(slot.name for slot in self.slots)

    def render_values(self, context: Mapping[str, object], slots: Sequence[Slot] | None = None) -> list[str]:
        """The value of each slot for one recipient, escaped for its place; `slots`: of these alone.

        `context` is flat and plain: text, numbers, None. Raises `ContentError` when it lacks a name, holds
        another kind of object, or when rendering fails.
        """
        self._check_context(context)
        wanted = self.slots if slots is None else slots
        rendering = None if self._only_names else _Rendering(self._template, context)
        escape, values = self._escape, []
        for slot in wanted:  # for every message: what most values are is asked here, not in a function
            if slot.name:
                value = context[slot.name]
                values.append(escape(value) if type(value) is str else self._plain_value(value))
            elif rendering is not None:
                values.append(self._kept_value(slot, context, rendering))
        return values

    def join(self, values: Sequence[str]) -> str:
        """The whole text for the values of one recipient."""
        pattern = self._pattern.copy()
        pattern[1::2] = [values[number] for number in self.order]
        return "".join(pattern)

    def render(self, context: Mapping[str, object]) -> str:
        """`join(render_values(context))`."""
        return self.join(self.render_values(context))

    def _check_context(self, context: Mapping[str, object]) -> None:
        # As it should be, seen without a loop of our own: this is asked for every message.
        if self.fields <= context.keys() and PLAIN.issuperset(
            map(type, map(context.__getitem__, self.fields))
        ):
            return
        missing = self.fields - context.keys()
        if missing:
            names = ", ".join(sorted(missing))
            raise ContentError([Problem(_("The recipient's data lacks %(names)s.") % {"names": names})])
        for name in self.fields:
            if type(context[name]) not in PLAIN:
                message = _("“%(name)s” is not plain data: pass text, a number or nothing.")
                raise ContentError([Problem(message % {"name": name})])

    def _plain_value(self, value: object) -> str:
        if type(value) is str:
            return self._escape(value)
        if value is None:
            return ""
        return self._escape(str(value).lower() if isinstance(value, bool) else str(value))

    def _kept_value(self, slot: Slot, context: Mapping[str, object], rendering: _Rendering) -> str:
        """The slot's value: kept from a reader with the same facts, or rendered."""
        if slot.reads is None:
            return rendering.value_of(slot.node)
        key = _facts(slot.reads, context)
        kept = slot.kept.get(key)
        if kept is None:
            if len(slot.kept) >= KEPT_VALUES:
                slot.kept.clear()
            if slot.shows:
                rendering = _Rendering(self._template, {**context, **{n: _mark(n) for n in slot.shows}})
            kept = slot.kept[key] = rendering.value_of(slot.node)
        for name in slot.shows if kept else ():
            kept = kept.replace(_mark(name), self._plain_value(context[name]))
        return kept

    def _add_nodes(self, nodes: Sequence[Node]) -> None:
        made = names_made(nodes)
        numbers: dict[str, int] = {}
        for node in nodes:
            if isinstance(node, ContentNode):
                self.segments[-1] += node.text
                continue
            if isinstance(node, CommentNode):
                continue
            shared = isinstance(node, EscapedOutputNode) and not paths_of(node) & made
            name = plain_name(node) if shared else ""
            source = node.token.value
            number = numbers.get(name or source) if shared else None
            if number is None:
                number = len(self.slots)
                shows = frozenset() if name or made else frozenset(filter(is_own_address, only_shown(node)))
                reads = None if made else tuple(sorted(paths_of(node) - shows))
                self.slots.append(Slot(source, name, node, reads, tuple(sorted(shows))))
                if shared:
                    numbers[name or source] = number
            self.order.append(number)
            self.segments.append("")


class _Rendering:
    """One render of a template; its Liquid context is made when a slot first needs it."""

    def __init__(self, template: BoundTemplate, values: Mapping[str, object]) -> None:
        self._template = template
        self._values = values
        self._context: RenderContext | None = None

    def value_of(self, node: Node) -> str:
        if self._context is None:
            self._context = new_context(self._template, self._values)
        try:
            if isinstance(node, EscapedOutputNode):
                return node.value(self._context)
            return render_node(node, self._context)
        except LiquidError as error:
            raise ContentError([Problem(str(error.message))]) from error


def _facts(reads: Sequence[str], context: Mapping[str, object]) -> object:
    """What a value is kept by: 1 and True are equal and read differently, so their kinds are told."""
    if len(reads) == 1:
        value = context[reads[0]]
        return value if type(value) is str or value is None else (type(value), value)
    return tuple(
        [
            value if type(value) is str or value is None else (type(value), value)
            for value in map(context.__getitem__, reads)
        ]
    )


def _mark(name: str) -> str:
    return f"{_MARK}.{name}."


def compile_slots(source: str, kind: ContextKind) -> SlotTemplate:
    """Parse a template that `messaging.content.syntax` found without fault; raises `ContentError`.

    Lines end as they do in a full render: by a line feed alone.
    """
    lines = source.replace("\r\n", "\n").replace("\r", "\n")
    try:
        template = environment(ContextKind(kind)).from_string(lines)
    except LiquidError as error:
        raise ContentError([Problem(str(error.message))]) from error
    return SlotTemplate(template, ContextKind(kind))
