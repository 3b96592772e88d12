"""What the dispatcher relies on, for every kind of the registry: SMTP and providers of batches alike."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from messaging.providers import registry
from messaging.providers.base import Batch, Content, Outcome, Provider
from messaging.providers.errors import ProviderUnavailable
from tests.messaging.providers import conftest, slotted
from tests.messaging.providers.cases import CASES, PATIENCE
from tests.support.http_fakes import HttpFault
from tests.support.smtp_sink import Fault, SmtpSink

COUNT = 130  # more than one connection of SMTP, or one call of SES, holds
KINDS = ("smtp", *(case.kind for case in CASES))
Taken = Callable[[], list[str]]


def batch_for(kind: str) -> Batch:
    return conftest.make_batch(COUNT) if kind == "smtp" else slotted.make_batch(COUNT)


@contextmanager
def playing(kind: str, sink: SmtpSink, *, silent: bool = False) -> Iterator[tuple[Provider, Taken]]:
    """A provider, and what reached its other side; `silent`: all is taken and nothing is answered."""
    if kind == "smtp":
        sink.start_over(faults=[Fault("dot", action="hang", keeps=True)] if silent else [])
        own = sink.settings(timeout=1, final_timeout=1, batch_timeout=20, connections=2)
        with registry.create("smtp", own) as provider:
            yield provider, lambda: [row.recipient for row in sink.received()]
        return
    case = next(one for one in CASES if one.kind == kind)
    faults = [HttpFault("silence_after", times=1_000)] if silent else []
    with case.playing(*faults, connections=2) as (server, provider):
        yield provider, lambda: [taken.recipient for taken in server.api.taken]


def test_every_kind_is_here() -> None:
    assert sorted(KINDS) == registry.names()


@pytest.mark.parametrize("kind", KINDS)
def test_each_message_is_answered_once_and_leaves_once(kind: str, shared_sink: SmtpSink) -> None:
    batch = batch_for(kind)
    with playing(kind, shared_sink) as (provider, taken):
        assert (batch.shared is None) == (provider.capabilities.content is Content.RENDERED)
        indexes = Counter(index for group in provider.send_iter(batch) for index, _result in group)
        assert indexes == Counter(range(COUNT))
        assert sorted(taken()) == sorted(message.recipient for message in batch.items)


@pytest.mark.parametrize("kind", KINDS)
def test_closed_and_used_again(kind: str, shared_sink: SmtpSink) -> None:
    batch = batch_for(kind)
    with playing(kind, shared_sink) as (provider, taken):
        provider.send(Batch(batch.items[:5], batch.shared))
        provider.close()
        results = provider.send(Batch(batch.items[5:9], batch.shared))
        assert {one.outcome for one in results} == {Outcome.ACCEPTED}
        assert len(taken()) == 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_silence_after_the_payload_is_unknown_and_nothing_leaves_twice(
    kind: str, shared_sink: SmtpSink
) -> None:
    batch = batch_for(kind)
    with playing(kind, shared_sink, silent=True) as (provider, taken):
        results = provider.send(Batch(batch.items[:4], batch.shared))
        assert Outcome.ACCEPTED not in {one.outcome for one in results}
        assert Outcome.UNKNOWN in {one.outcome for one in results}
        assert max(Counter(taken()).values()) == 1
        # Whatever was not taken for certain is told apart from what may have been.
        for message, result in zip(batch.items, results, strict=False):
            assert result.outcome is Outcome.UNKNOWN or message.recipient not in taken()


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_there_is_an_error_before_anything_left(kind: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    if kind == "smtp":
        settings = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": 2}
    else:
        case = next(one for one in CASES if one.kind == kind)
        settings = {**case.settings, **PATIENCE, "api_url": f"http://127.0.0.1:{port}"}
    with registry.create(kind, settings) as provider, pytest.raises(ProviderUnavailable):
        provider.send(batch_for(kind))
