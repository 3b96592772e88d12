"""After dead connections, the provider's own log settles every message that was uncertain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from messaging.dispatch.pump import Pump
from messaging.models import Campaign, Delivery, ProviderAccount
from messaging.webhooks import reading
from tests.messaging.dispatch.conftest import books, pump, shared_sink, sink, start  # noqa: F401
from tests.messaging.people import make_account, make_campaign, make_people, make_sender
from tests.messaging.webhooks.conftest import brevo_call, key, post, rows
from tests.support.smtp_sink import SmtpSink
from tests.support.smtp_sink.options import Fault

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = 400


def test_the_log_of_a_provider_settles_what_was_uncertain(
    sink: SmtpSink,  # noqa: F811
    pump: Pump,  # noqa: F811
    hook: Callable[[str], ProviderAccount],
    client: Client,
) -> None:
    sink.start_over(
        faults=(
            Fault("dot", "reset", probability=0.03, keeps=True),
            Fault("dot", "reset", probability=0.03, keeps=False),
        )
    )
    make_people(MESSAGES)
    campaign = start(make_campaign(sender=make_sender(make_account(sink.port, connections=2))))
    for _round in range(20):
        if not pump.run(seconds=20).handed:
            break
    before = books(campaign)
    assert before["unknown"] > 0
    assert sum(before.values()) == MESSAGES
    arrived = {row.recipient for row in sink.received()}
    account = hook("brevo")
    for row in rows(campaign):
        calls = _told_of(row, arrived)
        for call in calls:
            assert post(client, account, call) == 200
    reading.read_events()
    after = books(campaign)
    lost = Delivery.objects.of_campaign(campaign).filter(state="unknown", address__in=arrived)
    left = after.get("unknown", 0)
    print(f"\n{MESSAGES} messages, uncertain {before['unknown']}, of which left {left}: {after}")
    assert not lost.exists()
    assert after["delivered"] == len(arrived)
    assert sum(after.values()) == MESSAGES == _audience(campaign)


def _told_of(row: Delivery, arrived: set[str]) -> list[Any]:
    """A provider tells in any order, and some of it twice."""
    if row.address not in arrived:
        return []
    told = {"email": row.address, "X-Mailin-custom": key(row), "ts_epoch": 1767225600000}
    delivered, request = brevo_call({"event": "delivered", **told}), brevo_call({"event": "request", **told})
    return [delivered, request, delivered] if row.contact_id % 2 else [request, delivered]


def _audience(campaign: Campaign) -> int | None:
    campaign.refresh_from_db()
    return campaign.audience_count
