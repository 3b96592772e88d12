"""When a way out fails: wait longer each time, then pause its mailings and say why.

Service messages are never paused: their way out rests and is tried again, and administrators are told.

Counted in each worker by itself: what is shared is the pause, a state of the campaign. Answers that never
come are counted together (`messaging.dispatch.doubts`): each costs somebody a message or a second one.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext_noop

from messaging.dispatch import doubts
from messaging.dispatch.doubts import Answers, Doubt
from messaging.providers.base import Fault, Outcome, Result
from messaging.providers.smtp.sources import Stream

CONNECTION_FAILURES = 10
"""Calls in a row that could not be made, some minutes in all, before a mailing is paused."""

REFUSALS = 20
"""Messages in a row refused for our own reasons (sender, account, content) before a mailing is paused; fewer
when nothing else of a chunk was accepted: a small mailing never comes to twenty."""

FIRST_REST = 5.0  # seconds
LONGEST_REST = 60.0

NOT_THE_RECIPIENT = frozenset({Fault.SENDER, Fault.ACCOUNT, Fault.MESSAGE})

UNREACHABLE = gettext_noop("The way out could not be reached for some time")
REFUSED = gettext_noop("The server refuses the messages for a reason of ours")
UNANSWERED = gettext_noop(
    "The way out takes messages and does not say what became of them: ask the provider, then settle the doubt"
)


class PauseReason(NamedTuple):
    """Why a campaign stops by itself: an English msgid, and the server's own words if it said any."""

    text: str
    detail: str = ""


@dataclass
class Circuit:
    """The record of one account in one worker; `doubt` is everybody's."""

    account: int
    stream: Stream
    failures: int = 0
    refusals: int = 0
    rests_until: float = 0.0  # monotonic seconds
    last_words: str = ""
    given_up: bool = False
    """It came to where a mailing is paused: it is tried now and then, and counts as a way out no more."""
    doubt: Doubt = field(default_factory=Doubt)

    @property
    def is_resting(self) -> bool:
        return time.monotonic() < max(self.rests_until, self.doubt.rests_until)

    def failed(self, words: str, *, asked: float | None = None) -> float:
        """A call could not be made; returns the rest, in seconds. `asked`: what the server asked for."""
        self.failures += 1
        self.last_words = words
        rest: float = max(min(FIRST_REST * 2 ** (self.failures - 1), LONGEST_REST), asked or 0.0)
        self.rests_until = time.monotonic() + rest
        return rest

    def asked_for_time(self, words: str, seconds: float) -> float:
        """It took some messages, and then asked to be left alone for so long: no failure, and a rest."""
        self.last_words = words
        self.rests_until = time.monotonic() + seconds
        return seconds

    def answered(self, result: Result, words: str) -> None:
        """The server decided on one message."""
        if result.outcome is Outcome.ACCEPTED:
            self.failures = self.refusals = 0
            self.given_up = False
        elif result.outcome is Outcome.REFUSED and result.fault in NOT_THE_RECIPIENT:
            self.refusals += 1
            self.last_words = words

    def unanswered(self, answers: Answers, words: str) -> None:
        """Answers never came: rest, then try with one message."""
        self.last_words = words
        self.doubt = doubts.note_unanswered(self.account, self.stream, answers)

    def went_well(self, answers: Answers) -> None:
        if self.doubt.units:
            self.doubt = doubts.note_answered(self.account, self.stream, answers)

    def may_try(self) -> bool:
        """After answers that never came, one worker tries one message; False while another does."""
        return doubts.take_trial(self.account, self.stream)

    def not_tried(self) -> None:
        doubts.give_trial_back(self.account, self.stream)

    def reason_to_pause(self) -> PauseReason | None:
        """Why the mailing should wait for a person, once the failures are no accident."""
        if self.doubt.is_no_accident:
            return PauseReason(UNANSWERED, self.last_words)
        if self.failures >= CONNECTION_FAILURES:
            return PauseReason(UNREACHABLE, self.last_words)
        if self.refusals >= REFUSALS:
            return PauseReason(REFUSED, self.last_words)
        return None

    def rest(self) -> None:
        """What is not paused waits and is tried again: the next failure rests as long."""
        self.given_up = True
        self.refusals = 0
        self.failures = min(self.failures, CONNECTION_FAILURES - 1)
        self.rests_until = time.monotonic() + LONGEST_REST
        self._begin_doubting_again()

    def begin_again(self) -> None:
        """After a pause the next call is a new try."""
        self.failures = self.refusals = 0
        self.rests_until = 0.0
        self.given_up = False
        self._begin_doubting_again()

    def _begin_doubting_again(self) -> None:
        if self.doubt.is_no_accident:
            self.doubt = doubts.count_again(self.account, self.stream)


class Circuits:
    """One record an account and stream: what a mailing is refused for says nothing of service messages."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, Stream], Circuit] = {}

    def of(self, account: int, stream: Stream) -> Circuit:
        return self._known.setdefault((account, stream), Circuit(account, stream))

    def learn(self) -> None:
        """Read what all workers together know of answers that never came."""
        told = doubts.all_doubts()
        for account, stream in {*self._known, *told}:
            self.of(account, stream).doubt = told.get((account, stream), Doubt())

    def resting(self, stream: Stream) -> Collection[int]:
        """Accounts by which messages of a stream wait."""
        return [
            account for (account, one), circuit in self._known.items() if one is stream and circuit.is_resting
        ]
