"""Workers killed in the middle of a send: nobody twice, nobody lost, and the uncertain is shown.

The short version runs with the tests, the long one with `make faults`. Each prints its count.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.crypto import seal
from messaging.dispatch.leases import reap
from messaging.dispatch.pump import Pump
from messaging.models import Campaign, Delivery, ProviderAccount
from messaging.providers.base import IN_FLIGHT_PER_CONNECTION
from messaging.providers.http.run import RESULTS_A_GROUP
from tests.messaging.dispatch.conftest import books, start
from tests.messaging.people import make_account, make_campaign, make_people, make_sender
from tests.support.http_fakes import FakeServer, HttpFault
from tests.support.http_fakes.mailjet import MailjetFake
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = Path(__file__).resolve().parents[3]
WORKERS = 2
CONNECTIONS = 1


class Workers:
    """Processes that send without being asked, and that somebody kills."""

    def __init__(self) -> None:
        self.processes = [self._start() for _number in range(WORKERS)]
        self.chance = random.Random(7)

    def kill_one(self) -> None:
        number = self.chance.randrange(WORKERS)
        process = self.processes[number]
        process.send_signal(signal.SIGKILL)
        self._bury(process)
        self.processes[number] = self._start()

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            self._bury(process)

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.support.pump_worker", "--forever"]
        return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=os.environ)

    def _bury(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("messages", "kills", "rate"),
    [
        pytest.param(2_000, 6, 400, id="short"),
        pytest.param(20_000, 50, 1_000, id="long", marks=pytest.mark.slow),
    ],
)
def test_killed_workers_lose_and_repeat_nobody(
    messages: int, kills: int, rate: int, sink: SmtpSink, workers: Workers
) -> None:
    make_people(messages)
    account = make_account(sink.port, connections=CONNECTIONS)
    ProviderAccount.objects.filter(pk=account.pk).update(messages_per_second=rate)
    campaign = start(make_campaign(sender=make_sender(account)))
    _wait_for_the_first(campaign)
    for _kill in range(kills):
        time.sleep(workers.chance.uniform(0.2, 0.9))
        workers.kill_one()
    _wait_until_idle(campaign)
    workers.close()
    _let_leases_end()
    with contextlib.closing(Pump()) as pump:
        pump.run(seconds=60)

    received = Counter(row.recipient for row in sink.received())
    states = books(campaign)
    unknown = set(Delivery.objects.filter(state="unknown").values_list("address", flat=True))
    accepted = set(Delivery.objects.filter(state="accepted").values_list("address", flat=True))
    twice = [address for address, times in received.items() if times > 1]
    lost = accepted - set(received)
    delivered_unknown = len(unknown & set(received))
    print(
        f"\n{messages} messages, {kills} kills: twice {len(twice)}, lost {len(lost)},"
        f" uncertain {len(unknown)} ({delivered_unknown} of them had arrived), states {states}"
    )
    assert twice == []
    assert lost == set()
    assert set(states) <= {"accepted", "unknown"}
    assert sum(states.values()) == messages == campaign.audience_count
    assert len(unknown) <= kills * IN_FLIGHT_PER_CONNECTION * CONNECTIONS
    assert set(received) <= accepted | unknown


@pytest.mark.parametrize(
    ("messages", "kills", "rate"),
    [
        pytest.param(1_500, 4, 300, id="short"),
        pytest.param(20_000, 50, 1_000, id="long", marks=pytest.mark.slow),
    ],
)
def test_workers_killed_at_a_provider_of_batches_lose_and_repeat_nobody(
    messages: int, kills: int, rate: int, workers: Workers
) -> None:
    """What a kill leaves in doubt are the calls in the air, not everything that waited for its turn."""
    per_call, connections = 50, 2
    with FakeServer(MailjetFake(), HttpFault("slow", times=1_000_000, seconds=0.1)) as server:
        make_people(messages)
        account = ProviderAccount.objects.create(
            name="Mailjet",
            kind="mailjet",
            settings={"api_url": server.url, "timeout": 5, "batch_timeout": 20, "connections": connections},
            sealed_credentials=seal({"api_key": "public", "secret_key": MailjetFake.key}),
            messages_per_second=rate,
        )
        campaign = start(make_campaign(sender=make_sender(account)))
        _wait_for_the_first(campaign)
        for _kill in range(kills):
            time.sleep(workers.chance.uniform(0.2, 0.9))
            workers.kill_one()
        _wait_until_idle(campaign)
        workers.close()
        _let_leases_end()
        with contextlib.closing(Pump()) as pump:
            pump.run(seconds=60)
        taken = Counter(one.recipient for one in server.api.taken)
        repeats = server.api.blocked  # what its own protection against repeats would have hidden
    states = books(campaign)
    unknown = set(Delivery.objects.filter(state="unknown").values_list("address", flat=True))
    accepted = set(Delivery.objects.filter(state="accepted").values_list("address", flat=True))
    print(
        f"\n{messages} messages, {kills} kills: twice {len(repeats)}, lost {len(accepted - set(taken))},"
        f" uncertain {len(unknown)} ({len(unknown & set(taken))} of them had arrived), states {states}"
    )
    assert repeats == []
    assert set(taken.values()) == {1}
    assert accepted <= set(taken) <= accepted | unknown
    assert set(states) <= {"accepted", "unknown"}
    assert sum(states.values()) == messages == campaign.audience_count
    assert len(unknown) <= kills * (per_call * connections + RESULTS_A_GROUP)


def _wait_for_the_first(campaign: Campaign) -> None:
    deadline = time.monotonic() + 30
    while not Delivery.objects.filter(state="accepted").exists():
        assert time.monotonic() < deadline, "no worker began to send"
        time.sleep(0.05)


def _wait_until_idle(campaign: Campaign) -> None:
    """Until only rows that dead workers hold are left."""
    deadline = time.monotonic() + 180
    while Delivery.objects.filter(state__in=["queued", "retry_wait"]).exists():
        assert time.monotonic() < deadline, "the workers stand still"
        time.sleep(0.2)
    time.sleep(1.0)  # the last batches of live workers


def _let_leases_end() -> None:
    """As if the time of every lease had passed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_delivery SET lease_until = %s WHERE lease_until IS NOT NULL", [timezone.now()]
        )
    reap()
