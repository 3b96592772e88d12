"""How fast a mailing leaves: the whole path, with a durable ledger, against the bare wire.

`make bench ONLY=dispatch`. Two worker processes, PostgreSQL, the sink and the limit's replay share the same
cores. The figure runs from "send" to the last result: content compiled, audience frozen, rows claimed,
asked and committed, messages built and handed over. A message weighs about 30 kB and has 12 tracked links; a
third of the people agreed to be measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from messaging.dispatch import lifecycle
from messaging.dispatch.pump import Pump
from messaging.dispatch.verify import verify_ledger
from messaging.models import Campaign, SenderIdentity
from messaging.services.campaigns import send_now
from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.newsletter import newsletter_blocks
from tests.benchmarks.support.raw_replay import Envelope, raw_replay
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

PEOPLE = {"small": 4_000, "full": 100_000}
WORKERS = 2
CONNECTIONS = 2
REPLAYED = 4_000  # messages of one replay: the wire's speed does not depend on more
SAMPLE = 200  # different messages replayed
MOST_MEMORY = 250  # MB a worker, at any size of the audience


class Workers:
    """Processes that send when told to."""

    def __init__(self, count: int, *options: str) -> None:
        command = [sys.executable, "-m", "tests.support.pump_worker", *options]
        project = Path(__file__).resolve().parents[2]
        self.processes = [
            subprocess.Popen(
                command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
            )
            for _number in range(count)
        ]
        for process in self.processes:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"

    def send(self, orders: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Let all send until nothing is left, or each what its order says; returns what each did."""
        for number, process in enumerate(self.processes):
            assert process.stdin is not None
            process.stdin.write(f"{orders[number] if orders else ''}\n")
            process.stdin.flush()
        found = []
        for process in self.processes:
            assert process.stdout is not None
            found.append(json.loads(process.stdout.readline()))
        return found

    def close(self) -> None:
        for process in self.processes:
            with process:
                assert process.stdin is not None
                process.stdin.close()


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(WORKERS)
    yield made
    made.close()


def test_dispatch(workers: Workers) -> None:
    people = PEOPLE[size()]
    with SmtpSink() as sink:
        account = make_account(sink.port, connections=CONNECTIONS, messages_per_connection=100_000)
        sender = make_sender(account)
        _add_people(SAMPLE)
        replay = _sample(sink, sender)
        _add_people(people - SAMPLE, start=SAMPLE + 1)
        bench = Benchmark(
            name="dispatch",
            unit="messages/s",
            limit_is="the same bytes replayed over pipelined raw sockets to the same sink, nothing else done",
            better="higher",
            target="at least 2,000 messages/s and 15 % of the replay (aim: 30 %); under 250 MB a worker",
            settings={"people": people, "workers": WORKERS, "connections_a_worker": CONNECTIONS},
        )
        rounds: list[dict[str, Any]] = []

        def figure(_number: int) -> float:
            rounds.append(_send(workers, sender, people))
            return people / (rounds[-1]["freeze_seconds"] + rounds[-1]["send_seconds"])

        def limit(_number: int) -> float:
            return len(replay) / raw_replay(replay, sink.host, sink.port, WORKERS * CONNECTIONS)

        bench.run(figure=figure, limit=limit, rounds=3)
        bench.detail = {"rounds": rounds, "message_bytes": sum(len(e.message) for e in replay) // len(replay)}
    result = bench.write()
    assert result["figure"] > 0
    assert max(memory for one in rounds for memory in one["worker_memory_mb"]) < MOST_MEMORY


def _send(workers: Workers, sender: SenderIdentity, people: int) -> dict[str, Any]:
    campaign = _campaign(sender)
    started = time.perf_counter()
    send_now(campaign=campaign, by=make_officer())
    assert lifecycle.freeze_waiting() == 1
    frozen = time.perf_counter()
    told = workers.send()
    ended = time.perf_counter()
    (books,) = verify_ledger(campaign.pk)
    assert books.problems == []
    assert books.states == {"accepted": people}
    assert sum(one["accepted"] for one in told) == people
    return {
        "freeze_seconds": round(frozen - started, 3),
        "send_seconds": round(ended - frozen, 3),
        "messages_a_second_sending": round(people / (ended - frozen)),
        "worker_cpu_seconds": [round(one["cpu_seconds"], 2) for one in told],
        "worker_memory_mb": [round(one["memory_mb"]) for one in told],
    }


def _add_people(count: int, *, start: int = 1) -> None:
    make_people(count, start=start)
    with connection.cursor() as cursor:  # a third agreed to be measured
        cursor.execute("UPDATE contacts_reach SET measurement = true WHERE contact_id % 3 = 0")
        cursor.execute("SELECT crm_analyze(name) FROM unnest(%s) AS name", [list(_TABLES)])


_TABLES = ("contacts_contact", "contacts_reach", "contacts_emailaddress", "contacts_contactsource")


def _campaign(sender: SenderIdentity) -> Campaign:
    return make_campaign(sender=sender, subject="{{ first_name }}, la lettre", blocks=newsletter_blocks())


def _sample(sink: SmtpSink, sender: SenderIdentity) -> list[Envelope]:
    """Real messages of the mailing, as the sink received them, repeated to the length of a replay."""
    sink.start_over(keep_messages=True)
    send_now(campaign=_campaign(sender), by=make_officer())
    lifecycle.freeze_waiting()
    pump = Pump()
    pump.run(seconds=60)
    pump.close()
    pairs = zip(sink.received(), sink.raw_messages(), strict=True)
    sample = [Envelope(row.sender, row.recipient, message) for row, message in pairs]
    assert len(sample) == SAMPLE
    sink.start_over()
    return [sample[number % SAMPLE] for number in range(REPLAYED)]
