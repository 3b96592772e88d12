"""Several connections to one server, driven by one thread and kept open between batches."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import random
import selectors
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from messaging.providers.base import IndexedResults, OutgoingMessage
from messaging.providers.errors import ProviderError
from messaging.providers.smtp import answers
from messaging.providers.smtp.answers import not_handed
from messaging.providers.smtp.board import Board
from messaging.providers.smtp.config import SmtpConfig
from messaging.providers.smtp.connection import Connection
from messaging.providers.smtp.handshake import Link, open_link

# Results are yielded in groups of about this many, or after this many seconds, so that a caller can write
# them with one statement while the server works on the next ones.
RESULTS_A_GROUP = 50
SECONDS_A_GROUP = 0.1
# A further connection is opened only for this many waiting messages: opening takes several round trips.
MESSAGES_WORTH_A_CONNECTION = 5
# Connections in a row that failed before deciding one message; then the server is taken for gone.
MAX_FRUITLESS = 3
# How often connections being opened are looked at while others work, in seconds.
OPENING_POLL = 0.01
LONGEST_NAP = 60.0
# How long `close` waits for connections being opened, so that they are closed before it returns, in seconds.
CLOSING_PATIENCE = 1.0


class Pool:
    """Sends message lists over up to `config.connections` connections. For one thread of one process."""

    def __init__(self, config: SmtpConfig) -> None:
        self.config = config
        # Each connection takes the next address; workers begin at different ones.
        self._sources = itertools.cycle(random.sample(config.sources, len(config.sources)) or [None])
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._process = os.getpid()
        self._selector = selectors.DefaultSelector()
        self._connections: list[Connection] = []
        self._openings: set[Future[Link]] = set()
        self._opener = ThreadPoolExecutor(self.config.connections, thread_name_prefix="smtp-open")

    def send(self, messages: Sequence[OutgoingMessage]) -> Iterator[IndexedResults]:
        """Yield (index, result) groups; raises ProviderError only before anything was offered."""
        self._forget_parent()
        run = _Run(self, Board(messages))
        try:
            yield from run.results()
        finally:
            # Reached early if the caller stops reading: a half-spoken conversation cannot be resumed.
            for connection in list(self._connections):
                if not connection.is_idle:
                    connection.close()
            self.drop_closed()

    def close(self) -> None:
        for connection in self._connections:
            if connection.is_idle:
                connection.quit()
            connection.close()
        self.drop_closed()
        wait(self._openings, timeout=CLOSING_PATIENCE)
        for opening in self._openings:
            opening.add_done_callback(_discard)
        self._openings.clear()

    # --- connections ---

    @property
    def live(self) -> list[Connection]:
        return self._connections

    @property
    def opening_count(self) -> int:
        return len(self._openings)

    def revive(self, board: Board) -> None:
        """Give the connections kept from the last batch to this one; those that died meanwhile go."""
        for connection in self._connections:
            connection.board = board
            if not (connection.is_idle and connection.still_open()):
                connection.close()
        self.drop_closed()

    def open_more(self, wanted: int) -> None:
        while len(self._connections) + len(self._openings) < min(wanted, self.config.connections):
            self._openings.add(self._opener.submit(open_link, self.config, next(self._sources)))

    def take_opened(self, board: Board, patience: float) -> list[Connection | ProviderError]:
        """What became of connections being opened, waiting up to `patience` seconds for the first."""
        done, self._openings = wait(self._openings, timeout=patience, return_when=FIRST_COMPLETED)
        found: list[Connection | ProviderError] = []
        for opening in done:
            try:
                connection = Connection(opening.result(), self.config, board)
            except ProviderError as error:
                found.append(error)
                continue
            self._connections.append(connection)
            self._selector.register(connection.wire.sock, connection.events, connection)
            found.append(connection)
        return found

    def handle_events(self, patience: float) -> None:
        for key, mask in self._selector.select(patience):
            connection: Connection = key.data
            if mask & selectors.EVENT_READ:
                connection.on_readable()
            if mask & selectors.EVENT_WRITE and not connection.closed:
                connection.on_writable()
            if not connection.closed and connection.events != key.events:
                self._selector.modify(connection.wire.sock, connection.events, connection)

    def watch(self, connection: Connection) -> None:
        """Register what the connection waits for now, after work begun outside `handle_events`."""
        if not connection.closed:
            self._selector.modify(connection.wire.sock, connection.events, connection)

    def drop_closed(self) -> list[Connection]:
        closed = [connection for connection in self._connections if connection.closed]
        for connection in closed:
            self._connections.remove(connection)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(connection.wire.sock)
        return closed

    def _forget_parent(self) -> None:
        """After a fork both processes hold the same sockets: the child lets go and speaks on none of them.

        Nothing is unregistered: the selector is shared too, and the parent would go deaf.
        """
        if self._process != os.getpid():
            for connection in self._connections:
                connection.close()
            self._start_afresh()


def _discard(opening: Future[Link]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().sock.close()


class _Run:
    """One batch on its way."""

    def __init__(self, pool: Pool, board: Board) -> None:
        self.pool = pool
        self.board = board
        self.ends = time.monotonic() + pool.config.batch_timeout
        self.fruitless = 0
        self.error: ProviderError | None = None
        self.opening_is_useless = False

    def results(self) -> Iterator[IndexedResults]:
        self.pool.revive(self.board)
        last_yield = time.monotonic()
        while self.board.open_count:
            self._staff()
            if not self.pool.live and not self.pool.opening_count:
                self._give_up()
                break
            self._step()
            now = time.monotonic()
            self._check_time(now)
            if self.board.finished_count >= RESULTS_A_GROUP or (
                self.board.finished_count and now - last_yield > SECONDS_A_GROUP
            ):
                yield self.board.collect()
                last_yield = time.monotonic()
        if self.board.finished_count:
            yield self.board.collect()

    def _staff(self) -> None:
        """Put idle connections to work, and open further ones where there is work for them."""
        if not self.board.waiting_count:
            return
        for connection in self.pool.live:
            if connection.is_idle and self.board.waiting_count:
                connection.begin()
                self.pool.watch(connection)
        self._bury()
        if self.board.waiting_count and not self.opening_is_useless and self.fruitless < MAX_FRUITLESS:
            busy = len(self.pool.live)
            self.pool.open_more(max(1, busy + self.board.waiting_count // MESSAGES_WORTH_A_CONNECTION))

    def _step(self) -> None:
        now = time.monotonic()
        ends = min(self.ends, *(connection.deadline for connection in self.pool.live), LONGEST_NAP + now)
        patience = max(0.0, ends - now)
        if not self.pool.live:
            self._welcome(patience)
            return
        if self.pool.opening_count:
            patience = min(patience, OPENING_POLL)
        self.pool.handle_events(min(patience, SECONDS_A_GROUP) if self.board.finished_count else patience)
        self._bury()
        if self.pool.opening_count:
            self._welcome(0)

    def _welcome(self, patience: float) -> None:
        for found in self.pool.take_opened(self.board, patience):
            if isinstance(found, ProviderError):
                self.error = found
                self.fruitless += 1
                # With others at work the server has its reasons (often a limit): leave it at those.
                self.opening_is_useless = found.permanent or bool(self.pool.live)

    def _bury(self) -> None:
        """Before any new connection is registered: it may get the number of a closed one."""
        for connection in self.pool.drop_closed():
            if connection.answered:
                self.fruitless = 0
                self.opening_is_useless = False
            else:
                self.fruitless += 1

    def _check_time(self, now: float) -> None:
        for connection in self.pool.live:
            if now >= connection.deadline:
                connection.overdue()
        if now >= self.ends:
            for connection in self.pool.live:
                if not connection.is_idle:
                    connection.run_out_of_time()
            self.board.finish_waiting(not_handed(answers.OUT_OF_TIME))
            self.ends = math.inf
        self._bury()

    def _give_up(self) -> None:
        """No connection is left and none can be had: what waits was surely not accepted."""
        if self.error is not None and not self.board.ended_count:
            raise self.error
        text, code = (self.error.text, self.error.code) if self.error else (answers.LOST_BEFORE, 0)
        self.board.finish_waiting(not_handed(text, code))
