"""Segments inside segments: compiled in place, never inside themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.enums import Channel, TargetingClass
from contacts.models import Segment
from contacts.segments.compile import compile_node
from contacts.segments.conditions import Context
from contacts.segments.errors import Problem, SegmentInvalid
from contacts.segments.tree import Group, Node, Rule, parse_tree, rules_of

SEGMENT_CONDITION = "segment"
SOURCE_CONDITION = "source"
STRICTNESS = (
    TargetingClass.TECHNICAL,
    TargetingClass.SUBSCRIPTION,
    TargetingClass.REGISTRANT,
    TargetingClass.CRITERION,
    TargetingClass.FORBIDDEN,
)


def compile_nested(segment_id: int, context: Context) -> Q:
    """The filter of a saved segment, inside those of `context`; raises SegmentInvalid for a circle."""
    if segment_id in context.inside:
        raise _circle(segment_id)
    inner = Context(context.at, (*context.inside, segment_id))
    return compile_node(read_segment(segment_id), inner)


def read_segment(segment_id: int) -> Group:
    """The tree of a saved segment; raises SegmentInvalid, naming the segment, when it cannot be read."""
    segment = Segment.objects.filter(pk=segment_id).first()
    if segment is None:
        raise SegmentInvalid([Problem("segment", _("This segment does not exist any more."))])
    try:
        return parse_tree(segment.tree)
    except SegmentInvalid as error:
        raise SegmentInvalid(
            [Problem(f"“{segment.name}” {problem.path}", problem.message) for problem in error.problems]
        ) from error


def every_rule(tree: Node, inside: tuple[int, ...] = ()) -> Iterator[Rule]:
    """Every condition of a tree and of the segments it names, with those naming segments themselves."""
    for rule in rules_of(tree):
        yield rule
        for segment_id in named_segments(rule):
            if segment_id in inside:
                raise _circle(segment_id)
            excluded = rule.negated or rule.operator == "none"
            for deeper in every_rule(read_segment(segment_id), (*inside, segment_id)):
                yield replace(deeper, negated=True) if excluded else deeper


def named_segments(rule: Rule) -> tuple[int, ...]:
    """Ids of the segments that a condition names."""
    return tuple(rule.value) if rule.condition.key == SEGMENT_CONDITION else ()


def classes_of(
    tree: Node, inside: tuple[int, ...] = (), *, channel: Channel | None = None
) -> frozenset[TargetingClass]:
    """Targeting classes of every condition in a mailing on `channel`, through the segments that it names."""
    rules = every_rule(tree, inside)
    found = frozenset(rule.class_on(channel) for rule in rules if not named_segments(rule))
    return found | {TargetingClass.CRITERION} if _sources_in_common(tree, inside) else found


def _sources_in_common(node: Node, inside: tuple[int, ...]) -> bool:
    """Whether people must have come by several sources: that is no whole source, but a fact about them."""
    if isinstance(node, Rule):
        return any(_sources_in_common(read_segment(one), (*inside, one)) for one in named_segments(node))
    with_source = [child for child in node.children if _names_source(child, inside)]
    if node.kind == "all" and len(with_source) > 1:
        return True
    return any(_sources_in_common(child, inside) for child in with_source)


def _names_source(node: Node, inside: tuple[int, ...]) -> bool:
    return any(rule.condition.key == SOURCE_CONDITION for rule in every_rule(node, inside))


def all_take_part(node: Node, inside: tuple[int, ...] = ()) -> bool:
    """Whether everybody whom the conditions choose takes part in something: holds a registrant's record."""
    if isinstance(node, Rule):
        named = named_segments(node)
        if named and node.operator == "any" and not node.negated:
            return all(all_take_part(read_segment(one), (*inside, one)) for one in named)
        return not named and node.targeting_class == TargetingClass.REGISTRANT
    if node.kind == "all":
        return any(all_take_part(child, inside) for child in node.children)
    return (
        node.kind == "any"
        and bool(node.children)
        and all(all_take_part(child, inside) for child in node.children)
    )


def strictest(classes: frozenset[TargetingClass]) -> TargetingClass:
    """The class that decides for all of them; technical for none."""
    return max(classes, key=STRICTNESS.index, default=TargetingClass.TECHNICAL)


def strictest_of(segment_ids: Sequence[int]) -> TargetingClass:
    """The class that decides for saved segments."""
    return strictest(
        frozenset(found for one in segment_ids for found in classes_of(read_segment(one), (one,)))
    )


def _circle(segment_id: int) -> SegmentInvalid:
    name = Segment.objects.filter(pk=segment_id).values_list("name", flat=True).first()
    text = _("The segment “%(name)s” contains itself.") % {"name": name or segment_id}
    return SegmentInvalid([Problem("segment", text)])
