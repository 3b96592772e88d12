"""Keeping what the program asks of every message, so that a later reader is told what was asked then.

A row is added when something differs from the newest: a severity that was changed, another rulebook, a
program that asks more. Written where that can happen: by a change of a rule, after migrations, and before a
mailing is frozen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contacts.enums import Severity
from contacts.models import RulesAsked
from contacts.registry import registry
from contacts.rules import rulebook


def note_rules_asked() -> RulesAsked:
    """Add what is asked from now on, if it is not what was asked before; gives the row in force."""
    now: dict[str, Any] = {
        "rulebook": rulebook.version(),
        "rules": {one.rule.key: one.severity.value for one in rulebook.all_in_force()},
        "checks": [[name, check.rule] for name, check in _in_order()],
    }
    newest = RulesAsked.objects.order_by("-at", "-id").first()
    if newest is not None and all(getattr(newest, name) == value for name, value in now.items()):
        return newest
    return RulesAsked.objects.create(**now)


def everything_asked() -> list[RulesAsked]:
    """All that was kept, the oldest first."""
    return list(RulesAsked.objects.order_by("at", "id"))


def asked_at(kept: Sequence[RulesAsked], moment: datetime) -> RulesAsked | None:
    """What was asked at a moment; None when it was before anything was kept."""
    place = bisect_right(kept, moment, key=lambda asked: asked.at)
    return kept[place - 1] if place else None


def was_asked(asked: RulesAsked, rule: str) -> bool:
    """Whether a check that holds a rule was asked; one that holds none always is."""
    return not rule or asked.rules.get(rule) == Severity.BLOCK


def _in_order() -> list[tuple[str, Any]]:
    return sorted(registry.hand_over_checks.items(), key=lambda item: (item[1].order, item[0]))
