"""What the SMTP adapter makes of every answer and every silence: certain, or openly unknown."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections import Counter

import pytest

from messaging.providers.base import Batch, Fault, Outcome
from messaging.providers.smtp import answers
from tests.messaging.providers.conftest import make_batch, make_message, outcomes
from tests.support.smtp_sink import Fault as Planned

BOTH = pytest.mark.parametrize("pipelining", [True, False])


@BOTH
def test_refused_recipients_do_not_touch_their_neighbours(connect, play, pipelining):
    faults = [
        Planned("rcpt", code=550, text="5.1.1 <person3@example.com>: no such user", pattern="person3@"),
        Planned("rcpt", code=451, text="4.7.1 greylisted, come back in 5 minutes", pattern="person[56]@"),
        Planned("rcpt", code=552, text="5.2.2 mailbox of person9 is full", pattern="person9@"),
    ]
    with play(pipelining=pipelining, faults=faults) as sink:
        results = connect(sink).send(make_batch(11))
        wrong = {3: "refused", 5: "retry", 6: "retry", 9: "refused"}
        assert outcomes(results) == [wrong.get(number, "accepted") for number in range(11)]
        assert len(sink.received()) == 7
        assert sink.connection_count() == 1
    gone, grey, full = results[3], results[5], results[9]
    assert (gone.code, gone.enhanced, gone.fault) == (550, "5.1.1", Fault.RECIPIENT)
    assert gone.text == "<…>: no such user"
    assert (grey.code, grey.enhanced, grey.retry_after) == (451, "4.7.1", 300.0)
    assert (full.fault, full.text) == (Fault.MAILBOX, "mailbox of … is full")


@BOTH
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(("code", "outcome"), [(451, "retry"), (550, "refused")])
def test_an_answer_of_the_server_is_certain_at_every_stage(connect, play, pipelining, stage, code, outcome):
    text = f"{code // 100}.3.0 not this one"
    pattern = "[+]4@" if stage == "mail" else "person4@"
    with play(pipelining=pipelining, faults=[Planned(stage, code=code, text=text, pattern=pattern)]) as sink:
        results = connect(sink).send(make_batch(8))
        assert outcomes(results) == ["accepted"] * 4 + [outcome] + ["accepted"] * 3
        assert (results[4].code, results[4].enhanced, results[4].text) == (code, text[:5], "not this one")
        assert len(sink.received()) == 7
        assert sink.connection_count() == 1


def test_a_lone_dot_answers_an_invitation_without_recipients(connect, play):
    fault = Planned("rcpt", code=550, text="5.1.1 no such user", pattern="person[246]@")
    with play(data_without_recipients=True, faults=[fault]) as sink:
        results = connect(sink).send(make_batch(8))
        assert outcomes(results) == ["refused" if number in (2, 4, 6) else "accepted" for number in range(8)]
        assert results[4].enhanced == "5.1.1"
        assert len(sink.received()) == 5
        assert sink.connection_count() == 1


@BOTH
def test_many_random_refusals_are_all_accounted_for(connect, play, pipelining):
    faults = [
        Planned("mail", code=451, probability=0.05),
        Planned("rcpt", code=550, text="5.1.1 no", probability=0.1),
        Planned("data", code=451, probability=0.05),
        Planned("dot", code=554, text="5.6.0 no", probability=0.1),
        Planned("dot", code=421, text="4.3.0 leaving", probability=0.03),
        Planned("mail", code=421, text="4.3.0 leaving", probability=0.03),
    ]
    with play(pipelining=pipelining, faults=faults) as sink:
        results = connect(sink, connections=3).send(make_batch(150))
        taken = Counter(row.recipient for row in sink.received())
        assert set(taken.values()) == {1}
        accepted = {
            f"person{n}@example.com" for n, result in enumerate(results) if result.outcome == "accepted"
        }
        assert accepted == set(taken)
        assert Outcome.UNKNOWN not in {result.outcome for result in results}
        assert len({result.outcome for result in results}) == 3


@BOTH
def test_a_server_that_limits_a_connection_costs_no_message(connect, play, pipelining):
    with play(pipelining=pipelining, max_messages=6) as sink:
        results = connect(sink).send(make_batch(20))
        assert outcomes(results) == ["accepted"] * 20
        assert len(sink.received()) == 20
        assert sink.connection_count() == 4


def test_421_on_a_fresh_connection_is_retry_and_the_batch_gives_up_soon(connect, play):
    with play(faults=[Planned("mail", code=421, text="4.7.0 too fast, wait 60 seconds")]) as sink:
        started = time.monotonic()
        results = connect(sink).send(make_batch(40))
        assert time.monotonic() - started < 2
        assert outcomes(results) == ["retry"] * 40
        assert (results[0].code, results[0].retry_after) == (421, 60.0)
        assert sink.connection_count() <= 4
        assert sink.log() == []


@BOTH
def test_421_after_a_message_is_retry_for_it_and_the_rest_goes_on(connect, play, pipelining):
    fault = Planned("dot", code=421, text="4.3.2 shutting down", pattern="person2@", times=1)
    with play(pipelining=pipelining, faults=[fault]) as sink:
        results = connect(sink).send(make_batch(6))
        assert outcomes(results) == ["accepted", "accepted", "retry", "accepted", "accepted", "accepted"]
        assert len(sink.received()) == 5


@BOTH
@pytest.mark.parametrize("action", ["hang", "close", "reset"])
@pytest.mark.parametrize("keeps", [True, False])
def test_silence_after_the_final_dot_is_unknown(connect, play, pipelining, action, keeps):
    fault = Planned("dot", action=action, pattern="person2@", keeps=keeps)
    with play(pipelining=pipelining, faults=[fault]) as sink:
        results = connect(sink, final_timeout=0.5).send(make_batch(6))
        assert outcomes(results) == ["accepted", "accepted", "unknown", "accepted", "accepted", "accepted"]
        assert results[2].text == (answers.LATE_AFTER if action == "hang" else answers.LOST_AFTER)
        # Whatever the truth was, nobody got it twice.
        assert Counter(row.recipient for row in sink.received()) == Counter(
            f"person{n}@example.com" for n in range(6) if n != 2 or keeps
        )


@BOTH
@pytest.mark.parametrize("action", ["hang", "close", "reset"])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_silence_before_the_payload_is_certain_and_tried_again(connect, play, pipelining, action, stage):
    pattern = "[+]2@" if stage == "mail" else "person2@"
    fault = Planned(stage, action=action, pattern=pattern, times=1)
    with play(pipelining=pipelining, faults=[fault]) as sink:
        results = connect(sink, timeout=0.5).send(make_batch(6))
        assert outcomes(results) == ["accepted"] * 6
        assert Counter(row.recipient for row in sink.received()).most_common(1)[0][1] == 1
        assert len(sink.received()) == 6


@BOTH
def test_a_message_that_breaks_every_connection_ends_as_retry(connect, play, pipelining):
    with play(pipelining=pipelining, faults=[Planned("data", action="reset", pattern="person2@")]) as sink:
        results = connect(sink).send(make_batch(6))
        assert outcomes(results) == ["accepted", "accepted", "retry", "accepted", "accepted", "accepted"]
        assert results[2].text == answers.LOST_BEFORE


@pytest.mark.parametrize("action", ["close", "reset"])
def test_a_reset_before_the_final_dot_was_written_is_certain(connect, play, action):
    # Far more than the kernel's buffers hold: the dot cannot have been written when the sink hangs up.
    fault = Planned("body", action=action, after_bytes=60_000, pattern="person1@")
    with play(faults=[fault]) as sink:
        batch = Batch([make_message(0), make_message(1, size=30_000_000), make_message(2)])
        results = connect(sink).send(batch)
        assert outcomes(results) == ["accepted", "retry", "accepted"]
        assert [row.recipient for row in sink.log()] == ["person0@example.com", "person2@example.com"]


def test_a_reset_inside_data_once_the_whole_message_was_written_is_unknown(connect, play):
    # Small enough for the kernel to take it whole: from here nobody can tell that the sink read no end.
    fault = Planned("body", action="reset", after_bytes=1, pattern="person1@")
    with play(faults=[fault]) as sink:
        results = connect(sink).send(Batch([make_message(0), make_message(1, size=5_000), make_message(2)]))
        assert outcomes(results) == ["accepted", "unknown", "accepted"]
        assert len(sink.received()) == 2


def test_a_server_that_stops_reading_inside_the_payload_is_certain(connect, play):
    port, thread = scripted_server(OPENED, times=1, silence=1)
    with play() as sink:
        provider = connect(sink, port=port, batch_timeout=0.5)
        results = provider.send(Batch([make_message(1, size=30_000_000)]))
    assert outcomes(results) == ["retry"]
    assert results[0].text == answers.OUT_OF_TIME
    provider.close()
    thread.join(5)


def test_a_batch_ends_in_time_and_what_was_not_begun_is_retry(connect, play):
    with play(round_trip=0.2) as sink:
        provider = connect(sink, batch_timeout=1.5)
        started = time.monotonic()
        results = provider.send(make_batch(40))
        assert 1.4 < time.monotonic() - started < 2.5
        taken = len(sink.received())
        assert 2 <= taken < 10
        assert Counter(outcomes(results)) == {"accepted": taken, "retry": 40 - taken}
        assert results[-1].text == answers.OUT_OF_TIME
        assert outcomes(provider.send(make_batch(2))) == ["accepted"] * 2


def test_a_caller_that_stops_reading_leaves_no_half_spoken_connection(connect, play):
    with play(round_trip=0.01) as sink:
        provider = connect(sink)
        stream = provider.send_iter(make_batch(200))
        first = next(stream)
        stream.close()
        assert {result.outcome for _, result in first} == {Outcome.ACCEPTED}
        assert outcomes(provider.send(make_batch(3))) == ["accepted"] * 3
        assert sink.connection_count() == 2


def test_a_connection_the_server_closed_meanwhile_is_replaced_quietly(connect, play):
    with play() as sink:
        provider = connect(sink)
        provider.send(make_batch(3))
        sink.change(faults=[Planned("mail", action="close", times=1)])
        assert outcomes(provider.send(make_batch(3))) == ["accepted"] * 3
        assert sink.connection_count() == 2


def scripted_server(
    script: list[tuple[bytes, bytes]], *, times: int = 2, silence: float = 0
) -> tuple[int, threading.Thread]:
    """A server that waits for each first item and then sends the second; returns its port.

    It takes `times` connections, and keeps each open for `silence` seconds without reading.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener:
            listener.settimeout(1)
            for _ in range(times):
                with contextlib.suppress(OSError):
                    link, _ = listener.accept()
                    with link:
                        follow(link)

    def follow(link: socket.socket) -> None:
        for awaited, answer in script:
            seen = b""
            while awaited not in seen:
                data = link.recv(65536)
                if not data:
                    return
                seen += data
            link.sendall(answer)
        time.sleep(silence)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listener.getsockname()[1], thread


HELLO = [(b"", b"220 hi\r\n"), (b"EHLO", b"250-hi\r\n250 PIPELINING\r\n")]
OPENED = [*HELLO, (b"DATA", b"250 ok\r\n250 ok\r\n354 go\r\n")]
EMPTY_MESSAGE_TRAP = (b"DATA", b"550 5.7.1 not you\r\n250 ok\r\n354 go\r\n")


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ([*OPENED, (b"\r\n.\r\n", b"HTTP/1.1 400 Bad Request\r\n")], "unknown"),
        ([*OPENED, (b"\r\n.\r\n", b"354 again?\r\n")], "unknown"),
        ([*OPENED, (b"\r\n.\r\n", b"250 un")], "unknown"),
        ([*OPENED, (b"\r\n.\r\n", b"250-one\n250 two\n")], "accepted"),
        ([*OPENED, (b"\r\n.\r\n", b"599 odd\r\n")], "refused"),
        ([*HELLO, (b"DATA", b"250 ok\r\n250 ok\r\n250 what?\r\n")], "retry"),
        ([*HELLO, (b"DATA", b"250 ok\r\nnonsense\r\n")], "retry"),
        ([*HELLO, (b"DATA", b"250 ok\r\n250 ok\r\n354 go\r\n250 too soon\r\n")], "retry"),
        ([*HELLO, EMPTY_MESSAGE_TRAP], "refused"),
    ],
)
def test_a_server_that_makes_no_sense_never_makes_us_guess(connect, play, script, outcome):
    port, thread = scripted_server(script)
    with play() as sink:
        provider = connect(sink, port=port, final_timeout=0.5, timeout=1)
        assert outcomes(provider.send(make_batch(1))) == [outcome]
    provider.close()
    thread.join(5)
