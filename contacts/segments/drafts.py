"""A tree of conditions while somebody builds it: as form fields, possibly unfinished.

Each group and condition has a place: "r" is the root, "r.0" its first part, "r.0.1" the second part of that.
Fields of a form are named by it: `r.kind`, `r.0.condition`, `r.0.operator`, `r.0.value` (several times for
several values), `r.0.was` (the condition whose values these are). Nothing here is checked: `tree.parse_tree`
does that with what `as_tree` gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contacts.segments.conditions import Condition, find_condition
from contacts.segments.tree import GROUP_KINDS, MAX_DEPTH, MAX_RULES
from contacts.segments.values import NOTHING, ValueKind

ROOT = "r"
_PLACE = re.compile(r"r(\.\d{1,2}){0,6}")


@dataclass
class DraftRule:
    """One condition as the form has it; `texts` are the values of its field."""

    condition: str = ""
    operator: str = ""
    texts: list[str] = field(default_factory=list)

    @property
    def definition(self) -> Condition | None:
        return find_condition(self.condition) if self.condition else None

    @property
    def value_kind(self) -> ValueKind:
        """What the operator compares with; nothing while it is not chosen."""
        definition = self.definition
        return NOTHING if definition is None else definition.operators.get(self.operator, NOTHING)

    def settle(self) -> None:
        """Take the first operator when the one at hand is not of this condition, and drop its values."""
        definition = self.definition
        if definition is not None and self.operator not in definition.operators:
            self.operator = next(iter(definition.operators))
            self.texts = []

    def as_tree(self) -> dict[str, Any]:
        value = self.value_kind.from_form(self.texts)
        return {"condition": self.condition, "operator": self.operator, "value": value}


@dataclass
class DraftGroup:
    """Conditions and groups of which `all`, `any` or `none` must hold."""

    kind: str = "all"
    children: list[DraftRule | DraftGroup] = field(default_factory=list)

    def as_tree(self) -> dict[str, Any]:
        """JSON as `parse_tree` reads it."""
        return {self.kind: [child.as_tree() for child in self.children]}

    def rules(self) -> Iterator[DraftRule]:
        for child in self.children:
            if isinstance(child, DraftRule):
                yield child
            else:
                yield from child.rules()


def new_draft() -> DraftGroup:
    """What a new segment begins with: one empty condition."""
    return DraftGroup(children=[DraftRule()])


def draft_of(tree: Any) -> DraftGroup:
    """The form of a saved tree; parts that cannot be understood are left out."""
    found = _draft(tree)
    return found if isinstance(found, DraftGroup) else new_draft()


def read_draft(fields: Mapping[str, Sequence[str]]) -> DraftGroup:
    """The tree that a form's fields say; `fields` maps each name to its texts. Parts keep their order."""
    places = {name.rpartition(".")[0] for name in fields if _PLACE.fullmatch(name.rpartition(".")[0])}
    root = _read(ROOT, places, fields)
    return root if isinstance(root, DraftGroup) else new_draft()


def change(draft: DraftGroup, act: str) -> str:
    """Apply a button of the builder: `add:r.1`, `group:r.1`, `remove:r.1.0`; anything else changes nothing.

    Returns the place that the keyboard goes to next.
    """
    verb, _colon, place = act.partition(":")
    steps = [int(step) for step in place.split(".")[1:]] if _PLACE.fullmatch(place) else None
    if steps is None:
        return ""
    if verb == "remove":
        return _remove(draft, steps, place)
    group = _at(draft, steps)
    full = sum(1 for _rule in draft.rules()) >= MAX_RULES
    if not isinstance(group, DraftGroup) or full or verb not in ("add", "group"):
        return ""
    if verb == "group" and len(steps) + 2 > MAX_DEPTH:
        return ""
    group.children.append(DraftRule() if verb == "add" else DraftGroup("any", [DraftRule()]))
    added = f"{place}.{len(group.children) - 1}"
    return added if verb == "add" else f"{added}.0"


def _remove(draft: DraftGroup, steps: list[int], place: str) -> str:
    parent = _at(draft, steps[:-1]) if steps else None
    if not isinstance(parent, DraftGroup) or steps[-1] >= len(parent.children):
        return ""
    del parent.children[steps[-1]]
    above = place.rpartition(".")[0]
    return f"{above}.{steps[-1] - 1}" if steps[-1] else above


def _at(draft: DraftGroup, steps: Sequence[int]) -> DraftRule | DraftGroup | None:
    found: DraftRule | DraftGroup = draft
    for step in steps:
        if not isinstance(found, DraftGroup) or step >= len(found.children):
            return None
        found = found.children[step]
    return found


def _read(place: str, places: set[str], fields: Mapping[str, Sequence[str]]) -> DraftRule | DraftGroup:
    if f"{place}.kind" not in fields:
        rule = DraftRule(_first(fields, f"{place}.condition"), _first(fields, f"{place}.operator"))
        if _first(fields, f"{place}.was") == rule.condition:  # values of another condition mean nothing here
            rule.texts = list(fields.get(f"{place}.value", []))
        rule.settle()
        return rule
    depth = place.count(".") + 1
    below = sorted(
        (one for one in places if one.startswith(f"{place}.") and one.count(".") == depth),
        key=lambda one: int(one.rpartition(".")[2]),
    )
    kind = _first(fields, f"{place}.kind")
    children = [_read(one, places, fields) for one in below]
    return DraftGroup(kind if kind in GROUP_KINDS else "all", children)


def _first(fields: Mapping[str, Sequence[str]], name: str) -> str:
    texts = fields.get(name) or [""]
    return texts[0][:80]


def _draft(node: Any) -> DraftRule | DraftGroup | None:
    if not isinstance(node, dict):
        return None
    kind = next((kind for kind in GROUP_KINDS if isinstance(node.get(kind), list)), None)
    if kind is not None:
        children = [_draft(child) for child in node[kind]]
        return DraftGroup(kind, [child for child in children if child is not None])
    rule = DraftRule(str(node.get("condition", "")), str(node.get("operator", "")))
    rule.texts = rule.value_kind.to_form(node.get("value"))
    return rule
