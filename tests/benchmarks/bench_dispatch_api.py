"""How fast a mailing leaves through providers of batches: the whole path, with a durable ledger.

`make bench ONLY=dispatch_api`. Two worker processes, PostgreSQL and the provider's fake (loopback HTTP, its
rate limits raised, values checked and counted) share the same cores. The message is that of `bench_dispatch`:
about 30 kB, 12 tracked links, a third of the people measured. The figure is recipients a second from "send"
to the last result, freezing included. The limit is the same calls, recorded and sent again over the same
kind of connections with nothing else done: what the fake itself can take. Mailjet, which gets whole messages,
is reported against encoding and decoding the same JSON. Beside it, `adapter_recipients_a_second` is one
process that gives finished batches to the adapter: calls written, made and answered, without a ledger.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from campaign_crm.platform.crypto import seal
from campaign_crm.platform.models import Organisation
from messaging.dispatch import ledger, lifecycle
from messaging.dispatch.outbox import Outbox
from messaging.dispatch.pump import Pump
from messaging.dispatch.verify import verify_ledger
from messaging.models import ProviderAccount, SenderDomain, SenderIdentity
from messaging.providers import registry
from messaging.providers.base import Batch, Outcome
from messaging.providers.http.transport import Request, Transport
from messaging.services.campaigns import send_now
from messaging.services.senders import secret_fields
from tests.benchmarks.bench_dispatch import Workers, _add_people
from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.newsletter import newsletter_blocks
from tests.messaging.domains import prove
from tests.messaging.people import make_campaign, make_officer, make_sender
from tests.messaging.providers.cases import CASES, Case
from tests.support.http_fakes import FakeServer

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

PEOPLE = {"small": 4_000, "full": 40_000}
WORKERS = 2
CONNECTIONS = 4  # of the replay
RECORDED = 2_000  # recipients whose calls are recorded
ROUNDS = 3
TARGET = 10_000


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(WORKERS)
    yield made
    made.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_dispatch_api(case: Case, workers: Workers) -> None:
    people = PEOPLE[size()]
    _add_people(RECORDED)
    calls, port = _recorded(case)
    _add_people(people - RECORDED, start=RECORDED + 1)
    with _fake(case.kind, port) as fake:
        sender = _sender(case, fake.url)
        is_by_message = case.kind == "mailjet"
        bench = Benchmark(
            name=f"dispatch_api_{case.kind}",
            unit="recipients/s",
            limit_is="encoding and decoding the same JSON in one process"
            if is_by_message
            else "the same calls recorded and sent again, nothing else done",
            better="higher",
            target="reported" if is_by_message else f"at least {TARGET:,} recipients/s",
            settings={"people": people, "workers": WORKERS, "provider": case.kind},
        )
        rounds: list[dict[str, Any]] = []

        def figure(_number: int) -> float:
            rounds.append(_send(workers, sender, people, fake))
            return people / (rounds[-1]["freeze_seconds"] + rounds[-1]["send_seconds"])

        def limit(_number: int) -> float:
            return RECORDED / (_coded(calls) if is_by_message else _replayed(calls, fake))

        bench.run(figure=figure, limit=limit, rounds=ROUNDS)
        alone = _alone(case, fake)
        weight = sum(len(call.body) for call in calls) // RECORDED
        bench.detail = {
            "rounds": rounds,
            "bytes_a_recipient": weight,
            "adapter_recipients_a_second": alone,
        }
        print(f"  the adapter alone: {alone:,} recipients/s")
    assert bench.write()["figure"] > 0


class _Fake:
    """A fake in a process of its own."""

    def __init__(self, kind: str, port: int) -> None:
        command = [sys.executable, "-m", "tests.support.http_fakes", kind, str(port)]
        project = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(
            command, cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self._line()

    def taken(self) -> int:
        """Recipients taken since the last question."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(json.loads(self._line()))

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def _fake(kind: str, port: int) -> Iterator[_Fake]:
    made = _Fake(kind, port)
    yield made
    with made.process as process:
        assert process.stdin is not None
        process.stdin.close()


def _account(case: Case, url: str) -> ProviderAccount:
    secret = secret_fields(case.kind)
    settings = {**case.settings, "api_url": url}
    return ProviderAccount.objects.create(
        name=f"{case.kind} {ProviderAccount.objects.count()}",
        kind=case.kind,
        settings={name: value for name, value in settings.items() if name not in secret},
        sealed_credentials=seal({name: value for name, value in settings.items() if name in secret}),
    )


def _sender(case: Case, url: str) -> SenderIdentity:
    """A sender whose domain publishes what this provider asks for."""
    sender = make_sender(_account(case, url))
    prove(SenderDomain.objects.get())
    return sender


def _send(workers: Workers, sender: SenderIdentity, people: int, fake: _Fake) -> dict[str, Any]:
    fake.taken()
    campaign = make_campaign(sender=sender, subject="{{ first_name }}, la lettre", blocks=newsletter_blocks())
    started = time.perf_counter()
    send_now(campaign=campaign, by=make_officer())
    assert lifecycle.freeze_waiting() == 1
    frozen = time.perf_counter()
    told = workers.send()
    ended = time.perf_counter()
    (books,) = verify_ledger(campaign.pk)
    assert books.problems == []
    assert books.states == {"accepted": people}
    assert fake.taken() == people
    return {
        "freeze_seconds": round(frozen - started, 3),
        "send_seconds": round(ended - frozen, 3),
        "recipients_a_second_sending": round(people / (ended - frozen)),
        "worker_cpu_seconds": [round(one["cpu_seconds"], 2) for one in told],
        "worker_memory_mb": [round(one["memory_mb"]) for one in told],
    }


def _recorded(case: Case) -> tuple[list[Request], int]:
    """The calls of a real mailing, as a fake received them, and its port: SES signs it too."""
    with FakeServer(case.fake(lean=True)) as server:
        campaign = make_campaign(
            sender=_sender(case, server.url),
            subject="{{ first_name }}, la lettre",
            blocks=newsletter_blocks(),
        )
        send_now(campaign=campaign, by=make_officer())
        lifecycle.freeze_waiting()
        pump = Pump()
        pump.run(seconds=60)
        pump.close()
        assert server.api.sent == RECORDED
    kept = ("authorization", "api-key", "content-type", "x-amz-date")
    calls = [
        Request(made.path, made.body, {name: value for name, value in made.headers.items() if name in kept})
        for made in server.made
    ]
    return calls, server.port


def _replayed(calls: list[Request], fake: _Fake) -> float:
    """Seconds that the calls take when nothing else is done."""
    fake.taken()
    transport = Transport(fake.url, connections=CONNECTIONS, timeout=60)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        started = time.perf_counter()
        found = list(threads.map(transport.call, calls))
        seconds = time.perf_counter() - started
    transport.close()
    assert {answer.status for answer in found} <= {200, 201, 202}
    assert fake.taken() == RECORDED
    return seconds


def _alone(case: Case, fake: _Fake) -> int:
    """Recipients a second of the adapter in one process, of batches that are ready."""
    campaign = make_campaign(
        sender=_sender(case, fake.url),
        subject="{{ first_name }}, la lettre",
        blocks=newsletter_blocks(),
    )
    send_now(campaign=campaign, by=make_officer())
    lifecycle.freeze_waiting()
    campaign.refresh_from_db()
    outbox = Outbox(campaign, Organisation.current())
    rows = ledger.claim(outbox.ledger, limit=RECORDED).rows
    built = outbox.build(outbox.prepare(rows), at=timezone.now(), slotted=True)
    batch = Batch([message for _row, message in built.messages], built.shared)
    fake.taken()
    with registry.create(case.kind, {**case.settings, "api_url": fake.url}) as provider:
        started = time.perf_counter()
        for _time in range(5):
            results = provider.send(batch)
            assert {result.outcome for result in results} == {Outcome.ACCEPTED}
        seconds = time.perf_counter() - started
    assert fake.taken() == 5 * RECORDED
    return round(5 * RECORDED / seconds)


def _coded(calls: list[Request]) -> float:
    """Seconds that encoding and decoding the same JSON takes, in one process."""
    decoded = [json.loads(call.body) for call in calls]
    started = time.perf_counter()
    for one in decoded:
        json.loads(json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode())
    return time.perf_counter() - started
