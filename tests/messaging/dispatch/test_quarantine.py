"""A message that breaks its workers is set apart, and everybody else's leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from messaging.dispatch import outbox
from messaging.dispatch.leases import reap
from messaging.dispatch.ledger import ALONE, SOME, Ledger, claim
from messaging.dispatch.pump import Pump
from messaging.dispatch.quarantine import GIVEN_UP_AT, POISON, UNMADE
from messaging.models import Campaign, Delivery
from messaging.services.recipients import Wanted
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_people
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)


def lose_the_worker() -> None:
    """As when a worker is killed with what it had claimed."""
    Delivery.objects.filter(lease_until__isnull=False).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    reap()


def break_at(monkeypatch: pytest.MonkeyPatch, poison: Sequence[int]) -> None:
    real = outbox.load_recipients

    def load(wanted: Sequence[Wanted], *arguments: Any, **named: Any) -> Any:
        if any(one.contact in poison for one in wanted):
            raise ZeroDivisionError
        return real(wanted, *arguments, **named)

    monkeypatch.setattr(outbox, "load_recipients", load)


def test_a_row_that_kills_its_workers_is_left_alone_and_ends(sink: SmtpSink, pump: Pump) -> None:
    make_people(30)
    campaign = start(make_campaign(sink))
    ledger = Ledger(campaign.ledger_month, campaign.pk)
    for _time in range(2):
        assert len(claim(ledger, limit=100).rows) == 30
        lose_the_worker()
    assert claim(ledger, limit=100).rows == [], "those at which workers were lost are set apart"
    for _time in range(2):
        assert len(claim(ledger, limit=100, suspicion=SOME).rows) == 25
        lose_the_worker()
    (poison,) = claim(ledger, limit=100, suspicion=ALONE).rows
    lose_the_worker()
    others = Delivery.objects.exclude(contact_id=poison.key.contact)
    Delivery.objects.filter(contact_id=poison.key.contact).update(due_at=timezone.now() + timedelta(hours=1))
    assert pump.run(seconds=20).accepted == 29
    assert set(others.values_list("state", flat=True)) == {"accepted"}

    Delivery.objects.filter(contact_id=poison.key.contact).update(due_at=timezone.now())
    for _time in range(GIVEN_UP_AT - 5):
        assert len(claim(ledger, limit=100, suspicion=ALONE).rows) == 1
        lose_the_worker()
    assert books(campaign) == {"accepted": 29, "failed": 1}
    row = Delivery.objects.get(state="failed")
    assert (row.answer, row.losses, row.settled_at is not None) == (POISON, GIVEN_UP_AT, True)


def test_a_person_whose_data_cannot_be_read_holds_nobody_else(
    sink: SmtpSink, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = make_people(30)
    campaign = start(make_campaign(sink))
    break_at(monkeypatch, [people[7].pk])
    assert pump.run(seconds=20).accepted == 29
    assert books(campaign) == {"accepted": 29, "queued": 1}
    for _time in range(GIVEN_UP_AT):
        Delivery.objects.filter(state="queued").update(due_at=timezone.now())
        pump._waits.campaigns.clear()
        pump.run(seconds=5)
    assert books(campaign) == {"accepted": 29, "failed": 1}
    assert Delivery.objects.get(state="failed").contact_id == people[7].pk


def test_what_fails_at_everybody_is_nobodys_fault(
    sink: SmtpSink, pump: Pump, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = make_people(30)
    campaign = start(make_campaign(sink))
    break_at(monkeypatch, [person.pk for person in people])
    pump.run(seconds=20)
    found = Campaign.objects.get(pk=campaign.pk)
    with translation.override("en"):
        assert (found.state, found.pause_reason) == ("paused", UNMADE)
    assert books(campaign) == {"queued": 30}
    assert not Delivery.objects.exclude(losses=0).exists()
