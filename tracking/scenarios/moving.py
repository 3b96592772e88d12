"""People enter scenarios and go on, step by step: the queue is `ScenarioPerson`, and Celery only ticks it.

A worker claims people who are due (FOR UPDATE SKIP LOCKED, a lease and a fencing token). What a step does for
them, the row of `ScenarioDone` that says so, and where they are then, are committed together: killed before,
nothing happened; after, everything. A row of `ScenarioDone` is once a person and step, so that no change of a
scenario does anything again.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from campaign_crm.platform.models import Organisation
from contacts.errors import ContactsError
from contacts.models import Contact
from tracking.models import Scenario, ScenarioDone, ScenarioPerson, ScenarioStep
from tracking.scenarios.acting import SKIPPED, Acted, act
from tracking.scenarios.triggers import find_trigger, people_entering

logger = logging.getLogger(__name__)
Item, Group = TypeVar("Item"), TypeVar("Group")

AT_ONCE = 200
"""People a claim: some seconds of work, and what a kill can delay."""

LEASE_SECONDS = 120
MAX_ATTEMPTS = 5
RETRY = timedelta(minutes=5)
LATE = timedelta(days=2)
"""What a trigger reads may be stored so long after it happened: it is read again as far back."""

_ENTER = """
INSERT INTO tracking_scenarioperson (scenario_id, contact_id, state, due_at, entered_at)
SELECT %s, c.id, 'waiting', now(), now() FROM contacts_contact c
WHERE c.erased_at IS NULL AND c.id IN ({people})
ON CONFLICT DO NOTHING
"""
_CLAIM = """
WITH due AS MATERIALIZED (
    SELECT p.id FROM tracking_scenarioperson p
    JOIN tracking_scenario s ON s.id = p.scenario_id AND s.state = 'running'
    WHERE p.state = 'waiting' AND p.due_at <= statement_timestamp()
        AND coalesce(p.lease_until <= statement_timestamp(), true)
    ORDER BY p.due_at LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED
)
UPDATE tracking_scenarioperson p SET token = %(token)s, attempts = p.attempts + 1,
    lease_until = statement_timestamp() + make_interval(secs => %(seconds)s)
FROM due WHERE p.id = due.id
RETURNING p.id, p.scenario_id, p.contact_id, p.last_step_id, p.attempts
"""


@dataclass(frozen=True)
class Claimed:
    id: int
    scenario: int
    contact: int
    last_step: int | None
    attempts: int


def move_scenarios(*, seconds: float = 20.0) -> int:
    """Let people in and move everybody who is due, for so long at most; returns how many steps were done."""
    if not Organisation.current().sending_enabled:  # after a restore, until a person confirms
        return 0
    ends = time.monotonic() + seconds
    for scenario in Scenario.objects.filter(state=Scenario.State.RUNNING):
        _let_in_or_say(scenario)
    done = 0
    while time.monotonic() < ends:
        claimed, token = claim()
        if not claimed:
            break
        done += advance(claimed, token)
    return done


@transaction.atomic
def let_in(scenario_id: int) -> int:
    """Whoever the trigger brings in since it was last asked, each once; returns how many are new."""
    scenario = Scenario.objects.select_for_update().get(pk=scenario_id)
    trigger = find_trigger(scenario.trigger)
    if scenario.state != Scenario.State.RUNNING or scenario.started_at is None or trigger is None:
        return 0
    until = timezone.now()
    since = scenario.looked_at or scenario.started_at
    if trigger.late:
        since = max(since - LATE, scenario.started_at)
    chosen = people_entering(scenario.trigger, since=since, until=until, started=scenario.started_at)
    entered = _enter(scenario.pk, chosen) if chosen is not None else 0
    Scenario.objects.filter(pk=scenario.pk).update(looked_at=until)
    return entered


def claim(limit: int = AT_ONCE) -> tuple[list[Claimed], int]:
    """People of running scenarios who are due and whom nobody else works on, and the token of this claim."""
    token = secrets.randbits(62)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"limit": limit, "token": token, "seconds": LEASE_SECONDS})
        return [Claimed(*row) for row in cursor.fetchall()], token


def advance(claimed: Sequence[Claimed], token: int) -> int:
    """Do the next step of claimed people; returns how many steps were done.

    A group that fails waits and is tried again; after some times its people stop, and it is seen.
    """
    done = 0
    for scenario_id, people in _by(claimed, lambda one: one.scenario).items():
        scenario = Scenario.objects.select_related("sender", "created_by").get(pk=scenario_id)
        steps = list(ScenarioStep.objects.filter(scenario=scenario).order_by("position", "pk"))
        following = {one.id: _next(steps, one) for one in people}
        for step_id, group in _by(people, lambda one, of=following: of[one.id]).items():
            step = next((one for one in steps if one.pk == step_id), None)
            done += _advance_or_wait(scenario, steps, step, group, token)
    return done


def _advance_or_wait(
    scenario: Scenario,
    steps: Sequence[ScenarioStep],
    step: ScenarioStep | None,
    group: Sequence[Claimed],
    token: int,
) -> int:
    try:
        return _advance_group(scenario, steps, step, group, token)
    except (OperationalError, InterfaceError):
        raise  # the database: the lease runs out, and another worker goes on
    except Exception:
        logger.exception("Step %s of scenario %s failed", step and step.pk, scenario.pk)
        _try_again(group, token)
        return 0


@transaction.atomic
def _advance_group(
    scenario: Scenario,
    steps: Sequence[ScenarioStep],
    step: ScenarioStep | None,
    group: Sequence[Claimed],
    token: int,
) -> int:
    held = _hold(scenario, group, token)
    if not held:
        return 0
    if step is None:
        _end(held, ScenarioPerson.State.FINISHED, "")
        return 0
    known = set(ScenarioDone.objects.filter(step=step, contact__in=held).values_list("contact", flat=True))
    fresh = [contact for contact in held if contact not in known]
    standing = [one for one in steps if one.removed_at is None]
    acted = act(scenario, standing, step, fresh) if fresh else Acted()
    ScenarioDone.objects.bulk_create(
        ScenarioDone(
            scenario=scenario,
            contact_id=contact,
            step=step,
            outcome=acted.outcomes.get(contact, "")[:32],
            campaign_id=acted.campaign,
        )
        for contact in fresh
    )
    _go_on(scenario, steps, step, held, acted)
    return len(fresh)


def _hold(scenario: Scenario, group: Sequence[Claimed], token: int) -> dict[int, int]:
    """Those of a claim that are still this worker's, locked until the end: {contact: id}.

    The scenario is held too: who pauses it waits for this group, and the next one finds it paused.
    """
    running = Scenario.objects.select_for_update(no_key=True).filter(
        pk=scenario.pk, state=Scenario.State.RUNNING
    )
    mine = ScenarioPerson.objects.select_for_update().filter(
        pk__in=[one.id for one in group], token=token, state=ScenarioPerson.State.WAITING
    )
    if not running.exists():
        mine.update(lease_until=None)
        return {}
    rows = mine.filter(lease_until__gt=Now(), contact__erased_at=None)
    return {contact: pk for pk, contact in rows.order_by("pk").values_list("pk", "contact_id")}


def _go_on(
    scenario: Scenario,
    steps: Sequence[ScenarioStep],
    step: ScenarioStep,
    held: dict[int, int],
    acted: Acted,
) -> None:
    """Where everybody stands now: stopped, past the step that they skip, or waiting for the next."""
    for reason, people in _by(acted.stopped, lambda contact: acted.stopped[contact]).items():
        _end({contact: held[contact] for contact in people}, ScenarioPerson.State.STOPPED, reason, step)
    skipped = _after(steps, step)
    passing = {contact: held[contact] for contact in acted.skips}
    if skipped is not None and passing:
        ScenarioDone.objects.bulk_create(
            [
                ScenarioDone(scenario=scenario, contact_id=contact, step=skipped, outcome=SKIPPED)
                for contact in passing
            ],
            ignore_conflicts=True,
        )
    _move(passing, skipped or step, Now())
    others = {c: pk for c, pk in held.items() if c not in acted.stopped and c not in acted.skips}
    _move(others, step, acted.due_at or Now())


def _move(people: dict[int, int], step: ScenarioStep, due_at: datetime | Now) -> None:
    ScenarioPerson.objects.filter(pk__in=people.values()).update(
        last_step=step, due_at=due_at, lease_until=None, attempts=0
    )


def _end(
    people: dict[int, int], state: ScenarioPerson.State, reason: str, step: ScenarioStep | None = None
) -> None:
    values = {"state": state, "reason": reason[:32], "ended_at": timezone.now(), "lease_until": None}
    ScenarioPerson.objects.filter(pk__in=people.values()).update(
        **values | ({"last_step": step} if step is not None else {})
    )


def _next(steps: Sequence[ScenarioStep], one: Claimed) -> int | None:
    """The first standing step after the one done last; None at the end."""
    last = next((step for step in steps if step.pk == one.last_step), None)
    following = _after(steps, last)
    return following.pk if following is not None else None


def _after(steps: Sequence[ScenarioStep], last: ScenarioStep | None) -> ScenarioStep | None:
    place = (last.position, last.pk) if last is not None else (-1, 0)
    standing = (step for step in steps if step.removed_at is None and (step.position, step.pk) > place)
    return next(standing, None)


def _try_again(group: Sequence[Claimed], token: int) -> None:
    mine = ScenarioPerson.objects.filter(pk__in=[one.id for one in group], token=token)
    mine = mine.filter(state=ScenarioPerson.State.WAITING)
    given_up = mine.filter(attempts__gte=MAX_ATTEMPTS)
    given_up.update(
        state=ScenarioPerson.State.STOPPED, reason="error", ended_at=timezone.now(), lease_until=None
    )
    mine.update(due_at=timezone.now() + RETRY, lease_until=None)


def _enter(scenario_id: int, chosen: Q) -> int:
    people = Contact.objects.filter(chosen).order_by().values("pk")
    try:
        sql, parameters = people.query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_ENTER.replace("{people}", sql), [scenario_id, *parameters])
        return int(cursor.rowcount)


def _let_in_or_say(scenario: Scenario) -> None:
    try:
        let_in(scenario.pk)
    except ContactsError as error:  # a segment that can be read no more: the others go on
        logger.warning("Nobody enters scenario %s: %s", scenario.pk, type(error).__name__)


def _by(items: Iterable[Item], key: Callable[[Item], Group]) -> dict[Group, list[Item]]:
    """Items grouped by a key, in their order."""
    found: dict[Group, list[Item]] = defaultdict(list)
    for one in items:
        found[key(one)].append(one)
    return found
