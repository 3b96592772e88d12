"""The page of service messages: every state counted, what is uncertain settled together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from messaging.enums import ShownState
from messaging.models import Campaign, Delivery
from tests.messaging.people import make_account, make_people, make_sender
from tests.messaging.views.conftest import add_deliveries

pytestmark = pytest.mark.django_db
PAGE = reverse("messaging:service_messages")


def standing(key: str, states: Sequence[str], *, start: int = 1) -> Campaign:
    campaign = Campaign.objects.create(name=key, standing_for=key, kind="service", state="sending")
    add_deliveries(campaign, make_people(len(states), start=start), states)
    return campaign


def test_service_messages_are_counted_by_kind(reader: Client) -> None:
    make_sender(make_account())
    standing("confirmation:fr:2b", ["accepted", "unknown", "queued"])
    standing("confirmation:en:2b", ["accepted"], start=10)
    standing("test:7:abc:political:1", ["retry_wait"], start=20)
    Delivery.objects.filter(state="retry_wait").update(answer="550 5.7.1 sender not allowed")
    answer = reader.get(PAGE)
    lines = {line.label: dict(line.shown) for line in answer.context["lines"]}
    assert lines["Confirmations of sign-ups"][ShownState.DELIVERED] == 2
    assert lines["Confirmations of sign-ups"][ShownState.TO_CHECK] == 1
    assert lines["Tests of mailings"][ShownState.WAITING] == 1
    shown = answer.content.decode()
    assert "1 recipient to check." in shown
    assert "waits: 550 5.7.1 sender not allowed" in shown
    assert "settle-dialog" not in shown  # a reader settles nothing


def test_page_without_any_says_what_will_be_there(reader: Client) -> None:
    shown = reader.get(PAGE).content.decode()
    assert "No service message yet" in shown
    assert "No sender can send them" in shown


def test_uncertain_service_messages_are_settled_together(officer: Client) -> None:
    standing("confirmation:fr:2b", ["unknown", "accepted"])
    standing("test:7:abc:political:1", ["unknown"], start=10)
    assert "settle-dialog" in officer.get(PAGE).content.decode()
    answer = officer.post(PAGE, {"decision": "abandoned", "reason": "The provider's log"}, follow=True)
    assert "2 recipients settled." in answer.content.decode()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["abandoned", "abandoned", "accepted"]
    answer = officer.post(PAGE, {"decision": "delivered"}, follow=True)
    assert "Choose what to do with them." in answer.content.decode()


def test_more_kinds_cost_no_more_queries(reader: Client) -> None:
    counts = []
    for number in range(1, 4):
        standing(f"kind{number}:fr:1", ["accepted"], start=number)
        with CaptureQueriesContext(connection) as queries:
            reader.get(PAGE)
        counts.append(len(queries))
    assert counts[1] == counts[2]
