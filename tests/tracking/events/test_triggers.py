"""Registering for an event, and coming, bring people into a scenario: once, and no walk-in twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import ContactTag, Tag
from messaging.models import SenderIdentity
from tests.messaging.people import make_officer
from tests.tracking.events.conftest import come, slot_of
from tracking.models import Event, Rsvp, Scenario, ScenarioPerson, ScenarioStep
from tracking.scenarios import service
from tracking.scenarios.moving import move_scenarios

pytestmark = pytest.mark.django_db(transaction=True)


def started(trigger: str, event: Event) -> tuple[Scenario, Tag]:
    """A scenario that tags whoever the trigger brings."""
    officer, tag = make_officer(), Tag.objects.create(name=trigger)
    scenario = service.create_scenario(
        name=trigger,
        trigger={"type": trigger, "value": {"id": event.pk}},
        sender=SenderIdentity.objects.get(),
        by=officer,
    )
    service.add_step(scenario=scenario, kind=ScenarioStep.Kind.TAG, data={"tag": tag.pk}, by=officer)
    service.start(scenario=scenario, by=officer)
    return scenario, tag


def test_whoever_registers_comes_into_a_scenario_once(event: Event) -> None:
    early = come(slot_of(event), "Early")
    Rsvp.objects.filter(pk=early.pk).update(at=timezone.now() - timedelta(hours=1))
    _scenario, tag = started("rsvp", event)
    registered = come(slot_of(event), "Léa")
    assert (move_scenarios(), move_scenarios()) == (1, 0)
    assert [row.contact for row in ContactTag.objects.filter(tag=tag)] == [registered.contact]


def test_whoever_comes_enters_and_whoever_stays_away_does_not(event: Event) -> None:
    scenario, _tag = started("came", event)
    there, _away = come(slot_of(event), "Léa"), come(slot_of(event), "Noé")
    assert move_scenarios() == 0
    Rsvp.objects.filter(pk=there.pk).update(came_at=timezone.now())
    assert move_scenarios() == 1
    assert ScenarioPerson.objects.get().contact == there.contact
    assert scenario.people.count() == 1
