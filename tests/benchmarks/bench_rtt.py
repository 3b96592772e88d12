"""How much of a long line the sender uses: messages a second with 10 ms of added round trip.

`make bench ONLY=rtt`. With pipelining a message costs one round trip a connection, and no more can be had
without leaving a server's refusal unread: the figure is the share of connections ÷ round trip. Beside it,
what the same line gives for questions and answers without a message (NOOP), in the same run: proxy, sink and
sender are processes of their own on the same cores, and their turns are part of every round trip.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import statistics
import time

import pytest

from messaging.providers import registry
from messaging.providers.base import Batch, Outcome, OutgoingMessage
from tests.benchmarks.harness import Benchmark, size
from tests.support.delay_proxy import DelayProxy
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.benchmark]

ROUND_TRIP = 0.010
CONNECTIONS = (1, 4, 8, 16)
SECONDS = {"small": 2, "full": 6}
ROUNDS = 3
MESSAGE = b"From: a@example.org\r\nTo: b@example.com\r\nSubject: x\r\n\r\n" + b"x" * 70 + b"\r\n"


def test_rtt() -> None:
    bench = Benchmark(
        name="rtt",
        unit="share of connections / round trip",
        limit_is="NOOP and answer, one after the other on each connection, over the same line",
        better="higher",
        target="at least 0.8 at 1, 4, 8 and 16 connections",
        settings={"round_trip_ms": ROUND_TRIP * 1000, "connections": list(CONNECTIONS)},
    )
    shares: dict[int, list[float]] = {connections: [] for connections in CONNECTIONS}
    empty: dict[int, list[float]] = {connections: [] for connections in CONNECTIONS}
    with SmtpSink() as sink, DelayProxy(sink.port, round_trip=ROUND_TRIP) as proxy:
        for _round in range(ROUNDS):
            for connections in CONNECTIONS:
                possible = connections / ROUND_TRIP
                shares[connections].append(_rate(proxy.port, connections) / possible)
                empty[connections].append(_empty_rate(proxy.port, connections) / possible)
            worst = min(CONNECTIONS, key=lambda connections: shares[connections][-1])
            bench.figures.append(shares[worst][-1])
            bench.limits.append(empty[worst][-1])
            print({connections: round(values[-1], 3) for connections, values in shares.items()})
    bench.detail = {
        name: {str(number): round(statistics.median(values), 3) for number, values in of.items()}
        for name, of in (("messages", shares), ("noop", empty))
    }
    print(bench.detail)
    bench.write()


def _rate(port: int, connections: int) -> float:
    """Messages a second once the connections are open."""
    settings = {"host": "127.0.0.1", "port": port, "security": "none", "connections": connections}
    settings |= {"messages_per_connection": 100_000}
    with registry.create("smtp", settings) as provider:
        _send(provider, connections)  # opens them
        wanted = int(connections / ROUND_TRIP * SECONDS[size()])
        began = time.perf_counter()
        _send(provider, wanted)
        return wanted / (time.perf_counter() - began)


def _empty_rate(port: int, connections: int) -> float:
    """Round trips a second of a client that asks and does nothing else."""
    wanted = int(connections / ROUND_TRIP * SECONDS[size()])
    answered = 0
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as opened:
        for _connection in range(connections):
            link = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.recv(1024)  # the greeting
            selector.register(link, selectors.EVENT_READ)
        began = time.perf_counter()
        for key in selector.get_map().values():
            key.fileobj.send(b"NOOP\r\n")  # type: ignore[union-attr]
        while answered < wanted:
            for key, _events in selector.select():
                key.fileobj.recv(1024)  # type: ignore[union-attr]
                key.fileobj.send(b"NOOP\r\n")  # type: ignore[union-attr]
                answered += 1
        return answered / (time.perf_counter() - began)


def _send(provider, count: int) -> None:  # type: ignore[no-untyped-def]
    """In the batches that the dispatcher would hand over."""
    left = count
    while left:
        number = min(left, provider.capabilities.max_batch)
        items = [
            OutgoingMessage(str(index), "a@example.org", f"p{index}@example.com", MESSAGE)
            for index in range(number)
        ]
        results = provider.send(Batch(items))
        assert all(result.outcome is Outcome.ACCEPTED for result in results)
        left -= number
