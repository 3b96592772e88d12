"""How many opens and clicks a second are answered, each on disk first, while others are stored.

`make bench ONLY=ingest`. Two web processes as an installation runs them, a client in a process of its own,
and the consumer storing into PostgreSQL meanwhile, all on the same cores; the ingest server syncs each
append. Beside it, rounds interleaved, a bare Django view that does nothing but append to a stream, on the
same server and by the same client. Then how fast what waits is stored.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings

from contacts.models import Contact, Reach
from messaging.content.addresses import link_code
from messaging.content.tokens import AnonymousMark, Mark, PersonalMark, sign_message
from messaging.models import Campaign, Link
from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.http_load import USER_AGENT
from tests.support.web_server import WebServer
from tracking.ingest import consumer, stream
from tracking.ingest.hits import new_hit
from tracking.models import Interaction

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

SECONDS = {"small": 6, "full": 60}
ROUNDS = 3
CONNECTIONS = 32
MESSAGES = 20_000
LINKS = 8
WAITING = {"small": 40_000, "full": 500_000}
PROJECT = Path(__file__).resolve().parents[2]
MONTH = date(2026, 11, 1)


@pytest.fixture
def paths(tmp_path: Path) -> Path:
    """Opens and clicks of so many messages in turn, a third of them of people who agreed to be measured."""
    campaign = Campaign.objects.create(name="Letter", ledger_month=MONTH)
    Link.objects.bulk_create(
        Link(campaign=campaign, number=number, url=f"https://example.org/{number}")
        for number in range(1, LINKS + 1)
    )
    people = Contact.objects.bulk_create(Contact(first_name="Camille") for _n in range(MESSAGES // 3))
    Reach.objects.bulk_create(Reach(contact=one, channel="email", measurement=True) for one in people)
    marks: list[Mark] = [PersonalMark(MONTH, campaign.pk, one.pk) for one in people]
    handed = datetime.now(UTC) - timedelta(hours=1)
    marks += [AnonymousMark(MONTH, campaign.pk, "60", handed) for _n in range(MESSAGES - len(marks))]
    random.Random(1).shuffle(marks)
    written = tmp_path / "paths"
    with written.open("w") as file:
        for number, mark in enumerate(marks):
            token = sign_message(mark)
            file.write(f"/o/{token}.gif\n/c/{token}/{link_code(1 + number % LINKS, campaign=campaign.pk)}\n")
    return written


def ask(port: int, paths: Path) -> dict[str, Any]:
    """Load one server; every answer must be one."""
    command = [sys.executable, "-m", "tests.benchmarks.support.http_load"]
    command += [str(port), str(CONNECTIONS), str(SECONDS[size()]), str(paths)]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    assert set(found["statuses"]) <= {"200", "302"}, found["statuses"]
    return found | {"rate": sum(found["statuses"].values()) / found["seconds"]}


@contextmanager
def storing() -> Iterator[None]:
    """A consumer in a process of its own."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.support.ingest_worker"],
        cwd=PROJECT, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "campaign_crm.settings"},
    )  # fmt: skip
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    try:
        yield
    finally:
        worker.kill()
        worker.communicate()


def test_ingest(paths: Path) -> None:
    bench = Benchmark(
        name="ingest",
        unit="answers/s",
        limit_is="a bare Django view that appends to a stream, same server, same client, nothing stored",
        better="higher",
        target="2,000/s, p99 under 100 ms, at least 60 % of the limit",
        settings={"connections": CONNECTIONS, "web_processes": 2, "seconds": SECONDS[size()]},
    )
    looks: dict[str, list[dict[str, Any]]] = {"ingest": [], "bare": []}
    answered = 0

    def figure(_round: int) -> float:
        nonlocal answered
        with WebServer() as server, storing():
            found = ask(server.port, paths)
        looks["ingest"].append(found)
        answered += sum(found["statuses"].values())
        return float(found["rate"])

    def limit(_round: int) -> float:
        with WebServer("tests.benchmarks.support.bare_append:application") as server:
            found = ask(server.port, paths)
        looks["bare"].append(found)
        with redis.Redis.from_url(settings.INGEST_REDIS_URL) as client:
            client.delete("bench:bare")
        return float(found["rate"])

    assert redis.Redis.from_url(settings.INGEST_REDIS_URL).config_get("appendfsync") == {
        "appendfsync": "always"
    }
    bench.run(figure=figure, limit=limit, rounds=ROUNDS)
    stream_tail(answered)
    bench.detail |= {
        name: [{key: one[key] for key in ("p50", "p99", "most", "client_processor")} for one in found]
        for name, found in looks.items()
    }
    bench.detail["p99_ms"] = max(one["p99"] for one in looks["ingest"])
    print(bench.detail)
    bench.write()
    assert bench.detail["p99_ms"] < 100 or size() == "small"


def stream_tail(answered: int) -> None:
    """What was answered and still waits is stored; each exactly once (asked in flight at the end: also)."""
    stream.RECLAIM_AFTER_MS = 0
    while consumer.drain():
        pass
    stored = Interaction.objects.count()
    assert answered <= stored <= answered + ROUNDS * CONNECTIONS, (answered, stored)


def test_drain(paths: Path) -> None:
    """How fast a backlog goes into PostgreSQL, against the aim alone."""
    bench = Benchmark(
        name="ingest_drain",
        unit="events/s",
        limit_is="reading the same entries from the stream and acknowledging them, nothing stored",
        better="higher",
        target="20,000 events/s",
        settings={"waiting": WAITING[size()], "batch": consumer.BATCH},
    )
    tokens = [
        path.removeprefix("/o/").removesuffix(".gif").removeprefix("/c/")
        for path in paths.read_text().split()
    ]

    def filled() -> None:
        client, pipe = stream._client(), None
        for number in range(WAITING[size()]):
            pipe = pipe or client.pipeline(transaction=False)
            hit = new_hit(token=tokens[number % len(tokens)], user_agent=USER_AGENT)
            pipe.xadd(stream.STREAM, hit.to_fields())  # type: ignore[arg-type]
            if number % 1_000 == 999:
                pipe.execute()
                pipe = None

    def figure(_round: int) -> float:
        filled()
        began, busy = time.perf_counter(), time.process_time()
        stored = consumer.drain(limit=WAITING[size()])
        lasted = time.perf_counter() - began
        microseconds.append(round((time.process_time() - busy) / stored * 1e6, 1))
        return stored / lasted

    def limit(_round: int) -> float:
        filled()
        began, count = time.perf_counter(), 0
        while entries := stream.read("bench", consumer.BATCH):
            stream.acknowledge([entry_id for entry_id, _fields in entries])
            count += len(entries)
        return count / (time.perf_counter() - began)

    microseconds: list[float] = []
    bench.run(figure=figure, limit=limit, rounds=ROUNDS)
    bench.detail["own_processor_microseconds_an_event"] = microseconds
    bench.write()
