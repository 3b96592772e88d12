"""How fast a mailing's content is made for its readers: whole messages, and values for providers of batches.

`make bench ONLY=content`. One process and no statement to the database: 100,000 readers of the newsletter of
the benchmark `dispatch` (about 30 kB, 12 tracked links), in batches as a worker makes them. A third of them
agreed to be measured, and a third live in a commune that is named.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from campaign_crm.platform.models import Organisation
from messaging.content.recipients import RecipientData
from messaging.dispatch import lifecycle
from messaging.dispatch.ledger import Key, Row
from messaging.dispatch.outbox import Built, Outbox, Prepared
from messaging.models import Campaign
from messaging.providers.base import OutgoingMessage
from messaging.services.campaigns import send_now
from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.newsletter import newsletter_blocks
from tests.messaging.people import make_account, make_campaign, make_officer, make_people, make_sender

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

READERS = {"small": 10_000, "full": 100_000}
BATCH = 100
PIECES = 90  # of which a message is joined: static text and values
SAMPLE = 500  # different messages of a limit
ROUNDS = 3
VALUES_AIMED = 200  # bytes a reader, besides the addresses with their tokens


@pytest.fixture
def outbox() -> Outbox:
    make_people(1)
    sender = make_sender(make_account())
    campaign = make_campaign(sender=sender, subject="{{ first_name }}, la lettre", blocks=newsletter_blocks())
    send_now(campaign=campaign, by=make_officer())
    assert lifecycle.freeze_waiting() == 1
    frozen = Campaign.objects.select_related("sender__provider_account").get(pk=campaign.pk)
    return Outbox(frozen, Organisation.current())


def test_whole_messages(outbox: Outbox) -> None:
    readers = READERS[size()]
    sample = _sample(outbox, slotted=False)
    wholes = [one.content for one in sample if isinstance(one.content, bytes)]
    pieces = [_cut(whole) for whole in wholes]
    bench = Benchmark(
        name="content",
        unit="messages/s",
        limit_is=f"the same bytes joined from {PIECES} pieces a message, nothing else done",
        better="higher",
        target="reported: what a message costs before it meets ledger and wire",
        settings={"readers": readers, "batch": BATCH},
        detail={"message_bytes": sum(map(len, wholes)) // len(wholes)},
    )
    bench.run(
        figure=lambda _number: readers / _seconds_of(outbox, readers, slotted=False),
        limit=lambda _number: _rate(pieces, b"".join, readers),
        rounds=ROUNDS,
    )
    bench.write()


def test_values_of_readers(outbox: Outbox) -> None:
    readers = READERS[size()]
    values = [one.slots for one in _sample(outbox, slotted=True)]
    own, addresses = _bytes_of(values)
    bench = Benchmark(
        name="content_values",
        unit="readers/s",
        limit_is="the same values written as JSON, as every provider of batches takes them",
        better="higher",
        target=f"about {VALUES_AIMED} bytes of values a reader, besides the addresses of their own",
        settings={"readers": readers, "batch": BATCH},
        detail={"value_bytes": own, "address_bytes": addresses},
    )
    bench.run(
        figure=lambda _number: readers / _seconds_of(outbox, readers, slotted=True),
        limit=lambda _number: _rate(values, json.dumps, readers),
        rounds=ROUNDS,
    )
    bench.write()
    print(f"  a reader's values: {own} bytes, and {addresses} bytes of addresses with tokens")
    assert own <= VALUES_AIMED * 1.5


def _seconds_of(outbox: Outbox, readers: int, *, slotted: bool) -> float:
    """Seconds of building alone; the readers themselves are invented between the batches."""
    spent = 0.0
    for batch in _batches(readers):
        started = time.perf_counter()
        built = outbox.build(batch, at=timezone.now(), slotted=slotted)
        spent += time.perf_counter() - started
        _check(built)
    return spent


def _check(built: Built) -> None:
    assert not built.faults
    assert len(built.messages) == BATCH


def _sample(outbox: Outbox, *, slotted: bool) -> list[OutgoingMessage]:
    return [
        message
        for batch in _batches(SAMPLE)
        for _row, message in outbox.build(batch, at=timezone.now(), slotted=slotted).messages
    ]


def _rate(sample: list[Any], make: Callable[[Any], object], count: int) -> float:
    started = time.perf_counter()
    for number in range(count):
        make(sample[number % SAMPLE])
    return count / (time.perf_counter() - started)


def _cut(whole: bytes) -> list[bytes]:
    length = -(-len(whole) // PIECES)
    return [whole[start : start + length] for start in range(0, len(whole), length)]


def _bytes_of(values: list[tuple[str, ...]]) -> tuple[int, int]:
    """(bytes of values, bytes of addresses) of a reader, on average."""
    own = sum(len(value.encode()) for one in values for value in one if "://" not in value)
    addresses = sum(len(value) for one in values for value in one if "://" in value)
    return own // len(values), addresses // len(values)


def _batches(readers: int) -> Iterator[list[Prepared]]:
    for start in range(1, readers + 1, BATCH):
        yield [_reader(number) for number in range(start, start + BATCH)]


def _reader(number: int) -> Prepared:
    """An invented reader; one in ten has a name outside ASCII."""
    first = f"Zoé{number}" if number % 10 == 0 else f"Camille{number}"
    measured = number % 3 == 0
    row = Row(
        key=Key(number, ""),
        address=f"person{number}@example.com",
        address_hash=number.to_bytes(32, "big"),
        variant=0,
        measured=measured,
        department="60",
        language="fr",
        attempts=0,
        source=None,
        context=None,
    )
    data = RecipientData(
        gender="F" if number % 2 else "M",
        first_name=first,
        last_name=f"Martin{number}",
        commune=("Creil", "Creil", "à Creil", "de Creil") if number % 3 == 1 else None,
        origin_sentence="Nous vous écrivons parce que vous vous êtes inscrit(e) sur notre site.",
        measured=measured,
    )
    return Prepared(row, data)
