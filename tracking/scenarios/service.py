"""Writing scenarios, and letting them run, pause and end."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from messaging.models import SenderIdentity, SendingRule
from tracking.errors import TrackingError
from tracking.models import Scenario, ScenarioPerson, ScenarioStep
from tracking.scenarios.steps import StepRefused, checked
from tracking.scenarios.triggers import fault_of

State = Scenario.State
MOST_STEPS = 40


class ScenarioRefused(TrackingError):
    """It cannot be written or run like that; the message says why."""


@transaction.atomic
def create_scenario(
    *, name: str, trigger: dict[str, Any], sender: SenderIdentity | None, by: User | None
) -> Scenario:
    """A draft without steps."""
    created = Scenario.objects.create(
        name=" ".join(name.split())[:120], trigger=trigger, sender=sender, created_by=by
    )
    audit.record(action="scenario.create", on=created, by=by)
    return created


@transaction.atomic
def update_scenario(
    *, scenario: Scenario, name: str, trigger: dict[str, Any], sender: SenderIdentity | None, by: User
) -> None:
    """Another name, trigger or sender. What brings people in is chosen before it runs."""
    held = _locked(scenario)
    if held.state != State.DRAFT and trigger != held.trigger:
        raise ScenarioRefused(_("People came in already: make another scenario for another beginning."))
    if held.state == State.RUNNING and (sender is None or not sender.is_active):
        raise ScenarioRefused(_("Choose a sender in use: it is running."))
    held.name, held.trigger, held.sender = " ".join(name.split())[:120], trigger, sender
    held.save(update_fields=["name", "trigger", "sender"])
    audit.record(action="scenario.update", on=held, by=by)


@transaction.atomic
def add_step(
    *, scenario: Scenario, kind: str, data: dict[str, Any], by: User | None, after: int | None = None
) -> ScenarioStep:
    """Put a step at the end, or after another one; whoever is past that place is not brought back to it."""
    held = _locked(scenario)
    _still_open(held)
    standing = held.steps.all().standing()
    if standing.count() >= MOST_STEPS:
        raise StepRefused(_("A scenario has at most %(most)d steps.") % {"most": MOST_STEPS})
    place = standing.filter(pk=after).values_list("position", flat=True).first() if after else None
    last = held.steps.aggregate(last=Max("position"))["last"]
    position = (last or 0) + 1 if place is None else place + 1
    held.steps.filter(position__gte=position).update(position=F("position") + 1)
    step = ScenarioStep.objects.create(scenario=held, position=position, kind=kind, data=checked(kind, data))
    audit.record(action="scenario.step", on=held, by=by, detail={"step": step.pk, "kind": kind})
    return step


@transaction.atomic
def change_step(*, step: ScenarioStep, data: dict[str, Any], by: User) -> None:
    """Another content: for those who have still to come to it. Whoever had it does not get it again."""
    _still_open(_locked(step.scenario))
    step.data = checked(step.kind, data)
    step.save(update_fields=["data"])
    audit.record(action="scenario.step", on=step.scenario, by=by, detail={"step": step.pk})


@transaction.atomic
def remove_step(*, step: ScenarioStep, by: User) -> None:
    """Take a step out; whoever stands there goes on with the next one."""
    _still_open(_locked(step.scenario))
    ScenarioStep.objects.filter(pk=step.pk, removed_at=None).update(removed_at=timezone.now())
    audit.record(action="scenario.remove_step", on=step.scenario, by=by, detail={"step": step.pk})


@transaction.atomic
def move_step(*, step: ScenarioStep, up: bool, by: User) -> None:
    """Let a step change places with the one before or after it."""
    held = _locked(step.scenario)
    _still_open(held)
    standing = list(held.steps.all().standing())
    place = next((at for at, one in enumerate(standing) if one.pk == step.pk), None)
    other = None if place is None else place - 1 if up else place + 1
    if place is None or other is None or not 0 <= other < len(standing):
        return
    one, two = standing[place], standing[other]
    ScenarioStep.objects.filter(pk=one.pk).update(position=two.position)
    ScenarioStep.objects.filter(pk=two.pk).update(position=one.position)
    audit.record(action="scenario.move_step", on=held, by=by, detail={"step": step.pk})


@transaction.atomic
def start(*, scenario: Scenario, by: User) -> None:
    """Let it run, from now on or again; raises ScenarioRefused with what is missing."""
    held = _locked(scenario)
    if held.state not in (State.DRAFT, State.PAUSED):
        raise ScenarioRefused(_("It has ended: copy it to begin again."))
    if problems := faults(held, by=by):
        raise ScenarioRefused(" ".join(problems))
    held.state, held.started_at = State.RUNNING, held.started_at or timezone.now()
    held.save(update_fields=["state", "started_at"])
    audit.record(action="scenario.start", on=held, by=by)


@transaction.atomic
def pause(*, scenario: Scenario, by: User) -> None:
    """Nobody enters and nobody goes on; messages that are in the ledger already leave."""
    held = _locked(scenario)
    if held.state == State.RUNNING:
        held.state = State.PAUSED
        held.save(update_fields=["state"])
        audit.record(action="scenario.pause", on=held, by=by)


@transaction.atomic
def end(*, scenario: Scenario, by: User) -> None:
    """Once and for all: whoever is under way stops where they are."""
    held = _locked(scenario)
    if held.state == State.ENDED:
        return
    held.state = State.ENDED
    held.save(update_fields=["state"])
    ScenarioPerson.objects.filter(scenario=held, state=ScenarioPerson.State.WAITING).update(
        state=ScenarioPerson.State.STOPPED, reason="ended", ended_at=timezone.now(), lease_until=None
    )
    audit.record(action="scenario.end", on=held, by=by)


@transaction.atomic
def copy(*, scenario: Scenario, by: User) -> Scenario:
    """A draft with the same beginning and steps, for other people or another time."""
    made = create_scenario(name=scenario.name, trigger=scenario.trigger, sender=scenario.sender, by=by)
    ScenarioStep.objects.bulk_create(
        ScenarioStep(scenario=made, position=place, kind=step.kind, data=step.data)
        for place, step in enumerate(scenario.steps.all().standing(), start=1)
    )
    audit.record(action="scenario.copy", on=made, by=by, detail={"of": scenario.pk})
    return made


@transaction.atomic
def take_out(*, person: ScenarioPerson, by: User) -> None:
    """One person goes no further."""
    stopped = ScenarioPerson.objects.filter(pk=person.pk, state=ScenarioPerson.State.WAITING).update(
        state=ScenarioPerson.State.STOPPED, reason="taken_out", ended_at=timezone.now(), lease_until=None
    )
    if stopped:
        audit.record(action="scenario.take_out", on=person, by=by)


def faults(scenario: Scenario, *, by: User) -> list[str]:
    """What keeps it from running, in words."""
    steps = list(scenario.steps.all().standing())
    sends = any(step.kind == ScenarioStep.Kind.SEND for step in steps)
    found = [fault] if scenario.state == State.DRAFT and (fault := fault_of(scenario.trigger)) else []
    if not steps:
        found.append(_("Add at least one step."))
    if sends and (scenario.sender is None or not scenario.sender.is_active):
        found.append(_("Choose a sender in use."))
    if sends and not Organisation.current().sending_enabled:
        found.append(_("Sending is switched off on this installation."))
    if sends and SendingRule.current().approval_above is not None and scenario.created_by_id == by.pk:
        found.append(_("Mailings are approved by a second person here: somebody else lets it run."))
    for number, step in enumerate(steps, start=1):
        try:
            checked(step.kind, step.data)
        except StepRefused as error:
            found.append(_("Step %(n)d: %(fault)s") % {"n": number, "fault": error})
    return found


def _locked(scenario: Scenario) -> Scenario:
    return Scenario.objects.select_for_update(of=("self",)).select_related("sender").get(pk=scenario.pk)


def _still_open(scenario: Scenario) -> None:
    if scenario.state == State.ENDED:
        raise StepRefused(_("It has ended and stays as it was: copy it to begin again."))
