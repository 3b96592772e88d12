"""One SMTP connection as a state machine: pipelined if the server announces it, else in lock-step.

Pipelined, one round trip a message: the payload, its final dot and the next message's MAIL, RCPT and DATA
leave in one write (RFC 2920 §3.1 allows a payload to open a group and asks DATA to end one). At any moment
one message awaits the answer to its dot and at most one other has been announced without its payload.
"""

from __future__ import annotations

import contextlib
import math
import selectors
import time
from collections import deque
from collections.abc import Callable

from messaging.providers.base import Result
from messaging.providers.smtp import answers
from messaging.providers.smtp.answers import Stage, not_handed, result_of, unknown
from messaging.providers.smtp.board import Board, Job
from messaging.providers.smtp.config import SmtpConfig
from messaging.providers.smtp.envelope import END_OF_DATA, Envelope, envelope_for, payload_for
from messaging.providers.smtp.handshake import Link
from messaging.providers.smtp.replies import NotSmtp, Reply
from messaging.providers.smtp.wire import Wire


class Connection:
    """Takes messages from a Board and reports to it what became of each, exactly once."""

    def __init__(self, link: Link, config: SmtpConfig, board: Board) -> None:
        self.board = board
        self.wire = Wire(link.sock)
        self.closed = False
        self.answered = 0  # messages that the server decided on, over the connection's life
        self.deadline = math.inf  # monotonic seconds
        self._config = config
        self._extensions = link.extensions
        self._reader = link.reader
        self._ahead = False  # replies that came together with the one at hand are still to be read
        self._expected: deque[Stage] = deque()
        self._announced: Job | None = None  # MAIL, RCPT or DATA under way, payload not begun
        self._envelope = Envelope(b"", b"")
        self._refusal: Result | None = None  # of the announced message, by MAIL or RCPT
        self._recipient_taken = False
        self._handed: Job | None = None  # payload under way or written, dot not answered
        self._begun = 0
        self._needs_reset = False
        self._out_of_time = False

    @property
    def is_idle(self) -> bool:
        return not (self._expected or self.closed)

    @property
    def events(self) -> int:
        """What a selector must wait for."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self.wire.is_writing else 0)

    # --- what the pool calls ---

    def still_open(self) -> bool:
        """Whether an idle connection may be used again: a server that hung up or spoke unasked is gone."""
        return self.wire.read() is None

    def begin(self) -> None:
        """Start on the board's next message; rest if there is none, leave if this connection is spent."""
        if self._needs_reset and not self._extensions.pipelining and self.board.waiting_count:
            self._expected.append(Stage.RSET)
            self._write(b"RSET\r\n")
        elif self._is_spent:
            self.quit()
        elif self._take_next():
            self._write(self._opening())
        else:
            self.deadline = math.inf

    def on_readable(self) -> None:
        while not self.closed:
            data = self.wire.read()
            if data is None:
                return
            if not data:
                self._lost(answers.LOST_BEFORE, answers.LOST_AFTER)
                return
            self._read(data)
            if self.closed or not self.wire.holds_more:
                return

    def on_writable(self) -> None:
        if self.wire.is_writing:
            self._push(self.wire.flush)

    def overdue(self) -> None:
        """The deadline has passed."""
        self._lost(answers.LATE_BEFORE, answers.LATE_AFTER)

    def run_out_of_time(self) -> None:
        """The batch is over: keep only what may have been accepted, and wait for its answer."""
        self._out_of_time = True
        if self._announced is not None:
            self.board.finish(self._announced, self._refusal or not_handed(answers.OUT_OF_TIME))
            self._announced = self._refusal = None
        if self._handed is None or not self.wire.dot_written:
            self._lost(answers.OUT_OF_TIME, answers.LATE_AFTER)

    def quit(self) -> None:
        """Leave politely; nothing may be under way."""
        with contextlib.suppress(OSError):
            self.wire.write(b"QUIT\r\n")
        self.close()

    def close(self) -> None:
        self.closed = True
        self.wire.close()

    # --- answers ---

    def _read(self, data: bytes) -> None:
        try:
            replies = self._reader.feed(data)
            for position, reply in enumerate(replies, 1):
                self._ahead = position < len(replies)
                self._on_reply(reply)
                if self.closed:
                    return
        except NotSmtp:
            self._lost(answers.NONSENSE_BEFORE, answers.NONSENSE_AFTER)

    def _on_reply(self, reply: Reply) -> None:
        if not self._expected:
            raise NotSmtp("an answer to nothing; or 421 while idle")
        stage = self._expected.popleft()
        if stage is Stage.DOT:
            self._on_dot(reply)
        elif stage is Stage.DATA:
            self._on_data(reply)
        elif stage is Stage.MAIL or stage is Stage.RCPT:
            self._on_command(stage, reply)
        else:
            self._on_reset(stage, reply)

    def _on_command(self, stage: Stage, reply: Reply) -> None:
        code = reply.code
        if 200 <= code < 300:
            self._recipient_taken = self._recipient_taken or stage is Stage.RCPT
            if not self._extensions.pipelining:
                self._step_after(stage)
        elif code == 421 or (code == 503 and stage is Stage.MAIL):
            self._turned_away(stage, reply)
        else:
            self._refuse(stage, reply)
            if not self._extensions.pipelining:
                self._needs_reset = stage is Stage.RCPT
                self._settle_refusal()
                self.begin()

    def _on_data(self, reply: Reply) -> None:
        if reply.code == 354:
            self._on_invitation()
        elif reply.code == 421:
            self._turned_away(Stage.DATA, reply)
        elif 200 <= reply.code < 400:
            self._settle_refusal()
            raise NotSmtp("neither an invitation nor a refusal")
        else:
            self._refuse(Stage.DATA, reply)
            self._needs_reset = True
            self._settle_refusal()
            self.begin()

    def _on_invitation(self) -> None:
        if self._ahead:
            # An answer to a payload not yet sent: taken for the real one, it would make up an outcome.
            raise NotSmtp("an answer before the payload")
        if self._out_of_time:
            self._lost(answers.OUT_OF_TIME, answers.LATE_AFTER)
        elif self._refusal is None:
            self._send_payload()
        elif self._recipient_taken:
            # MAIL refused, RCPT taken: a dot might deliver an empty message, hanging up does not.
            self._settle_refusal()
            raise NotSmtp("a recipient without a sender")
        else:
            # Nobody is left to receive, yet the server waits for text: RFC 2920 §3.1 asks for a lone dot.
            self._settle_refusal()
            self._expected.append(Stage.LONE_DOT)
            self._write(END_OF_DATA)

    def _on_dot(self, reply: Reply) -> None:
        job, early = self._handed, not self.wire.dot_written
        if job is None or (early and reply.code < 400):
            raise NotSmtp("an answer to a message that was not handed over")
        self._handed = None
        self._decide(job, result_of(Stage.DOT, reply.code, reply.text, job.message.recipient))
        if early or reply.code == 421 or not 200 <= reply.code < 600 or self._out_of_time:
            # Early: the server refuses before the message ended, and the stream cannot be saved.
            self._lost(answers.LOST_BEFORE, answers.LOST_AFTER)
        elif self._expected:
            self.deadline = time.monotonic() + self._config.timeout
        else:
            self.begin()

    def _on_reset(self, stage: Stage, reply: Reply) -> None:
        if reply.code == 421 or (stage is Stage.RSET and reply.code != 250):
            self._lost(answers.LOST_BEFORE, answers.LOST_AFTER)
            return
        self._needs_reset = False
        if not self._expected:
            self.begin()

    # --- commands and payloads ---

    @property
    def _is_spent(self) -> bool:
        return self._begun >= self._config.messages_per_connection

    def _take_next(self) -> bool:
        while (job := self.board.next_job()) is not None:
            found = envelope_for(job.message, self._extensions)
            if isinstance(found, Result):
                self.board.finish(job, found)
                continue
            self._announced, self._envelope = job, found
            self._refusal, self._recipient_taken = None, False
            self._begun += 1
            return True
        return False

    def _opening(self) -> bytes:
        if not self._extensions.pipelining:
            self._expected.append(Stage.MAIL)
            return self._envelope.mail
        commands = self._envelope.mail + self._envelope.rcpt + b"DATA\r\n"
        if self._needs_reset:
            self._needs_reset = False
            self._expected.append(Stage.RSET)
            commands = b"RSET\r\n" + commands
        self._expected.extend((Stage.MAIL, Stage.RCPT, Stage.DATA))
        return commands

    def _step_after(self, stage: Stage) -> None:
        if stage is Stage.MAIL:
            self._expected.append(Stage.RCPT)
            self._write(self._envelope.rcpt)
        else:
            self._expected.append(Stage.DATA)
            self._write(b"DATA\r\n")

    def _send_payload(self) -> None:
        job = self._announced
        if job is None:
            raise NotSmtp("invited to send nothing")
        parts = payload_for(job.message)
        dot_left = sum(map(len, parts)) + 1
        parts.append(END_OF_DATA)
        self._handed, self._announced = job, None
        self._expected.append(Stage.DOT)
        if self._extensions.pipelining and not self._is_spent and self._take_next():
            parts.append(self._opening())
        self._write(b"".join(parts), dot_left)

    def _write(self, data: bytes, dot_left: int = 0) -> None:
        if self.wire.is_writing:
            raise NotSmtp("answered before the command was complete")
        self._push(lambda: self.wire.write(data, dot_left))

    def _push(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError:
            self.on_readable()  # the server's last words may say why it hung up
            self._lost(answers.LOST_BEFORE, answers.LOST_AFTER)
            return
        handed = self._handed is not None and self.wire.dot_written
        self.deadline = time.monotonic() + (self._config.final_timeout if handed else self._config.timeout)

    # --- endings ---

    def _refuse(self, stage: Stage, reply: Reply) -> None:
        """Note why the announced message is refused; the first reason counts, later ones follow from it."""
        if self._refusal is None and self._announced is not None:
            self._refusal = result_of(stage, reply.code, reply.text, self._announced.message.recipient)

    def _settle_refusal(self) -> None:
        if self._announced is not None and self._refusal is not None:
            self._decide(self._announced, self._refusal)
            self._announced = self._refusal = None

    def _decide(self, job: Job, result: Result) -> None:
        self.answered += 1
        self.board.finish(job, result)

    def _turned_away(self, stage: Stage, reply: Reply) -> None:
        """421: the server closes. A connection that worked so far was only long enough; try another."""
        job, self._announced = self._announced, None
        if job is not None:
            result = self._refusal or result_of(stage, reply.code, reply.text, job.message.recipient)
            if self.answered and self._refusal is None:
                self.board.give_back(job, result)
            else:
                self.board.finish(job, result)
        self._lost(answers.LOST_BEFORE, answers.LOST_AFTER)

    def _lost(self, before: str, after: str) -> None:
        """The connection is over: `unknown` if the final dot was written, else surely not accepted."""
        if self.closed:
            return
        self.close()
        handed, self._handed = self._handed, None
        announced, self._announced = self._announced, None
        if handed is not None:
            if self.wire.dot_written:
                self.board.finish(handed, unknown(after))
            else:
                self.board.give_back(handed, not_handed(before))
        if announced is not None:
            if self._refusal is not None:
                self.board.finish(announced, self._refusal)
            else:
                self.board.give_back(announced, not_handed(before))
