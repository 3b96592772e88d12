"""The builder's tree as its template draws it: fields by place, choices, and what is wrong where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from contacts.segments.conditions import OPERATORS, ConditionGroup, all_conditions
from contacts.segments.drafts import ROOT, DraftGroup, DraftRule
from contacts.segments.errors import Problem
from contacts.segments.rights import may_use
from contacts.segments.tree import MAX_DEPTH
from contacts.segments.values import (
    MAX_CHOSEN,
    ChoiceValue,
    DateValue,
    NumberValue,
    RangeValue,
    ReferenceValue,
    ValueKind,
)

Text = str | Promise
Choices = list[tuple[str, list[tuple[str, str]]]]
ALL_SHOWN = 12  # choices of a table that are shown at once; more are searched


@dataclass(frozen=True)
class Option:
    """One box to tick."""

    value: str
    label: str
    chosen: bool


@dataclass
class ShownRule:
    """One line of the builder. `place` names its fields; `widget` draws its value."""

    place: str
    condition: str
    operator: str
    operators: list[tuple[str, str]]
    widget: str
    texts: list[str]
    note: Text
    options: list[Option] = field(default_factory=list)
    is_chosen: bool = False  # a value is ticked, not typed
    searched: bool = False
    field_type: str = "text"
    unit: Text = ""
    problems: list[str] = field(default_factory=list)
    takes_focus: bool = False
    is_rule: bool = True


@dataclass
class ShownGroup:
    """One box of the builder."""

    place: str
    kind: str
    children: list[ShownRule | ShownGroup]
    may_nest: bool
    joined_by: str = "all"  # kind of the group around it
    problems: list[str] = field(default_factory=list)
    takes_focus: bool = False
    is_rule: bool = False

    @property
    def is_root(self) -> bool:
        return self.place == ROOT


def group_kinds() -> list[tuple[str, str]]:
    """How the parts of a group go together, in words."""
    return [("all", _("all of these")), ("any", _("at least one of these")), ("none", _("none of these"))]


def condition_choices(user: User) -> Choices:
    """Conditions that a member of the team may use, under the headings of the select."""
    every = [one for one in all_conditions() if may_use(one, user)]
    return [
        (str(group.label), [(one.key, str(one.label)) for one in every if one.group == group])
        for group in ConditionGroup
        if any(one.group == group for one in every)
    ]


def shown(draft: DraftGroup, problems: Sequence[Problem] = (), focus: str = "") -> ShownGroup:
    """Everything the template needs, for a draft and what `parse_tree` said about it."""
    faults = {problem.path: problem.message for problem in problems}
    return _group(draft, ROOT, "", faults, focus)


def option_list(kind: ValueKind, chosen: Iterable[str], typed: str = "") -> list[Option]:
    """Boxes for a value kind: what is chosen first, then what fits what was typed."""
    texts = list(dict.fromkeys(chosen))[:MAX_CHOSEN]
    if isinstance(kind, ChoiceValue):
        return [Option(value, str(label), value in texts) for value, label in kind.choices()]
    if not isinstance(kind, ReferenceValue):
        return []
    labels = kind.find([int(text) for text in texts if text.isdecimal()])
    kept = [Option(str(pk), label, True) for pk, label in labels.items()]
    offered = [(str(pk), label) for pk, label in kind.suggest(typed)]
    return kept + [Option(value, label, False) for value, label in offered if value not in texts]


def _group(
    draft: DraftGroup,
    place: str,
    path: str,
    faults: Mapping[str, str],
    focus: str,
    joined_by: str = "all",
) -> ShownGroup:
    here = f"{path}.{draft.kind}" if path else draft.kind
    children = [
        _child(child, f"{place}.{number}", f"{here}[{number}]", faults, focus, draft.kind)
        for number, child in enumerate(draft.children)
    ]
    return ShownGroup(
        place=place,
        kind=draft.kind,
        children=children,
        may_nest=place.count(".") + 2 <= MAX_DEPTH,
        joined_by=joined_by,
        problems=[faults[key] for key in (here, path) if key in faults],
        takes_focus=place == focus,
    )


def _child(
    draft: DraftRule | DraftGroup,
    place: str,
    path: str,
    faults: Mapping[str, str],
    focus: str,
    joined_by: str,
) -> ShownRule | ShownGroup:
    if isinstance(draft, DraftGroup):
        return _group(draft, place, path, faults, focus, joined_by)
    definition, kind = draft.definition, draft.value_kind
    inner = kind.of if isinstance(kind, RangeValue) else kind
    options = option_list(kind, draft.texts)
    return ShownRule(
        place=place,
        condition=draft.condition,
        operator=draft.operator,
        operators=[(key, str(OPERATORS[key])) for key in definition.operators] if definition else [],
        widget=f"contacts/segments/values/{kind.widget}.html",
        texts=draft.texts,
        note=definition.note if definition else "",
        options=options,
        is_chosen=isinstance(kind, ChoiceValue | ReferenceValue),
        searched=isinstance(kind, ReferenceValue) and (kind.only_searched or len(options) >= ALL_SHOWN),
        field_type="date" if isinstance(inner, DateValue) else "text",
        unit=inner.unit if isinstance(inner, NumberValue) else "",
        problems=[message for key, message in faults.items() if key == path or key.startswith(f"{path}.")],
        takes_focus=place == focus,
    )
