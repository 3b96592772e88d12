"""The contract of every provider that takes batches over HTTP, against a server that plays its API.

Each test is about what the dispatcher relies on: one result a message, never a guess, nothing twice.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from messaging.providers import registry
from messaging.providers.base import Batch, Content, Fault, Outcome, Result
from messaging.providers.errors import ProviderRefused, ProviderUnavailable, SettingsInvalid
from messaging.providers.http import answers, run, transport
from messaging.providers.http.transport import Transport
from tests.messaging.providers.cases import CASES, PATIENCE, Case
from tests.messaging.providers.slotted import make_batch, make_message, make_shared, read_like
from tests.support.http_fakes import FakeServer, HttpFault

pytestmark = pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)

SOME = 7  # messages of a small batch


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeated call waits a second for real."""
    monkeypatch.setattr(run, "REPEAT_PAUSE", 0.01)


def outcomes(results: list[Result]) -> set[str]:
    return {result.outcome.value for result in results}


def recipients(server: FakeServer) -> list[str]:
    return sorted(taken.recipient for taken in server.api.taken)


def addresses(batch: Batch) -> list[str]:
    return sorted(message.recipient for message in batch.items)


def test_each_message_is_answered_once_and_taken_once(case: Case) -> None:
    batch = make_batch(case.per_call + SOME)
    with case.playing() as (server, provider):
        seen = Counter(index for group in provider.send_iter(batch) for index, _result in group)
        assert seen == Counter(range(len(batch.items)))
        assert recipients(server) == addresses(batch)
        assert len(server.made) == 2
        assert provider.capabilities.content is Content.SLOTS


def test_readers_get_the_text_letter_by_letter(case: Case) -> None:
    batch = make_batch(3)
    with case.playing() as (server, provider):
        results = provider.send(batch)
    assert outcomes(results) == {"accepted"}
    for number, taken in enumerate(sorted(server.api.taken, key=lambda one: one.recipient)):
        assert (taken.subject, taken.html, taken.text) == read_like(batch, number)


def test_one_message_alone_reads_the_same(case: Case) -> None:
    batch = make_batch(1)
    with case.playing() as (server, provider):
        assert outcomes(provider.send(batch)) == {"accepted"}
    (taken,) = server.api.taken
    assert (taken.subject, taken.html, taken.text) == read_like(batch, 0)


def test_each_message_has_its_own_headers_and_its_key(case: Case) -> None:
    batch = make_batch(4)
    with case.playing() as (server, provider):
        results = provider.send(batch)
    for number, taken in enumerate(sorted(server.api.taken, key=lambda one: one.recipient)):
        assert taken.headers["List-Unsubscribe"] == f"<https://example.org/u/{number}>"
        assert taken.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert taken.headers["Feedback-ID"] == "42:mailing:example.org"
        assert taken.key == batch.items[number].key
        assert taken.sender == "news@example.org"
        if results[number].message_id:
            assert results[number].message_id == taken.message_id.strip("<>")


def test_batches_are_cut_by_bytes(case: Case) -> None:
    """Long values that differ: the documented bytes of a call hold fewer messages than its count."""
    batch = make_batch(case.per_call)
    wide = [
        message._replace(slots=(f"{number} " + "é" * 2_000, *message.slots[1:]))
        for number, message in enumerate(batch.items)
    ]
    with case.playing(batch_timeout=60) as (server, provider):
        results = provider.send(Batch(wide, batch.shared))
        limit = provider.capabilities.max_call_bytes or 0
    assert outcomes(results) == {"accepted"}
    assert recipients(server) == addresses(batch)
    assert max(len(made.body) for made in server.made) <= limit + 40_000


def test_a_long_block_that_readers_share_is_sent_once(case: Case) -> None:
    blocks = ("<p>" + "north " * 20_000 + "{{ x }}</p>", "<p>" + "south " * 20_000 + "</p>")
    shared = make_shared()
    messages = [
        message._replace(slots=(blocks[number % 2], *message.slots[1:]))
        for number, message in enumerate(make_batch(20).items)
    ]
    batch = Batch(messages, shared)
    with case.playing() as (server, provider):
        assert outcomes(provider.send(batch)) == {"accepted"}
    assert len(server.made) == 2
    for taken in server.api.taken:
        number = next(n for n, one in enumerate(messages) if one.recipient == taken.recipient)
        assert taken.html == read_like(batch, number)[1]


def test_two_messages_to_one_address_both_leave_with_their_own_values(case: Case) -> None:
    batch = Batch([make_message(1), make_message(2, recipient="Person1@example.com")], make_shared())
    with case.playing() as (server, provider):
        assert outcomes(provider.send(batch)) == {"accepted"}
    assert sorted(taken.key for taken in server.api.taken) == sorted(one.key for one in batch.items)


def test_a_message_too_large_is_refused_and_harms_no_other(case: Case) -> None:
    batch = make_batch(3)
    huge = batch.items[1]._replace(slots=("x" * 40_000_000, *batch.items[1].slots[1:]))
    with case.playing() as (_server, provider):
        if case.kind == "brevo":
            pytest.skip("Brevo's limit is one of values; a block alone in its call is plain text")
        results = provider.send(Batch([batch.items[0], huge, batch.items[2]], batch.shared))
    assert [result.outcome.value for result in results] == ["accepted", "refused", "accepted"]
    assert (results[1].fault, results[1].text) == (Fault.MESSAGE, answers.TOO_LARGE)


# --- nothing was taken, for certain ---


def test_nobody_there_is_an_error_and_nothing_is_uncertain(case: Case) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    settings = {**case.settings, **PATIENCE, "api_url": url}
    with registry.create(case.kind, settings) as provider, pytest.raises(ProviderUnavailable) as error:
        provider.send(make_batch(SOME))
    assert not error.value.permanent


def test_wrong_credentials_are_an_error_for_a_person(case: Case) -> None:
    with case.playing() as (server, provider):
        server.api.wants_value = "another"
        server.api.key = "another"
        with pytest.raises(ProviderRefused) as error:
            provider.send(make_batch(SOME))
    assert error.value.permanent
    assert server.api.taken == []


def test_a_suspended_account_is_an_error_for_a_person(case: Case) -> None:
    with case.playing() as (server, provider):
        server.api.suspended = True
        with pytest.raises(ProviderRefused):
            provider.send(make_batch(SOME))
        assert server.api.taken == []


def test_a_sender_that_is_not_verified_is_the_senders_fault(case: Case) -> None:
    with case.playing() as (server, provider):
        server.api.unverified.add("news@example.org")
        results = provider.send(make_batch(SOME))
    assert {(result.outcome, result.fault) for result in results} == {(Outcome.REFUSED, Fault.SENDER)}
    assert all("@" not in result.text for result in results)
    assert server.api.taken == []


def test_too_many_calls_says_how_long_to_wait(case: Case) -> None:
    fault = HttpFault("answer", times=9, status=429, headers={"Retry-After": "120"})
    with case.playing(fault) as (server, provider), pytest.raises(ProviderUnavailable) as error:
        provider.send(make_batch(SOME))
    assert error.value.retry_after == 120
    assert len(server.made) == 1


def test_a_short_wait_is_waited_for(case: Case) -> None:
    fault = HttpFault("answer", status=429, headers={"Retry-After": "0.2"})
    batch = make_batch(SOME)
    started = time.monotonic()
    with case.playing(fault) as (server, provider):
        assert outcomes(provider.send(batch)) == {"accepted"}
    assert time.monotonic() - started >= 0.2
    assert recipients(server) == addresses(batch)


def test_a_call_cut_before_its_end_is_certain(case: Case) -> None:
    """A server that reset the connection while a large body was being written lacks its end."""
    shared = make_shared(html=("x" * (900_000 if case.kind == "mailjet" else 6_000_000),))
    if case.kind == "ses":
        pytest.skip("SES takes a megabyte a call: loopback buffers hold it whole")
    with case.playing(HttpFault("reset")) as (server, provider):
        with pytest.raises(ProviderUnavailable):
            provider.send(Batch(make_batch(SOME).items, shared))
        assert server.api.taken == []


def test_one_bad_message_among_many_is_found_and_the_others_leave(case: Case) -> None:
    batch = make_batch(SOME)
    with case.playing() as (server, provider):
        server.api.bad_recipients.add("person3@example.com")
        results = provider.send(batch)
    assert [result.outcome for result in results] == [
        Outcome.REFUSED if number == 3 else Outcome.ACCEPTED for number in range(SOME)
    ]
    assert results[3].fault in (Fault.MESSAGE, Fault.OTHER)
    assert recipients(server) == [one for one in addresses(batch) if not one.startswith("person3@")]


def test_an_account_that_stops_in_the_middle_keeps_what_was_taken(case: Case) -> None:
    batch = make_batch(case.per_call * 2)
    with case.playing() as (server, provider):

        def hand_over(places: Sequence[int]) -> Sequence[int]:
            if server.made:  # the first call has left, and the next is about to
                server.faults.append(HttpFault("answer", times=9, status=429, headers={"Retry-After": "900"}))
            return places

        results: dict[int, Result] = {}
        for group in provider.send_iter(replace(batch, hand_over=hand_over)):
            results.update(group)
    assert len(results) == len(batch.items)
    waiting = [result for result in results.values() if result.outcome is Outcome.RETRY]
    assert len(server.api.taken) + len(waiting) == len(batch.items)
    assert {(one.fault, one.retry_after) for one in waiting} == {(Fault.ACCOUNT, 900.0)}


# --- openly uncertain ---


@pytest.mark.parametrize("kind", ["answer_after", "silence_after", "reset_after", "silence", "answer"])
def test_what_may_have_been_taken_is_unknown_and_never_sent_again(case: Case, kind: Any) -> None:
    batch = make_batch(SOME)
    with case.playing(HttpFault(kind, times=9)) as (server, provider):
        results = provider.send(batch)
        assert outcomes(results) == {"unknown"}
        assert max(Counter(taken.key for taken in server.api.taken).values(), default=0) <= 1
        assert len(server.made) == (3 if case.repeats else 1)


def test_an_answer_cut_in_the_middle_is_never_a_guess(case: Case) -> None:
    batch = make_batch(SOME)
    with case.playing(HttpFault("cut")) as (server, provider):
        results = provider.send(batch)
    assert outcomes(results) in ({"accepted"}, {"unknown"})
    assert recipients(server) == addresses(batch)
    assert len(server.made) == 1


def test_an_answer_without_end_is_left(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = make_batch(SOME)
    with case.playing(HttpFault("drip"), batch_timeout=1) as (_server, provider):
        monkeypatch.setattr(type(provider), "last_call_seconds", 0.5)
        started = time.monotonic()
        assert outcomes(provider.send(batch)) == {"unknown"}
        assert time.monotonic() - started < 4
        second = provider.send(Batch([make_message(90)], batch.shared))
        assert outcomes(second) == {"accepted"}


def test_a_slow_provider_is_waited_for(case: Case) -> None:
    with case.playing(HttpFault("slow", seconds=0.3)) as (_server, provider):
        assert outcomes(provider.send(make_batch(SOME))) == {"accepted"}


def test_out_of_time_is_certain(case: Case) -> None:
    """What was not begun was not handed over: no intent, no result, and nobody got it."""
    asked: list[int] = []

    def hand_over(places: Sequence[int]) -> Sequence[int]:
        asked.extend(places)
        return places

    batch = replace(make_batch(case.per_call * 3), hand_over=hand_over)
    with case.playing(HttpFault("slow", times=9, seconds=0.8), batch_timeout=1, timeout=5) as (
        server,
        provider,
    ):
        results = provider.send(batch)
    assert outcomes(results) == {"accepted"}
    assert len(server.api.taken) == len(results) == len(asked)
    assert 0 < len(asked) < len(batch.items)


def test_a_call_that_is_put_off_until_time_ends_surely_did_not_leave(case: Case) -> None:
    batch = make_batch(SOME)
    wait = HttpFault("answer", times=9, status=429, headers={"Retry-After": "0.6"})
    with case.playing(HttpFault("slow", seconds=0.5), wait, batch_timeout=1, timeout=5) as (
        server,
        provider,
    ):
        provider.send(make_batch(1))
        with pytest.raises(ProviderUnavailable) as raised:
            provider.send(batch)
    assert raised.value.retry_after == 0.6
    assert len(server.api.taken) == 1


# --- connections ---


def test_connections_are_kept_between_batches(case: Case) -> None:
    with case.playing() as (server, provider):
        provider.send(make_batch(2))
        provider.send(make_batch(2))
        assert len({made.connection for made in server.made}) == 1
        provider.close()
        provider.send(make_batch(2))
        assert len({made.connection for made in server.made}) == 2


def test_calls_are_made_at_once(case: Case) -> None:
    batch = make_batch(case.per_call * 2)
    with case.playing(HttpFault("together", times=2), connections=2, timeout=30, batch_timeout=60) as (
        server,
        provider,
    ):
        assert outcomes(provider.send(batch)) == {"accepted"}
        assert len({made.connection for made in server.made}) == 2


def test_after_a_fork_the_child_has_connections_of_its_own(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    with case.playing() as (server, provider):
        provider.send(make_batch(1))
        process = os.getpid()
        monkeypatch.setattr(os, "getpid", lambda: process + 1)
        provider.send(make_batch(1))
        assert len({made.connection for made in server.made}) == 2


# --- settings and checks ---


def test_settings_are_refused_with_a_sentence_a_field(case: Case) -> None:
    with pytest.raises(SettingsInvalid) as error:
        registry.create(case.kind, {"surprise": 1, "connections": 99, "api_url": "http://example.org"})
    required = {
        field.name for field in registry.kind(case.kind).fields if field.required and not field.default
    }
    assert {"surprise", "connections", "api_url"} | required <= set(error.value.problems)


def test_secrets_are_in_no_text(case: Case) -> None:
    provider = registry.create(case.kind, {**case.settings, "api_url": "http://127.0.0.1:9"})
    secrets = [
        str(case.settings[field.name])
        for field in registry.kind(case.kind).fields
        if field.type == "secret" and field.name in case.settings
    ]
    assert secrets
    shown = repr(vars(provider)["config"])
    assert not any(secret in shown for secret in secrets)


def test_a_check_says_what_is_well(case: Case) -> None:
    with FakeServer(case.fake()) as server:
        found = registry.check(case.kind, case.settings_for(server))
        assert server.api.taken == []
    assert found[0].level == "ok"
    assert "error" not in {one.level for one in found}
    assert any("example.org" in str(one.text) for one in found)


def test_a_check_says_that_the_key_is_wrong(case: Case) -> None:
    with FakeServer(case.fake()) as server:
        server.api.wants_value = server.api.key = "another"
        found = registry.check(case.kind, case.settings_for(server))
    assert found[-1].level == "error"
    assert re.search(r"key|rights", str(found[-1].text))


def test_a_check_says_that_the_account_is_suspended(case: Case) -> None:
    with FakeServer(case.fake()) as server:
        server.api.suspended = True
        found = registry.check(case.kind, case.settings_for(server))
    assert "error" in {one.level for one in found}


def test_a_check_says_that_nobody_answers(case: Case) -> None:
    found = registry.check(case.kind, {**case.settings, "api_url": "http://127.0.0.1:9"})
    assert [one.level for one in found] == ["error"]
    assert str(found[0].text).startswith(transport.UNREACHABLE)


def test_machine_wide_credentials_are_not_read(case: Case) -> None:
    provider = registry.create(case.kind, {**case.settings, "api_url": "http://127.0.0.1:9"})
    ways: Transport = vars(provider)["transport"]
    assert ways._lines.get().session.trust_env is False
