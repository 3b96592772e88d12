"""The messages of one batch, shared by the connections that carry them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from messaging.providers.base import IndexedResults, OutgoingMessage, Result

# A message that is given back, surely not accepted, is tried at most this often before the caller decides.
MAX_ATTEMPTS = 2


class Job:
    """One message and its place in the batch."""

    __slots__ = ("attempts", "index", "message")

    def __init__(self, index: int, message: OutgoingMessage) -> None:
        self.index = index
        self.message = message
        self.attempts = 0


class Board:
    """Hands out each message and collects one result for each."""

    def __init__(self, messages: Sequence[OutgoingMessage]) -> None:
        self._waiting = deque(Job(index, message) for index, message in enumerate(messages))
        self._finished: IndexedResults = []
        self.open_count = len(self._waiting)  # messages without a result
        self.ended_count = 0

    @property
    def waiting_count(self) -> int:
        return len(self._waiting)

    @property
    def finished_count(self) -> int:
        """Results that nobody has collected yet."""
        return len(self._finished)

    def next_job(self) -> Job | None:
        if not self._waiting:
            return None
        job = self._waiting.popleft()
        job.attempts += 1
        return job

    def finish(self, job: Job, result: Result) -> None:
        self.open_count -= 1
        self.ended_count += 1
        self._finished.append((job.index, result))

    def give_back(self, job: Job, result: Result) -> None:
        """The message was surely not accepted; `result` is its end once it has been tried often enough."""
        if job.attempts >= MAX_ATTEMPTS:
            self.finish(job, result)
        else:
            self._waiting.appendleft(job)

    def finish_waiting(self, result: Result) -> None:
        """End every message that no connection holds."""
        while self._waiting:
            self.finish(self._waiting.popleft(), result)

    def collect(self) -> IndexedResults:
        finished, self._finished = self._finished, []
        return finished
