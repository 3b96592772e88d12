"""Segments inside segments: compiled in place, never inside themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from contacts.enums import TargetingClass
from contacts.models import Segment
from contacts.segments.compile import compile_node
from contacts.segments.conditions import Context
from contacts.segments.errors import Problem, SegmentInvalid
from contacts.segments.tree import Group, Node, Rule, parse_tree, rules_of

SEGMENT_CONDITION = "segment"
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
            yield from every_rule(read_segment(segment_id), (*inside, segment_id))


def named_segments(rule: Rule) -> tuple[int, ...]:
    """Ids of the segments that a condition names."""
    return tuple(rule.value) if rule.condition.key == SEGMENT_CONDITION else ()


def classes_of(tree: Node, inside: tuple[int, ...] = ()) -> frozenset[TargetingClass]:
    """Targeting classes of every condition, through the segments that the tree names."""
    return frozenset(
        rule.condition.class_for(rule.operator, rule.value)
        for rule in every_rule(tree, inside)
        if not named_segments(rule)
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
