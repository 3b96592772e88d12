"""What the SMTP adapter does when all goes well, and how it speaks."""

from __future__ import annotations

import os
import time
from collections import Counter
from email.message import EmailMessage

import pytest

from messaging.providers.base import Batch, Fault, Outcome, OutgoingMessage
from tests.messaging.providers.conftest import make_batch, make_message, outcomes


@pytest.mark.parametrize("pipelining", [True, False])
def test_every_message_is_taken_once_and_results_align(connect, play, pipelining):
    with play(pipelining=pipelining) as sink:
        batch = make_batch(120)
        results = connect(sink, connections=3).send(batch)
        assert [result.outcome for result in results] == [Outcome.ACCEPTED] * 120
        assert all(result.code == 250 and result.enhanced == "2.0.0" for result in results)
        assert len({result.message_id for result in results}) == 120
        assert Counter(row.recipient for row in sink.received()) == Counter(
            item.recipient for item in batch.items
        )
        assert {(row.sender, row.message_id) for row in sink.received()} == {
            (f"bounce+{number}@example.org", f"{number}@example.org") for number in range(120)
        }


def test_pipelining_takes_one_round_trip_a_message(connect, play):
    with play(round_trip=0.02) as sink:
        provider = connect(sink)
        provider.send(make_batch(1))
        started = time.monotonic()
        provider.send(make_batch(20))
        pipelined = time.monotonic() - started
        sink.change(pipelining=False)
        provider.close()
        provider.send(make_batch(1))
        started = time.monotonic()
        provider.send(make_batch(20))
        lock_step = time.monotonic() - started
    assert 0.42 <= pipelined < 0.8  # 21 round trips
    assert lock_step >= 1.6  # 80 round trips


def test_connections_are_kept_between_batches(connect, play):
    with play() as sink:
        provider = connect(sink)
        for _ in range(5):
            assert outcomes(provider.send(make_batch(10))) == ["accepted"] * 10
        assert sink.connection_count() == 1
        provider.close()
        assert outcomes(provider.send(make_batch(1))) == ["accepted"]
        assert sink.connection_count() == 2


def test_a_small_batch_opens_few_connections(connect, play):
    with play() as sink:
        connect(sink, connections=8).send(make_batch(3))
        assert sink.connection_count() == 1


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_connection_is_left_after_its_share_of_messages(connect, play, pipelining):
    with play(pipelining=pipelining) as sink:
        results = connect(sink, messages_per_connection=7).send(make_batch(30))
        assert outcomes(results) == ["accepted"] * 30
        assert sink.connection_count() == 5
        assert len(sink.received()) == 30


def test_results_come_in_small_groups_each_index_once(connect, play):
    with play() as sink:
        groups = list(connect(sink).send_iter(make_batch(180)))
    assert sorted(index for group in groups for index, _ in group) == list(range(180))
    assert max(map(len, groups)) <= 60
    assert len(groups) >= 3


def test_an_empty_batch_opens_nothing(connect, play):
    with play() as sink:
        assert connect(sink).send(Batch([])) == []
        assert sink.connection_count() == 0


def test_messages_arrive_byte_for_byte(connect, play):
    lines = [b".", b"..", b".leading dot", b"", b"middle . dot", b".", b"end."]
    whole = b"Subject: dots\r\nMessage-ID: <1@example.org>\r\n\r\n" + b"\r\n".join(lines) + b"\r\n"
    shared = b"Subject: parts\r\n\r\n" + b"shared line\r\n" * 40
    contents = [
        whole,
        (whole[:60], whole[60:61], b"", whole[61:]),
        (shared, b".value at the start of a line\r\n", b"."),
        (shared, b"Jean", b". not at the start\r\n", b"...\r\n"),
        b".starts with a dot\r\n",
        b"no line end at the end",
        b"",
    ]
    with play(keep_messages=True) as sink:
        messages = [make_message(n)._replace(content=content) for n, content in enumerate(contents)]
        assert outcomes(connect(sink).send(Batch(messages))) == ["accepted"] * len(contents)
        joined = [content if isinstance(content, bytes) else b"".join(content) for content in contents]
        expected = [raw if raw.endswith(b"\r\n") else raw + b"\r\n" for raw in joined]
        assert sink.raw_messages() == expected


@pytest.mark.parametrize(
    "smuggled", [b"\n.\nMAIL", b"\r.\rMAIL", b"\n.\r\nMAIL", b"\r\n.\nMAIL", b"\r.\r\nMAIL"]
)
def test_a_careless_line_end_cannot_end_the_message_early(connect, play, smuggled):
    evil = smuggled + b" FROM:<x@example.org>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nforged\r\n"
    for content in (b"Subject: a\r\n\r\nbody" + evil, (b"Subject: a\r\n\r\n" + b"x" * 300, b"body" + evil)):
        with play(keep_messages=True) as sink:
            assert outcomes(connect(sink).send(Batch([make_message(1)._replace(content=content)]))) == [
                "accepted"
            ]
            [raw] = sink.raw_messages()
            assert b"forged" in raw
            assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
            assert [row.recipient for row in sink.received()] == ["person1@example.com"]


def test_a_message_with_bare_line_feeds_is_mended(connect, play):
    message = EmailMessage()
    message["Subject"] = "Été"
    message.set_content("Bonjour\n.\nÀ bientôt\n")
    with play(keep_messages=True) as sink:
        results = connect(sink).send(Batch([make_message(1)._replace(content=message.as_bytes())]))
        assert outcomes(results) == ["accepted"]
        [received] = sink.messages()
    assert received["Subject"] == "Été"
    assert received.get_content().splitlines() == ["Bonjour", ".", "À bientôt"]


def test_a_large_message_passes_while_the_server_reads_slowly(connect, play):
    with play(keep_messages=True) as sink:
        big = make_message(1, size=8_000_000)
        results = connect(sink).send(Batch([make_message(0), big, make_message(2)]))
        assert outcomes(results) == ["accepted"] * 3
        assert sink.raw_messages()[1] == big.content


def test_smtputf8_is_asked_for_only_when_needed(connect, play):
    eight_bit = "Subject: a\r\n\r\nÉté\r\n".encode()
    raw_header = "Subject: Été\r\n\r\nbody\r\n".encode()
    messages = [
        make_message(1, recipient="rené@example.com"),
        make_message(2, recipient="jean@exämple.com"),
        make_message(3, recipient="jean@straße.example"),
        make_message(4)._replace(content=eight_bit),
        make_message(5)._replace(content=raw_header),
    ]
    with play() as sink:
        assert outcomes(connect(sink).send(Batch(messages))) == ["accepted"] * 5
        assert [row.recipient for row in sink.received()] == [
            "rené@example.com",
            "jean@xn--exmple-cua.com",
            "jean@xn--strae-oqa.example",
            "person4@example.com",
            "person5@example.com",
        ]
    with play(smtputf8=False) as sink:
        results = connect(sink).send(Batch(messages))
        assert outcomes(results) == ["refused", "accepted", "accepted", "accepted", "refused"]
        assert [results[0].fault, results[4].fault] == [Fault.RECIPIENT, Fault.MESSAGE]
        assert results[0].enhanced == "5.6.7"
        assert len(sink.received()) == 3
    with play(smtputf8=False, eight_bit=False) as sink:
        results = connect(sink).send(Batch(messages))
        assert outcomes(results) == ["refused", "accepted", "accepted", "refused", "refused"]
        assert results[3].enhanced == "5.6.3"


def test_a_message_larger_than_the_server_takes_is_refused_unsent(connect, play):
    with play(size=10_000) as sink:
        results = connect(sink).send(Batch([make_message(0), make_message(1, size=20_000), make_message(2)]))
        assert outcomes(results) == ["accepted", "refused", "accepted"]
        assert (results[1].enhanced, results[1].fault, results[1].code) == ("5.3.4", Fault.MESSAGE, 0)
        assert len(sink.log()) == 2


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com>\r\nRCPT TO:<victim@example.com",
        "a b@example.com",
        "no-at-sign",
        "@example.com",
        "a@",
        "<a@example.com>",
        "é" * 40 + "@example.com",
        "",
    ],
)
def test_an_address_that_cannot_be_a_command_is_refused_unsent(connect, play, address):
    with play() as sink:
        bad = OutgoingMessage("key", "bounce@example.org", address, b"Subject: a\r\n\r\nb\r\n")
        results = connect(sink).send(Batch([bad, make_message(1)]))
        assert outcomes(results) == ["refused", "accepted"]
        assert results[0].fault is Fault.RECIPIENT
        assert [row.recipient for row in sink.log()] == ["person1@example.com"]


def test_a_bad_sender_is_refused_as_ours_and_an_empty_one_is_the_null_path(connect, play):
    with play() as sink:
        bad = make_message(1)._replace(sender="x y@example.org")
        results = connect(sink).send(Batch([bad, make_message(2)._replace(sender="")]))
        assert outcomes(results) == ["refused", "accepted"]
        assert results[0].fault is Fault.SENDER
        assert [row.sender for row in sink.received()] == [""]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_speaks_on_connections_of_its_own(connect, play):
    with play() as sink:
        provider = connect(sink)
        provider.send(make_batch(3))
        child = os.fork()
        if child == 0:
            sent = provider.send(make_batch(3))
            os._exit(0 if outcomes(sent) == ["accepted"] * 3 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert outcomes(provider.send(make_batch(3))) == ["accepted"] * 3
        assert len(sink.received()) == 9
        assert sink.connection_count() == 2
