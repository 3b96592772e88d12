"""What the ledger costs a mailing that is signed here, against the same work without one.

`make bench ONLY=dispatch_signed`. Two worker processes send a mailing of about 30 kB with 12 tracked links,
each message signed by RSA-2048 and Ed25519: the figure through the whole path with a ledger, the limit
by two such processes that build, sign and send the same messages and do nothing else. Same sink, same run.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from messaging.dispatch import lifecycle
from messaging.models import SenderIdentity
from messaging.services.campaigns import send_now
from tests.benchmarks.bench_dispatch import CONNECTIONS, WORKERS, Workers, _add_people, _campaign, _send
from tests.benchmarks.harness import Benchmark, size
from tests.messaging.domains import make_domain, prove
from tests.messaging.people import make_account, make_officer, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

PEOPLE = {"small": 2_000, "full": 10_000}


@pytest.fixture
def workers() -> Any:
    made = Workers(WORKERS)
    yield made
    made.close()


@pytest.fixture
def bare_workers() -> Any:
    made = Workers(WORKERS, "--bare")
    yield made
    made.close()


def test_dispatch_signed(workers: Workers, bare_workers: Workers) -> None:
    people = PEOPLE[size()]
    prove(make_domain())
    with SmtpSink() as sink:
        account = make_account(sink.port, connections=CONNECTIONS, messages_per_connection=100_000, sign=True)
        sender = make_sender(account)
        _add_people(people)
        bench = Benchmark(
            name="dispatch_signed",
            unit="messages/s",
            limit_is="the same processes building, signing and sending the same messages without a ledger",
            better="higher",
            target="at least 50 % of the same work without a ledger",
            settings={"people": people, "workers": WORKERS, "connections_a_worker": CONNECTIONS},
        )
        rounds: list[dict[str, Any]] = []

        def figure(_number: int) -> float:
            sink.start_over()
            rounds.append(_send(workers, sender, people))
            return people / (rounds[-1]["freeze_seconds"] + rounds[-1]["send_seconds"])

        def limit(_number: int) -> float:
            sink.start_over()
            return people / _bare(bare_workers, sender, people)

        bench.run(figure=figure, limit=limit)
        bench.detail = {"rounds": rounds, "signed": _is_signed(sink, workers, sender)}
        assert bench.detail["signed"]
    result = bench.write()
    assert result["figure"] > 0


def _bare(workers: Workers, sender: SenderIdentity, people: int) -> float:
    """Seconds for the same messages by processes that read a share of the rows, build, sign and send."""
    campaign = _campaign(sender)
    send_now(campaign=campaign, by=make_officer())
    assert lifecycle.freeze_waiting() == 1
    orders = [
        json.dumps({"campaign": campaign.pk, "share": number, "of": WORKERS}) for number in range(WORKERS)
    ]
    started = time.perf_counter()
    told = workers.send(orders)
    seconds = time.perf_counter() - started
    assert sum(one["accepted"] for one in told) == people
    campaign.state = "cancelled"
    campaign.save(update_fields=["state"])
    lifecycle.sweep_cancelled()
    return seconds


def _is_signed(sink: SmtpSink, workers: Workers, sender: SenderIdentity) -> bool:
    """True when messages of both ways carry both signatures."""
    sink.start_over(keep_messages=True)
    send_now(campaign=_campaign(sender), by=make_officer())
    lifecycle.freeze_waiting()
    workers.send()
    return all(raw.count(b"DKIM-Signature:") == 2 for raw in sink.raw_messages()[:100])
