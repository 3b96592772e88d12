"""Why a person is in a segment or is not: the tree again, each part with its answer for that person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, Value, When
from django.utils import timezone

from contacts.models import Contact
from contacts.segments.compile import compile_node
from contacts.segments.conditions import Context
from contacts.segments.tree import Group, Node, Rule, rules_of


@dataclass(frozen=True)
class Answer:
    """One part of a tree and whether it holds; `text` is empty for a group, `kind` for a condition."""

    holds: bool
    text: str = ""
    kind: str = ""
    parts: tuple[Answer, ...] = field(default_factory=tuple)


def explain(tree: Group, contact: Contact, *, at: datetime | None = None) -> Answer:
    """Answer every part of the tree for one person, in one query."""
    context = Context(at or timezone.now())
    rules = list(rules_of(tree))
    answers: dict[str, Any] = {
        f"rule_{number}": Case(
            When(compile_node(rule, context), then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        )
        for number, rule in enumerate(rules)
    }
    person: Any = Contact.objects.filter(pk=contact.pk).annotate(**answers).values(*answers)
    found = person.get() if answers else {}
    holds = {rule.path: bool(found[f"rule_{number}"]) for number, rule in enumerate(rules)}
    return _answer(tree, holds)


def _answer(node: Node, holds: dict[str, bool]) -> Answer:
    if isinstance(node, Rule):
        return Answer(holds[node.path], text=str(node))
    parts = tuple(_answer(child, holds) for child in node.children)
    met = [part.holds for part in parts]
    together = {"all": all(met), "any": any(met) or not met, "none": not any(met)}[node.kind]
    return Answer(together, kind=node.kind, parts=parts)
