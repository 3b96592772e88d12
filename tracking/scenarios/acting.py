"""One step done for some people, in the transaction that moves them on: see `tracking.scenarios.moving`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from contacts.enums import Channel, MessageKind, UnreachableReason
from contacts.errors import ContactsError
from contacts.models import Contact, Newsletter, Tag
from contacts.segments.compile import compile_node
from contacts.segments.conditions import Context
from contacts.segments.reachability import why_not_person
from contacts.segments.tree import parse_tree
from contacts.services.people import tag_people
from contacts.services.subscriptions import subscribe
from messaging.services.one_by_one import add_reachable
from messaging.services.series import SeriesMessage, open_series
from tracking.models import Scenario, ScenarioStep, Task
from tracking.scenarios.steps import SKIP, criteria_before, due_after, is_targeted

Kind = ScenarioStep.Kind
SENT, DONE, PASSED, FAILED_CONDITION, SKIPPED = "sent", "done", "passed", "not_met", "skipped"
SAME_ADDRESS = "same_address"
GONE = "gone"


@dataclass
class Acted:
    """What became of each person. `stopped`: why, for those who go no further. `due_at`: when those who go on
    are looked at again. `skips`: those who pass over the next step."""

    outcomes: dict[int, str] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    skips: set[int] = field(default_factory=set)
    due_at: datetime | None = None
    campaign: int | None = None


def act(scenario: Scenario, steps: Sequence[ScenarioStep], step: ScenarioStep, people: list[int]) -> Acted:
    """Do a step for people who have not had it. Raises what its act raises: nothing is kept then."""
    acts = {
        Kind.WAIT: _wait,
        Kind.CONDITION: _condition,
        Kind.SEND: _send,
        Kind.TAG: _tag,
        Kind.SUBSCRIBE: _subscribe,
        Kind.TASK: _task,
    }
    return acts[Kind(step.kind)](scenario, steps, step, people)


def _wait(_scenario: Scenario, _steps: object, step: ScenarioStep, people: list[int]) -> Acted:
    return Acted(dict.fromkeys(people, DONE), due_at=due_after(step.data, timezone.now()))


def _condition(_scenario: Scenario, _steps: object, step: ScenarioStep, people: list[int]) -> Acted:
    try:
        tree = parse_tree(step.data["tree"])
        chosen = Contact.objects.filter(compile_node(tree, Context(timezone.now())), pk__in=people)
        passed = set(chosen.values_list("pk", flat=True))
    except ContactsError:  # a segment that it names is gone
        passed = set()
    others = [person for person in people if person not in passed]
    acted = Acted(dict.fromkeys(passed, PASSED) | dict.fromkeys(others, FAILED_CONDITION))
    if step.data.get("otherwise") == SKIP:
        acted.skips = set(others)
    else:
        acted.stopped = dict.fromkeys(others, "condition")
    return acted


def _send(scenario: Scenario, steps: Sequence[ScenarioStep], step: ScenarioStep, people: list[int]) -> Acted:
    """The message goes to whoever may be written to now; the others go no further, and it is said why."""
    assert scenario.sender is not None  # noqa: S101 - asked before it runs
    targeted = is_targeted(scenario, steps, step)
    campaign = open_series(
        SeriesMessage(
            key=f"{scenario.pk}:{step.pk}",
            name=f"{scenario.name} – {step.data['subject']}",
            subject=step.data["subject"],
            blocks=step.data["blocks"],
            preview_text=step.data.get("preview_text", ""),
            sender=scenario.sender,
            targeted=targeted,
            criteria=criteria_before(scenario, steps, step),
            author=scenario.created_by,
        )
    )
    queued = add_reachable(campaign, dict.fromkeys(people), occasion=f"step-{step.pk}")
    acted = Acted(dict.fromkeys(queued, SENT), campaign=campaign.pk)
    for contact in Contact.objects.filter(pk__in=[one for one in people if one not in queued]):
        reason = why_not_person(contact, channel=Channel.EMAIL, kind=MessageKind.POLITICAL, targeted=targeted)
        acted.outcomes[contact.pk] = reason.value if reason is not None else SAME_ADDRESS
        if reason is not None:
            acted.stopped[contact.pk] = reason.value
    return acted


def _tag(_scenario: Scenario, _steps: object, step: ScenarioStep, people: list[int]) -> Acted:
    tag = Tag.objects.filter(pk=step.data["tag"]).first()
    if tag is None:
        return Acted(dict.fromkeys(people, GONE))
    tag_people(contacts=list(Contact.objects.filter(pk__in=people)), tag=tag, by=None)
    return Acted(dict.fromkeys(people, DONE))


def _subscribe(_scenario: Scenario, _steps: object, step: ScenarioStep, people: list[int]) -> Acted:
    """A subscription opens no channel: the person's consent, or their source, does."""
    newsletter = Newsletter.objects.filter(pk=step.data["newsletter"]).first()
    if newsletter is None:
        return Acted(dict.fromkeys(people, GONE))
    for contact in Contact.objects.filter(pk__in=people):
        subscribe(contact=contact, newsletter=newsletter, source=None, by=None)
    return Acted(dict.fromkeys(people, DONE))


def _task(scenario: Scenario, _steps: object, step: ScenarioStep, people: list[int]) -> Acted:
    Task.objects.bulk_create(
        [
            Task(
                contact_id=person,
                title=step.data["title"],
                due_on=timezone.localdate() + timedelta(days=step.data.get("days") or 0),
                owner_id=step.data["owner"],
                origin=f"step-{step.pk}",
                created_by_id=scenario.created_by_id,
            )
            for person in people
        ],
        ignore_conflicts=True,
    )
    return Acted(dict.fromkeys(people, DONE))


REASONS = {reason.value: reason.label for reason in UnreachableReason}
