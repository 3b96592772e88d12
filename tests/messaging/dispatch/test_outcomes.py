"""Every answer of a provider, and what it makes of the row."""

from __future__ import annotations

import pytest

from messaging.dispatch.ledger import Key
from messaging.dispatch.outcomes import LONGEST_DELAY, MAX_ATTEMPTS, OUR_LONGEST_DELAY, delay_after, judge
from messaging.enums import DeliveryState as State
from messaging.providers.base import Fault, Outcome, Result

KEY = Key(1, "")


@pytest.mark.parametrize(
    ("result", "attempts", "state", "answer"),
    [
        (Result(Outcome.ACCEPTED, "4Xyz", 250, "2.0.0", "Ok"), 0, State.ACCEPTED, ""),
        (
            Result(Outcome.REFUSED, "", 550, "5.1.1", "no such user", None, Fault.RECIPIENT),
            0,
            State.FAILED,
            "550 5.1.1 no such user",
        ),
        (Result(Outcome.REFUSED, "", 552, "5.2.2", "", None, Fault.MAILBOX), 0, State.FAILED, "552 5.2.2"),
        (Result(Outcome.REFUSED, "", 554, "5.6.0", "", None, Fault.MESSAGE), 0, State.FAILED, "554 5.6.0"),
        (Result(Outcome.REFUSED, "", 550, "5.7.1", "", None, Fault.SENDER), 0, State.RETRY_WAIT, "550 5.7.1"),
        (Result(Outcome.REFUSED, "", 535, "", "", None, Fault.ACCOUNT), 0, State.RETRY_WAIT, "535"),
        (Result(Outcome.RETRY, "", 451, "4.7.1", "later"), 0, State.RETRY_WAIT, "451 4.7.1 later"),
        (Result(Outcome.RETRY, "", 451, "4.7.1", "later"), 4, State.FAILED, "451 4.7.1 later"),
        (Result(Outcome.UNKNOWN, text="lost"), 0, State.UNKNOWN, "lost"),
        (Result(Outcome.UNKNOWN, text="lost"), 4, State.UNKNOWN, "lost"),
    ],
)  # fmt: skip
def test_a_result_decides_the_state(result: Result, attempts: int, state: State, answer: str) -> None:
    settled = judge(KEY, result, attempts=attempts)
    assert (settled.state, settled.attempts, settled.answer) == (state, attempts + 1, answer)
    assert (settled.delay > 0) == (state == State.RETRY_WAIT)
    assert settled.message_id == result.message_id


@pytest.mark.parametrize("fault", [Fault.SENDER, Fault.ACCOUNT])
def test_a_refusal_of_our_sender_or_account_never_ends_a_recipient(fault: Fault) -> None:
    for attempts in range(2 * MAX_ATTEMPTS):
        settled = judge(KEY, Result(Outcome.REFUSED, "", 550, "5.7.1", "", None, fault), attempts=attempts)
        assert settled.state == State.RETRY_WAIT
        assert 0 < settled.delay <= OUR_LONGEST_DELAY


def test_a_quota_that_is_full_never_ends_a_recipient() -> None:
    full = Result(Outcome.RETRY, "", 452, "4.5.3", "quota", None, Fault.ACCOUNT)
    assert judge(KEY, full, attempts=MAX_ATTEMPTS).state == State.RETRY_WAIT


def test_delays_grow_up_to_a_limit() -> None:
    expected = [60, 240, 960, 3840]
    for attempts, seconds in enumerate(expected, start=1):
        assert 0.8 * seconds <= delay_after(attempts) <= 1.2 * seconds
    assert delay_after(40) <= 1.2 * LONGEST_DELAY


def test_the_server_says_how_long_to_wait() -> None:
    settled = judge(KEY, Result(Outcome.RETRY, retry_after=300.0), attempts=0)
    assert settled.delay == 300.0
    assert delay_after(1, asked=10**9) == LONGEST_DELAY


def test_five_attempts_and_no_more() -> None:
    states = [judge(KEY, Result(Outcome.RETRY), attempts=n).state for n in range(MAX_ATTEMPTS)]
    assert states == [State.RETRY_WAIT] * 4 + [State.FAILED]
