"""The registry of conditions that a segment can be made of.

A condition says how it is shown, which operators it has and what each compares with, which targeting class it
is (Regulation (EU) 2024/900) and how it compiles to a filter on Contact. An app above
registers its own from `AppConfig.ready()` with `register_condition`; see docs/how-to/segment-condition.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaign_crm.platform.rights import Right
from contacts.enums import Channel, TargetingClass
from contacts.rules.channels import DIGITAL
from contacts.segments.values import ValueKind

Text = str | Promise


class ConditionGroup(models.TextChoices):
    """Headings under which conditions are offered, in this order."""

    IDENTITY = "identity", _("Who they are")
    TERRITORY = "territory", _("Where they live")
    CHOSEN = "chosen", _("What they chose")
    STAFF = "staff", _("What the team noted")
    ENGAGEMENT = "engagement", _("What they did")
    REACH = "reach", _("How they can be reached")
    ROLL = "roll", _("Electoral roll")
    OTHER = "other", _("Other")


# Words of the operators; a condition takes those it needs, in the order in which it lists them.
OPERATORS: Mapping[str, Text] = {
    "is": _("is"),
    "is_not": _("is not"),
    "contains": _("contains"),
    "starts": _("begins with"),
    "from": _("from"),
    "to": _("up to"),
    "between": _("between"),
    "known": _("is known"),
    "unknown": _("is not known"),
    "inside": _("is in"),
    "outside": _("is not in"),
    "any": _("at least one of"),
    "all": _("every one of"),
    "none": _("none of"),
    "has": _("yes"),
    "has_not": _("no"),
    "given": _("agreed"),
    "withdrawn": _("refused or withdrew"),
    "never": _("was never asked"),
    "days": _("in the last"),
    "not_days": _("not in the last"),
    "since": _("since"),
    "before": _("before"),
}


@dataclass(frozen=True)
class Context:
    """What a compilation depends on: the moment, and the segments it is inside of."""

    at: datetime
    inside: tuple[int, ...] = ()

    @property
    def day(self) -> date:
        return timezone.localdate(self.at)


# Not having chosen something is nothing that a person chose: it is said of them, like a fact.
CHOSEN = frozenset({TargetingClass.SUBSCRIPTION, TargetingClass.REGISTRANT})

Compile = Callable[[str, Any, Context], Q]
"""(operator, typed value, context) → Q on Contact. Must be true or false for everybody, never unknown."""

ClassOf = Callable[[str, Any], TargetingClass]
OnChannels = Callable[[str, Any], frozenset[Channel]]


@dataclass(frozen=True)
class Condition:
    """One thing that people can be chosen by.

    `operators` maps each operator to the kind of value it takes. `targeting_class` is one class, or a
    function of operator and value; with `own_channels`, it is that on these only, and on another channel the
    condition is a criterion: that somebody has a mobile says nothing to an SMS, and something to an e-mail.
    `note` is one sentence for people: what to know before using it.
    `right`: what a member of the team must hold to choose people by it, or to see whom it chooses.
    `never_on` lists channels on which no mailing may use it; a condition of class *forbidden* may not be used
    on e-mail and SMS.
    """

    key: str
    label: Text
    group: ConditionGroup
    operators: Mapping[str, ValueKind]
    targeting_class: TargetingClass | ClassOf
    compile: Compile
    note: Text = ""
    never_on: frozenset[Channel] = field(default_factory=frozenset)
    own_channels: OnChannels | None = None
    right: Right | None = None

    def class_for(
        self, operator: str, value: Any, *, negated: bool = False, channel: Channel | None = None
    ) -> TargetingClass:
        """The class of one use of the condition, in a mailing on `channel` when it is known.

        `negated` inside a group of which none may hold.
        """
        declared = self.targeting_class
        found = declared if isinstance(declared, TargetingClass) else declared(operator, value)
        if found == TargetingClass.FORBIDDEN:
            return found
        own = self.own_channels
        if channel is not None and own is not None and channel not in own(operator, value):
            return TargetingClass.CRITERION
        return TargetingClass.CRITERION if found in CHOSEN and (negated or operator == "none") else found

    def refused_on(self, operator: str, value: Any) -> frozenset[Channel]:
        """Channels on which a mailing may not use it so."""
        if self.class_for(operator, value) == TargetingClass.FORBIDDEN:
            return self.never_on | DIGITAL
        return self.never_on

    def say(self, operator: str, value: Any) -> str:
        """One use in words: "Age between 18 and 25 years"."""
        kind = self.operators[operator]
        return " ".join(filter(None, [str(self.label), str(OPERATORS[operator]), kind.describe(value)]))


_conditions: dict[str, Condition] = {}
_families: dict[str, Callable[[], Iterable[Condition]]] = {}


def register_condition(condition: Condition) -> Condition:
    """Offer a condition; a key that is taken, or an operator without words, is a programming error."""
    if condition.key in _conditions:
        raise ValueError(f"There is a condition {condition.key!r} already; choose another key.")
    unknown = condition.operators.keys() - OPERATORS.keys()
    if unknown or not condition.operators:
        raise ValueError(f"Condition {condition.key!r}: unknown or missing operators {sorted(unknown)}.")
    if not callable(condition.targeting_class) and condition.targeting_class not in TargetingClass:
        raise ValueError(f"Condition {condition.key!r} declares no targeting class.")
    _conditions[condition.key] = condition
    return condition


def register_family(prefix: str, load: Callable[[], Iterable[Condition]]) -> None:
    """Offer conditions that depend on the database, as extra fields do; their keys begin by `prefix`."""
    if prefix in _families:
        raise ValueError(f"There is a family of conditions {prefix!r} already.")
    _families[prefix] = load


def find_condition(key: str) -> Condition | None:
    """Return the condition of that key, None when there is none."""
    if key in _conditions:
        return _conditions[key]
    for prefix, load in _families.items():
        if key.startswith(prefix):
            return next((condition for condition in load() if condition.key == key), None)
    return None


def all_conditions() -> list[Condition]:
    """Every condition, by group and in the order of registration."""
    order = list(ConditionGroup)
    every = [*_conditions.values(), *(one for load in _families.values() for one in load())]
    return sorted(every, key=lambda condition: order.index(condition.group))
