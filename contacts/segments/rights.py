"""Conditions that not everybody of the team may use: what they choose people by is not everybody's to see."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaign_crm.platform.models import User
from contacts.segments.conditions import Condition
from contacts.segments.errors import Problem, SegmentInvalid
from contacts.segments.tree import Node, rules_of


def may_use(condition: Condition, user: User) -> bool:
    """Whether a member of the team may choose people by a condition, where the work at hand reaches."""
    return condition.right is None or user.has_right(condition.right)


def tells_support(tree: Node) -> bool:
    """Whether a tree reads what only some of the team may see."""
    return any(rule.condition.right is not None for rule in rules_of(tree))


def check_rights(tree: Node, user: User | None) -> None:
    """Raise SegmentInvalid for conditions that are not this member's to use; None is the program itself."""
    if user is None:
        return
    text = _("“%(label)s” needs a right that your role does not have: %(right)s.")
    problems = [
        Problem(rule.path, text % {"label": rule.condition.label, "right": rule.condition.right.label})
        for rule in rules_of(tree)
        if rule.condition.right is not None and not may_use(rule.condition, user)
    ]
    if problems:
        raise SegmentInvalid(problems)
