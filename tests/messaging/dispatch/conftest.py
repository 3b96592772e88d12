"""A sink to send to, a pump of its own, and the books of a campaign."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.dispatch.rates import Rates
from messaging.dispatch.verify import verify_ledger
from messaging.models import Campaign
from messaging.services.campaigns import send_now
from tests.messaging.people import make_officer
from tests.support.smtp_sink import SmtpSink


@pytest.fixture(scope="session")
def shared_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def sink(shared_sink: SmtpSink) -> SmtpSink:
    """A sink whose log is empty and that plays no fault; `sink.start_over(...)` for another."""
    shared_sink.start_over()
    return shared_sink


@pytest.fixture
def pump() -> Iterator[Pump]:
    made = Pump(rates=Rates(settings.REDIS_URL, workers=1))
    yield made
    made.close()


def start(campaign: Campaign) -> Campaign:
    """Send now, and freeze as a worker would."""
    send_now(campaign=campaign, by=make_officer())
    assert lifecycle.freeze_waiting() == 1
    campaign.refresh_from_db()
    return campaign


def books(campaign: Campaign) -> dict[str, int]:
    """The states of a campaign, proven to add up."""
    (account,) = verify_ledger(campaign.pk)
    assert account.problems == []
    return account.states
