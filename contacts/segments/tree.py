"""Reading a tree of conditions from JSON, with every fault named at its place.

    {"all": [{"condition": "age", "operator": "between", "value": [18, 25]},
             {"any": [{"condition": "territory", "operator": "inside", "value": [12]}, …]},
             {"none": [{"condition": "tag", "operator": "any", "value": [7]}]}]}

Only registered conditions, their own operators and checked values come out: nothing that was typed reaches
SQL as a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from contacts.enums import Channel, TargetingClass
from contacts.segments.conditions import Condition, find_condition
from contacts.segments.errors import Problem, SegmentInvalid, ValueRefused

GROUP_KINDS = ("all", "any", "none")
RULE_KEYS = {"condition", "operator", "value"}
MAX_DEPTH = 5
MAX_RULES = 60


@dataclass(frozen=True)
class Rule:
    """One condition, checked: `value` is typed as its operator asks.

    `negated` inside a group of which none may hold, however deep, and inside a segment that is excluded.
    """

    condition: Condition
    operator: str
    value: Any
    path: str
    negated: bool = False

    @property
    def targeting_class(self) -> TargetingClass:
        return self.class_on(None)

    def class_on(self, channel: Channel | None) -> TargetingClass:
        """Its class in a mailing on a channel; None while that is not known."""
        return self.condition.class_for(self.operator, self.value, negated=self.negated, channel=channel)

    def __str__(self) -> str:
        return self.condition.say(self.operator, self.value)


@dataclass(frozen=True)
class Group:
    """Conditions of which `all`, `any` or `none` must hold."""

    kind: str
    children: tuple[Node, ...]
    path: str


Node = Rule | Group


def parse_tree(data: Any, *, may_be_empty: bool = False) -> Group:
    """Return the tree that JSON data says; raises SegmentInvalid with every fault.

    `may_be_empty` accepts a tree without conditions (everybody), for a page where one is being made.
    """
    reading = _Reading()
    root = reading.node(data, "", 1)
    if isinstance(root, Rule):
        reading.fault("", _("The tree begins with a group: all, any or none."))
    if not reading.rules and not reading.problems and not may_be_empty:
        reading.fault("", _("Add at least one condition."), incomplete=True)
    if reading.problems or not isinstance(root, Group):
        raise SegmentInvalid(reading.problems)
    return root


def rules_of(node: Node) -> Iterator[Rule]:
    """Every condition of a tree, in reading order."""
    if isinstance(node, Rule):
        yield node
    else:
        for child in node.children:
            yield from rules_of(child)


def without_incomplete(data: Any) -> tuple[Any, int]:
    """Return JSON data without the conditions that still lack something, and how many they were.

    Empty groups go with them. A fault that is no mere lack stays, to be reported.
    """
    if not isinstance(data, dict):
        return data, 0
    kind = next((kind for kind in GROUP_KINDS if isinstance(data.get(kind), list)), None)
    if kind is None:
        reading = _Reading()
        reading.node(data, "", 1)
        lacking = bool(reading.problems) and all(problem.incomplete for problem in reading.problems)
        return (None, 1) if lacking else (data, 0)
    kept, dropped = [], 0
    for child in data[kind]:
        whole, lost = without_incomplete(child)
        dropped += lost
        if whole is not None and whole not in ({"all": []}, {"any": []}, {"none": []}):
            kept.append(whole)
    return {kind: kept}, dropped


class _Reading:
    """One walk through the data: what was found and what is wrong with it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.rules = 0

    def fault(self, path: str, message: str, *, incomplete: bool = False) -> None:
        self.problems.append(Problem(path or "tree", message, incomplete))

    def node(self, data: Any, path: str, depth: int, *, negated: bool = False) -> Node | None:
        if not isinstance(data, dict):
            self.fault(path, _("A group or a condition is expected here."))
            return None
        kinds = [kind for kind in GROUP_KINDS if kind in data]
        if kinds:
            return self._group(data, kinds, path, depth, negated)
        return self._rule(data, path, negated)

    def _group(
        self, data: dict[str, Any], kinds: list[str], path: str, depth: int, negated: bool
    ) -> Group | None:
        kind = kinds[0]
        if len(data) != 1:
            self.fault(path, _("A group has one key: all, any or none."))
            return None
        here = f"{path}.{kind}" if path else kind
        children = data[kind]
        if not isinstance(children, list):
            self.fault(here, _("A group holds a list of conditions and groups."))
            return None
        if depth > MAX_DEPTH:
            self.fault(here, _("Groups are nested at most %(count)s deep.") % {"count": MAX_DEPTH})
            return None
        if not children and path:
            self.fault(here, _("This group has no condition yet."), incomplete=True)
        inside = negated or kind == "none"
        read = [
            self.node(child, f"{here}[{place}]", depth + 1, negated=inside)
            for place, child in enumerate(children)
        ]
        return Group(kind, tuple(child for child in read if child is not None), here)

    def _rule(self, data: dict[str, Any], path: str, negated: bool) -> Rule | None:
        self.rules += 1
        if self.rules > MAX_RULES:
            if self.rules == MAX_RULES + 1:
                self.fault(path, _("A segment has at most %(count)s conditions.") % {"count": MAX_RULES})
            return None
        extra = data.keys() - RULE_KEYS
        if extra:
            self.fault(path, _("Unknown key: %(key)s.") % {"key": str(min(extra, key=str))[:40]})
            return None
        condition = self._condition(data.get("condition"), path)
        if condition is None:
            return None
        operator = data.get("operator")
        if not isinstance(operator, str) or operator not in condition.operators:
            known = ", ".join(condition.operators)
            text = _("“%(label)s” has no operator “%(operator)s”; it has: %(known)s.")
            said = {"label": condition.label, "operator": str(operator)[:40], "known": known}
            self.fault(f"{path}.operator", text % said, incomplete=operator in (None, ""))
            return None
        try:
            value = condition.operators[operator].parse(data.get("value"))
        except ValueRefused as refusal:
            self.fault(f"{path}.value", str(refusal), incomplete=refusal.incomplete)
            return None
        return Rule(condition, operator, value, path, negated)

    def _condition(self, key: Any, path: str) -> Condition | None:
        if key in (None, ""):
            self.fault(f"{path}.condition", _("Choose a condition."), incomplete=True)
            return None
        condition = find_condition(key) if isinstance(key, str) else None
        if condition is None:
            text = _("There is no condition “%(key)s”.") % {"key": str(key)[:40]}
            self.fault(f"{path}.condition", text)
        return condition
