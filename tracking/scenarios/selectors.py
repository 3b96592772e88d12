"""Scenarios as their pages show them: what stands where, what comes next, why people stopped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.enums import UnreachableReason
from tracking.models import Scenario, ScenarioDone, ScenarioPerson, ScenarioStep
from tracking.scenarios.steps import is_targeted, say
from tracking.scenarios.triggers import find_trigger

State = ScenarioPerson.State
ICONS = {
    "wait": "clock",
    "condition": "split",
    "send": "mail",
    "tag": "tag",
    "subscribe": "newspaper",
    "task": "list-todo",
}
WHY: dict[str, Any] = {
    "condition": _("the condition did not hold"),
    "ended": _("the scenario was ended"),
    "taken_out": _("taken out by the team"),
    "error": _("a step failed several times; the log says why"),
} | {reason.value: reason.label for reason in UnreachableReason}
OUTCOMES: dict[str, Any] = {
    "sent": pgettext_lazy("of a step", "sent"),
    "done": pgettext_lazy("of a step", "done"),
    "passed": pgettext_lazy("of a step", "went on"),
    "not_met": pgettext_lazy("of a step", "did not match"),
    "skipped": pgettext_lazy("of a step", "skipped"),
    "same_address": _("same address as somebody else"),
    "gone": _("nothing to do any more"),
} | {reason.value: reason.label for reason in UnreachableReason}


@dataclass
class ShownStep:
    """One step on the page. `waiting`: people for whom it is the next; `next_at`: when the first is due."""

    step: ScenarioStep
    number: int
    words: str
    icon: str
    targeted: bool
    waiting: int = 0
    next_at: datetime | None = None
    outcomes: list[tuple[Any, int]] = field(default_factory=list)


def scenarios() -> QuerySet[Scenario]:
    """All of them with how many people are in each, those that run first."""
    under_way = Count("people", filter=Q(people__state=State.WAITING))
    order = ["running", "paused", "draft", "ended"]
    found = Scenario.objects.annotate(entered=Count("people"), under_way=under_way)
    return sorted(found.order_by("-pk"), key=lambda one: order.index(one.state))  # type: ignore[return-value]


def trigger_words(scenario: Scenario) -> str:
    trigger = find_trigger(scenario.trigger)
    return trigger.say(scenario.trigger.get("value") or {}) if trigger is not None else "–"


def shown_steps(scenario: Scenario) -> list[ShownStep]:
    """Its steps with their figures, in three queries."""
    every = list(scenario.steps.order_by("position", "pk"))
    standing = [step for step in every if step.removed_at is None]
    waiting = _waiting(scenario, every)
    outcomes: dict[int, Counter[str]] = defaultdict(Counter)
    for row in (
        ScenarioDone.objects.filter(scenario=scenario).values("step", "outcome").annotate(n=Count("pk"))
    ):
        outcomes[row["step"]][row["outcome"]] = row["n"]
    shown = []
    for number, step in enumerate(standing, start=1):
        people, next_at = waiting.get(step.pk, (0, None))
        shown.append(
            ShownStep(
                step=step,
                number=number,
                words=say(step),
                icon=ICONS.get(step.kind, "circle"),
                targeted=step.kind == "send" and is_targeted(scenario, standing, step),
                waiting=people,
                next_at=next_at,
                outcomes=[(OUTCOMES.get(name, name), n) for name, n in outcomes[step.pk].most_common()],
            )
        )
    return shown


def next_step_of(steps: Sequence[ScenarioStep], last: int | None) -> ScenarioStep | None:
    """The standing step that follows the one done last."""
    done = next((one for one in steps if one.pk == last), None)
    place = (done.position, done.pk) if done is not None else (-1, 0)
    following = (one for one in steps if one.removed_at is None and (one.position, one.pk) > place)
    return next(following, None)


def why_stopped(scenario: Scenario) -> list[tuple[Any, int]]:
    """Reasons with their people, most first."""
    rows = (
        ScenarioPerson.objects.filter(scenario=scenario, state=State.STOPPED)
        .values_list("reason")
        .annotate(n=Count("pk"))
        .order_by("-n")
    )
    return [(WHY.get(reason, reason), n) for reason, n in rows]


def counts(scenario: Scenario) -> dict[str, int]:
    """People by state, and all of them as "entered"."""
    rows = dict(
        ScenarioPerson.objects.filter(scenario=scenario)
        .values_list("state")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {state.value: rows.get(state.value, 0) for state in State} | {"entered": sum(rows.values())}


def _waiting(scenario: Scenario, steps: Sequence[ScenarioStep]) -> dict[int, tuple[int, datetime | None]]:
    rows = (
        ScenarioPerson.objects.filter(scenario=scenario, state=State.WAITING)
        .values_list("last_step")
        .annotate(n=Count("pk"), first=Min("due_at"))
        .order_by()
    )
    found: dict[int, tuple[int, datetime | None]] = {}
    for last, people, first in rows:
        following = next_step_of(steps, last)
        if following is not None:
            held, at = found.get(following.pk, (0, None))
            found[following.pk] = (held + people, min(filter(None, (at, first)), default=None))
    return found
