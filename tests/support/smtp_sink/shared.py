"""What all sessions of a sink share: its options, its log, and which faults are due."""

from __future__ import annotations

import random
import re
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.smtp_sink.log import Log
from tests.support.smtp_sink.options import Fault, SinkOptions

if TYPE_CHECKING:
    from tests.support.smtp_sink.session import Session


@dataclass
class Sink:
    options: SinkOptions
    log: Log
    tls: ssl.SSLContext | None
    chance: random.Random
    used: dict[int, int] = field(default_factory=dict)  # fault number → how often it happened
    connections: int = 0
    hellos: list[tuple[str, str]] = field(default_factory=list)  # (address, name) of each EHLO
    sessions: set[Session] = field(default_factory=set)

    def start_over(self, options: SinkOptions) -> None:
        """As if just started: open sessions end, the log is empty."""
        for session in list(self.sessions):
            session.deaf = True
            if session.transport is not None:
                session.transport.abort()
        self.options = options
        self.chance = random.Random(options.seed)
        self.used.clear()
        self.connections = 0
        self.hellos.clear()
        self.log.empty(keep_messages=options.keep_messages)

    def fault_at(self, stage: str, subject: str = "") -> Fault | None:
        """The first fault due at this stage for this sender or these recipients."""
        for number, fault in enumerate(self.options.faults):
            if fault.stage != stage or not re.search(fault.pattern, subject):
                continue
            if fault.times is not None and self.used.get(number, 0) >= fault.times:
                continue
            if fault.probability < 1 and self.chance.random() >= fault.probability:
                continue
            self.used[number] = self.used.get(number, 0) + 1
            return fault
        return None
