"""Telling how far an import is, and keeping its job's lease, without writing all the time."""

from __future__ import annotations

import threading
import time

from django.db import connection

from campaign_crm.platform.jobs import RunningJob

EVERY = 1.0  # seconds between two reports outside a chunk

# What `Job.progress_note` holds; screens say it in words.
OPENING, READING, CHECKING, WRITING = "opening", "reading", "checking", "writing"
COMPARING = "comparing"
LINKING, FINISHING = "linking", "finishing"
WAITING = "waiting"


class Progress:
    """Progress of one job in steps. Every method raises `JobStopped` once the job is stopped or lost."""

    def __init__(self, job: RunningJob) -> None:
        self._job = job
        self._note = ""
        self._done = 0
        self._last = 0.0
        self._lock = threading.Lock()

    def step(self, note: str, total: int, *, done: int = 0) -> None:
        """Begin a step of `total` bytes or rows."""
        self._note, self._done, self._last = note, done, time.monotonic()
        self._job.progress(done, total, note, begins_step=True)

    def at(self, done: int) -> None:
        """Say how far the step is; most calls write nothing."""
        if connection.in_atomic_block:
            return  # the transaction's connection is busy with the COPY that tells
        now = time.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            self._job.progress(done, note=self._note)

    def of(self, done: int, total: int) -> None:
        """Say how far the step is, of a total that becomes known on the way (0 while it is not)."""
        now = time.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            self._job.progress(done, total or None, self._note)

    def waits(self) -> None:
        """Say that another import must end its piece first; the next report says the step again."""
        self._job.progress(self._done, note=WAITING)

    def wrote(self, rows: int) -> None:
        """Count rows of a chunk, in its transaction: a worker that lost the job cannot commit the chunk."""
        with self._lock:
            self._done += rows
            done = self._done
        if not connection.in_atomic_block:
            raise RuntimeError("A chunk reports inside its transaction, so that both are kept or neither.")
        self._job.progress(done, note=self._note)
        self._job.got_on()
