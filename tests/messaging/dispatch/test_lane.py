"""Service messages leave in seconds, whatever a big mailing does at the same time by the same account."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connections

from messaging.dispatch.pump import Lane, Pump
from messaging.dispatch.rates import Grant, Rates
from messaging.models import ProviderAccount
from messaging.services.service_messages import send_service_message
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_campaign, make_people
from tests.support.smtp_sink import Fault, SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = "redis://127.0.0.1:1/0"


@contextmanager
def sending(seconds: float) -> Iterator[None]:
    """A worker sends everything meanwhile, in a thread of its own."""

    def work() -> None:
        pump = Pump(rates=Rates(settings.REDIS_URL, workers=2))
        pump.run(seconds=seconds)
        pump.close()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        worker.join()


def confirm(occasion: str) -> None:
    send_service_message(
        standing_for="confirmation",
        address=f"{occasion}@example.net",
        occasion=occasion,
        subject="Please confirm",
        paragraphs=["Confirm your address."],
    )


def wait_for(sink: SmtpSink, number: int, ending: str) -> None:
    deadline = time.monotonic() + 10
    while sum(row.recipient.endswith(ending) for row in sink.received()) < number:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def seconds_to_leave(sink: SmtpSink, pump: Pump, occasion: str) -> float:
    """From the request of a confirmation to its arrival, by the lane of service messages."""
    asked = time.time()
    confirm(occasion)
    while not pump.run(Lane.SERVICE, seconds=5).handed:
        assert time.time() - asked < 10
        time.sleep(0.05)
    wait_for(sink, 1, f"{occasion}@example.net")
    return next(row.at for row in sink.received() if row.recipient.startswith(occasion)) - asked


def test_a_confirmation_leaves_while_a_big_mailing_does(sink: SmtpSink, pump: Pump) -> None:
    sink.start_over(round_trip=0.02)
    make_people(400)
    campaign = start(make_campaign(sink))
    with sending(seconds=6):
        wait_for(sink, 20, "@example.com")
        delays = [seconds_to_leave(sink, pump, f"c{number}") for number in range(5)]
        assert books(campaign).get("accepted", 0) < 400  # it was under way all the time
    assert max(delays) < 2


def test_a_confirmation_does_not_stand_behind_a_mailing_for_the_accounts_rate(
    sink: SmtpSink, pump: Pump
) -> None:
    make_people(200)
    campaign = start(make_campaign(sink))
    ProviderAccount.objects.update(messages_per_second=5)
    with sending(seconds=6):
        wait_for(sink, 8, "@example.com")
        delays = [seconds_to_leave(sink, pump, f"c{number}") for number in range(5)]
        assert books(campaign).get("accepted", 0) < 100
    assert max(delays) < 2


def test_a_server_that_turns_a_mailing_away_does_not_hold_confirmations(sink: SmtpSink, pump: Pump) -> None:
    refused = Fault("rcpt", code=421, text="4.7.0 too many", pattern="@example.com$")
    sink.start_over(faults=[refused])
    make_people(5)
    start(make_campaign(sink))
    pump.run(seconds=1)
    assert sink.received() == []
    confirm("c1")
    assert pump.run(seconds=2).handed == 1
    assert [row.recipient for row in sink.received()] == ["c1@example.net"]


def test_service_messages_have_connections_of_their_own(sink: SmtpSink, pump: Pump) -> None:
    make_people(3)
    start(make_campaign(sink))
    confirm("c1")
    pump.run(seconds=5)
    assert sink.connection_count() == 2


@pytest.mark.parametrize("url", [settings.REDIS_URL, AWAY], ids=["Redis", "without Redis"])
def test_what_is_taken_ahead_is_made_up_for(url: str) -> None:
    rates = Rates(url, workers=1)
    rates.take("account:9", rate=10, wanted=10)
    if url != AWAY:
        assert rates.take("account:9", rate=10, wanted=1).messages == 0
    ahead = rates.take("account:9", rate=10, wanted=8, ahead=True)
    assert ahead == Grant(8, 0.0)
    time.sleep(0.3)
    assert rates.take("account:9", rate=10, wanted=1).messages == 0
    assert rates.take("account:9", rate=10, wanted=50, ahead=True).messages <= 5
    time.sleep(1.2)
    assert rates.take("account:9", rate=10, wanted=1).messages <= 1
