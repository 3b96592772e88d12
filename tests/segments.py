"""Asking a segment of one condition, as tests of every app do."""

from __future__ import annotations

from typing import Any

from contacts.segments.compile import people_matching
from contacts.segments.tree import parse_tree


def people_of(condition: str, operator: str, value: Any) -> set[int]:
    """Ids of the people whom one condition chooses."""
    tree = {"all": [{"condition": condition, "operator": operator, "value": value}]}
    return set(people_matching(parse_tree(tree)).values_list("pk", flat=True))
