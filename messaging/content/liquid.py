"""The Liquid that messages speak: few tags, few filters, every limit on, plain data only.

python-liquid reaches no attribute or method of a value. What it leaves open is closed here: ranges are
refused (`messaging.content.syntax`), filters cannot multiply text, loops are counted over the whole render,
and every output, the author's own literals included, is escaped for the place where it lands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, TextIO

from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.content import Literal
from liquid.builtin.filters import array, misc, string
from liquid.builtin.illegal import Illegal
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags import (
    assign_tag,
    case_tag,
    comment_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.exceptions import FilterArgumentError, FilterValueError, LoopIterationLimitError
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate

from messaging.content.escaping import ESCAPES, ContextKind, for_url

LOOP_ITERATIONS = 1_000  # in one render, all loops together
LOCAL_BYTES = 64_000
OUTPUT_BYTES = 1_000_000
VALUE_CHARACTERS = 10_000  # what one filter may make
LIST_ITEMS = 1_000

_WHOLE_URL = re.compile(r"https?://[^\s\x00-\x20<>\"'\\]+", re.IGNORECASE)

Filter = Callable[..., Any]


class LimitedContext(RenderContext):
    """Counts loop turns over the whole render; python-liquid counts one nest of loops at a time."""

    __slots__ = ("turns",)

    def __init__(self, template: BoundTemplate, **options: Any) -> None:
        super().__init__(template, **options)
        self.turns = 0

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.turns += length
        if self.turns > LOOP_ITERATIONS:
            raise LoopIterationLimitError(f"more than {LOOP_ITERATIONS} loop turns", token=None)


class EscapedOutputNode(OutputNode):
    """`{{ … }}`: its value is escaped once, here, whatever it came from."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.value(context))

    def value(self, context: RenderContext) -> str:
        escape: Callable[[str], str] = context.env.escape  # type: ignore[attr-defined]
        return escape(to_liquid_string(self.expression.evaluate(context), autoescape=False))


class EscapedOutput(Output):
    node_class = EscapedOutputNode


class MessageTemplate(BoundTemplate):
    context_class = LimitedContext


class MessageEnvironment(Environment):
    """Tags and filters by allow-list: `{% render %}`, `{% include %}` and their like do not exist."""

    block_nesting_limit = 10
    context_depth_limit = 10
    loop_iteration_limit = LOOP_ITERATIONS
    local_namespace_limit = LOCAL_BYTES
    output_stream_limit = OUTPUT_BYTES
    template_class = MessageTemplate

    def __init__(self, kind: ContextKind) -> None:
        self.kind = kind
        self.escape = ESCAPES[kind]
        super().__init__(autoescape=False)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (
            Literal,
            EscapedOutput,
            Illegal,
            if_tag.IfTag,
            unless_tag.UnlessTag,
            case_tag.CaseTag,
            for_tag.ForTag,
            assign_tag.AssignTag,
            comment_tag.CommentTag,
            inline_comment_tag.InlineCommentTag,
        ):
            self.add_tag(tag)
        for name, function in FILTERS.items():
            self.add_filter(name, function)


@lru_cache
def environment(kind: ContextKind) -> MessageEnvironment:
    """The one environment of a context."""
    return MessageEnvironment(kind)


def new_context(template: BoundTemplate, values: Mapping[str, object]) -> RenderContext:
    return template.context_class(template, globals=values)


def render_node(node: Node, context: RenderContext) -> str:
    """One top-level node alone, within the output limit."""
    buffer = context.get_buffer()
    node.render(context, buffer)
    return buffer.getvalue()


def _limited(function: Filter) -> Filter:
    """Refuse to make, or to be given, more text than a message needs."""

    @wraps(function)
    def wrapper(value: object, *arguments: object, **options: object) -> object:
        for given in (value, *arguments):
            _check_size(given)
        result = function(value, *arguments, **options)
        _check_size(result)
        return result

    return wrapper


def _check_size(value: object) -> None:
    if isinstance(value, str) and len(value) > VALUE_CHARACTERS:
        raise FilterValueError(f"text of more than {VALUE_CHARACTERS} characters", token=None)
    if isinstance(value, range | list | tuple) and len(value) > LIST_ITEMS:
        raise FilterValueError(f"list of more than {LIST_ITEMS} items", token=None)


def _replace(value: object, old: object, new: object = "") -> object:
    # Measured before it is made: each replacement could multiply the text by thousands.
    text, found, instead = (to_liquid_string(part, autoescape=False) for part in (value, old, new))
    times = text.count(found) if found else len(text) + 1
    if len(text) + times * len(instead) > VALUE_CHARACTERS:
        raise FilterValueError(f"text of more than {VALUE_CHARACTERS} characters", token=None)
    return text.replace(found, instead)


def _join(value: object, separator: object = " ") -> object:
    if not isinstance(value, list):
        raise FilterArgumentError("join expects a list", token=None)
    between = to_liquid_string(separator, autoescape=False)
    if len(value) * len(between) > VALUE_CHARACTERS:
        raise FilterValueError(f"text of more than {VALUE_CHARACTERS} characters", token=None)
    return between.join(to_liquid_string(item, autoescape=False) for item in value)


def url_part(value: object) -> str:
    """Percent-encode a value for its place inside an address. Added by the compiler."""
    return for_url(to_liquid_string(value, autoescape=False))


def whole_url(value: object) -> str:
    """An http or https address as it is; anything else becomes "#". Added by the compiler."""
    text = to_liquid_string(value, autoescape=False)
    return text if _WHOLE_URL.fullmatch(text) else "#"


_UNLIMITED: dict[str, Filter] = {
    "append": string.append,
    "capitalize": string.capitalize,
    "default": misc.default,
    "downcase": string.downcase,
    "first": array.first,
    "join": _join,
    "last": array.last,
    "prepend": string.prepend,
    "remove": string.remove,
    "replace": _replace,
    "size": misc.size,
    "split": string.split,
    "strip": string.strip,
    "truncate": string.truncate,
    "truncatewords": string.truncatewords,
    "upcase": string.upcase,
}
AUTHOR_FILTERS = {name: _limited(function) for name, function in _UNLIMITED.items()}
COMPILER_FILTERS: dict[str, Filter] = {"url_part": url_part, "whole_url": whole_url}
FILTERS = AUTHOR_FILTERS | COMPILER_FILTERS
