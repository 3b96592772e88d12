"""Messages and senders for the provider tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.utils import translation

from messaging.providers import registry
from messaging.providers.base import Batch, OutgoingMessage, Provider, Result
from tests.support.smtp_sink import SmtpSink


def make_message(number: int, *, recipient: str = "", size: int = 800, **more: Any) -> OutgoingMessage:
    """A plain message of about `size` bytes; `number` names it."""
    head = f"From: news@example.org\r\nSubject: Hello {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n"
    line = b"The quick brown fox jumps over the lazy dog, again and again and again.\r\n"
    body = line * max(1, (size - len(head)) // len(line))
    return OutgoingMessage(
        key=f"key-{number}",
        sender=f"bounce+{number}@example.org",
        recipient=recipient or f"person{number}@example.com",
        content=head.encode() + body,
    )._replace(**more)


def make_batch(count: int, **more: Any) -> Batch:
    return Batch([make_message(number, **more) for number in range(count)])


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """What a check finds is asserted as it is written in the code."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def shared_sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def play(shared_sink: SmtpSink) -> Callable[..., AbstractContextManager[SmtpSink]]:
    """`with play(faults=[...]) as sink:` is `with SmtpSink(...)` without the cost of a process a test."""

    def start(**options: Any) -> AbstractContextManager[SmtpSink]:
        shared_sink.start_over(**options)
        return nullcontext(shared_sink)

    return start


@pytest.fixture
def connect() -> Iterator[Callable[..., Provider]]:
    """Make an SMTP provider for a sink; closed after the test. Short timeouts unless others are given."""
    made: list[Provider] = []

    def make(sink: SmtpSink, **settings: Any) -> Provider:
        patience = {"timeout": 5, "final_timeout": 5, "batch_timeout": 20, "connections": 1}
        provider = registry.create("smtp", sink.settings(**{**patience, **settings}))
        made.append(provider)
        return provider

    yield make
    for provider in made:
        provider.close()


def outcomes(results: list[Result]) -> list[str]:
    return [result.outcome.value for result in results]
