"""One batch on its way: cut into calls, made over a few connections, one result for every message.

The intent of a call is committed just before it is made, while others are on their way: what a crash leaves
in doubt are the calls in the air, never what waited for its turn.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import TYPE_CHECKING

from messaging.providers.base import (
    Batch,
    Fault,
    IndexedResults,
    Outcome,
    OutgoingMessage,
    Result,
    SharedContent,
)
from messaging.providers.errors import ProviderError, ProviderUnavailable
from messaging.providers.http import answers
from messaging.providers.http.answers import MessagesRefused
from messaging.providers.http.batches import Call, Group, cut, groups
from messaging.providers.http.transport import LATE_AFTER, Answer, Lost, Request

if TYPE_CHECKING:
    from messaging.providers.http.provider import HttpProvider

SHORT_WAIT = 3.0
"""Seconds: a provider that asks for no more is waited for here; for longer the account rests."""

TRIES = 3  # of one call that the provider surely did not take
HOPELESS = 20
"""Messages in a row refused alone, none taken: what a provider refuses is not one of them."""

RESULTS_A_GROUP = 200
SECONDS_A_GROUP = 0.1
"""Results are passed on in groups of about so many, or after so long: writing them is a transaction."""

REPEAT_PAUSE = 1.0  # seconds before an idempotent call is repeated


class Run:
    def __init__(self, provider: HttpProvider, batch: Batch, shared: SharedContent) -> None:
        self._provider = provider
        self._api = provider.api
        self._messages = batch.items
        self._hand_over = batch.hand_over
        self._waiting: deque[Call] = deque()
        self._flying: dict[Future[Answer], Call] = {}
        self._finished: IndexedResults = []
        self._has_result = False
        self._error: ProviderError | None = None
        self._too_large: list[int] = []
        self._refused_alone = 0
        self._resumes_at = 0.0
        self._ends = time.monotonic() + provider.config.batch_timeout
        for group in groups(batch.items, shared, provider.api.limits.message_bytes):
            self._plan(group)

    def results(self) -> Iterator[IndexedResults]:
        """Groups of (index, result); raises a ProviderError only when no message has any other result."""
        if self._too_large:
            self._end(self._hand_over(self._too_large), answers.refused(0, answers.TOO_LARGE, Fault.MESSAGE))
        self._start_calls()
        passed_on = time.monotonic()
        while self._flying or (self._waiting and self._error is None):
            self._take_ended()
            if any(result.outcome is Outcome.UNKNOWN for _index, result in self._finished):
                yield self._collect()  # whoever reads may not wish to offer more
            self._start_calls()  # the next call leaves before the last one's results are written
            now = time.monotonic()
            if len(self._finished) >= RESULTS_A_GROUP or (
                self._finished and now - passed_on > SECONDS_A_GROUP
            ):
                yield self._collect()
                passed_on = time.monotonic()
        if self._error is not None:
            if not self._has_result:
                raise self._error
            self._end_waiting(answers.not_offered(self._error))
        if self._finished:
            yield self._collect()

    # --- planning ---

    def _plan(self, group: Group) -> None:
        made, fixed = self._provider.prepared(group.shared)
        limits = self._api.limits
        indexes, fragments = [], []
        for index in group.indexes:
            fragment = self._api.fragment(made, self._messages[index])
            if fixed + len(fragment) > limits.call_bytes:
                self._too_large.append(index)
                continue
            indexes.append(index)
            fragments.append(fragment)
        fitting = replace(group, indexes=indexes)
        self._waiting.extend(cut(fitting, self._messages, fragments, limits, fixed))

    # --- calling ---

    def _start_calls(self) -> None:
        while self._waiting and self._error is None and len(self._flying) < self._provider.config.connections:
            now = time.monotonic()
            if now >= self._ends:
                self._end_waiting(answers.retry(0, answers.OUT_OF_TIME, Fault.ACCOUNT))
                return
            if now < self._resumes_at:
                return
            call = self._handed(self._waiting.popleft())
            if call is None:
                continue
            made, _fixed = self._provider.prepared(call.group.shared)
            request = self._api.request(made, call.fragments, self._of(call))
            self._flying[self._provider.threads.submit(self._exchange, request)] = call

    def _handed(self, call: Call) -> Call | None:
        """The part of a call that may leave, its intent committed; None: nothing of it."""
        if call.handed:
            return call
        allowed = set(self._hand_over(call.indexes))
        places = [place for place, index in enumerate(call.indexes) if index in allowed]
        return replace(call.part(places), handed=True) if places else None

    def _exchange(self, request: Request) -> Answer:
        """In a thread: one call, repeated only where the provider drops a repeat.

        Raises ProviderError (surely not taken) or Lost. After a loss only success is certain: whatever else
        the repeat is told, the first may have been taken.
        """
        first: Lost | None = None
        for number in range(1 + self._api.repeats):
            if number:
                time.sleep(REPEAT_PAUSE)
            try:
                answer = self._provider.transport.call(request)
            except Lost as error:
                first = first or error
                continue
            except ProviderError as error:
                raise (first or error) from error
            if answer.status >= 500 and self._api.repeats:
                first = first or Lost(answers.SERVER_ERROR, answer.status)
                continue
            if first is not None and answer.status >= 300:
                raise first
            return answer
        raise first or Lost(LATE_AFTER)

    def _take_ended(self) -> None:
        now = time.monotonic()
        if not self._flying:
            time.sleep(max(0.0, min(self._resumes_at, self._ends) - now))
            return
        patience = max(0.0, self._ends + self._provider.last_call_seconds - now)
        pause = min(patience, SECONDS_A_GROUP) if self._finished else patience
        ended, _others = wait(self._flying, timeout=pause, return_when=FIRST_COMPLETED)
        for future in ended:
            self._take(self._flying.pop(future), future)
        if not ended and pause == patience:
            for call in self._flying.values():
                self._end(call.indexes, answers.unknown(LATE_AFTER))
            self._flying.clear()
            self._provider.abandon_calls()

    # --- answers ---

    def _take(self, call: Call, future: Future[Answer]) -> None:
        try:
            results = self._api.read(future.result(), self._of(call))
        except Lost as error:
            self._end(call.indexes, answers.lost(error))
        except MessagesRefused as error:
            self._take_refusal(call, error)
        except ProviderError as error:
            self._not_taken(call, error)
        else:
            self._has_result = True
            if any(result.outcome is Outcome.ACCEPTED for result in results):
                self._refused_alone = 0
            self._finished += zip(call.indexes, results, strict=True)

    def _not_taken(self, call: Call, error: ProviderError) -> None:
        """Surely not taken: tried again if the provider asks for a short wait only, else the run ends."""
        wait_for = error.retry_after
        again = isinstance(error, ProviderUnavailable) and wait_for is not None and wait_for <= SHORT_WAIT
        now = time.monotonic()
        self._waiting.appendleft(replace(call, tries=call.tries + 1))
        if again and call.tries + 1 < TRIES and now + (wait_for or 0.0) < self._ends:
            self._resumes_at = max(self._resumes_at, now + (wait_for or 0.0))
        else:
            self._error = self._error or error

    def _take_refusal(self, call: Call, error: MessagesRefused) -> None:
        """Nothing of the call was taken, because of some messages: the others are offered again.

        The time of the batch is what ends the search; whom it did not come to had no attempt of their own.
        """
        if error.result.fault in (Fault.SENDER, Fault.ACCOUNT):
            self._end(call.indexes, error.result)
        elif error.indexes:
            self._end([call.indexes[place] for place in sorted(error.indexes)], error.result)
            others = [place for place in range(len(call.indexes)) if place not in error.indexes]
            if others:
                self._waiting.appendleft(replace(call.part(others), suspect=True))
        elif len(call.indexes) == 1:
            self._end(call.indexes, error.result)
            self._refused_alone += 1
        elif self._refused_alone >= HOPELESS:
            self._end(call.indexes, _not_named())
        else:
            self._waiting.extendleft(replace(half, suspect=True) for half in reversed(call.halves()))

    def _of(self, call: Call) -> list[OutgoingMessage]:
        return [self._messages[index] for index in call.indexes]

    def _end(self, indexes: Iterable[int], result: Result) -> None:
        self._has_result = True
        self._finished += [(index, result) for index in indexes]

    def _end_waiting(self, result: Result) -> None:
        """What was handed over and not offered; the rest was never begun and has no result."""
        while self._waiting:
            call = self._waiting.popleft()
            if call.handed:
                self._end(call.indexes, _not_named() if call.suspect else result)

    def _collect(self) -> IndexedResults:
        found, self._finished = self._finished, []
        return found


def _not_named() -> Result:
    return answers.retry(0, answers.NOT_NAMED, Fault.UNTRIED)
