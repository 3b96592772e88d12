"""The wire's own limit: prepared bytes replayed over pipelined raw sockets, with nothing else done.

No message is built, checked, stuffed or accounted for; answers are only counted. What a sender reaches is
compared with this, against the same sink on the same cores.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple

ANSWERS_A_MESSAGE = 4  # final dot, MAIL, RCPT, DATA


class Envelope(NamedTuple):
    sender: str
    recipient: str
    message: bytes  # CRLF line ends, no line starts with a dot


def raw_replay(messages: Sequence[Envelope], host: str, port: int, connections: int) -> float:
    """Seconds from the first byte to the last answer. Raises RuntimeError on any refusal."""
    lanes = [_Lane(host, port, messages[number::connections]) for number in range(connections)]
    lanes = [lane for lane in lanes if lane.writes]
    with selectors.DefaultSelector() as selector:
        for lane in lanes:
            selector.register(lane.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, lane)
        started = time.perf_counter()
        left = len(lanes)
        while left:
            for key, mask in selector.select():
                lane = key.data
                if mask & selectors.EVENT_READ:
                    lane.read()
                if lane.is_done:
                    selector.unregister(lane.sock)
                    left -= 1
                    continue
                lane.write()
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if lane.unsent else 0)
                if wanted != key.events:
                    selector.modify(lane.sock, wanted, lane)
        seconds = time.perf_counter() - started
    for lane in lanes:
        lane.sock.close()
    return seconds


def _commands(envelope: Envelope) -> bytes:
    return f"MAIL FROM:<{envelope.sender}>\r\nRCPT TO:<{envelope.recipient}>\r\nDATA\r\n".encode()


class _Lane:
    def __init__(self, host: str, port: int, messages: Sequence[Envelope]) -> None:
        self.sock = socket.create_connection((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._greet()
        self.sock.setblocking(False)
        self.writes = [_commands(messages[0])] if messages else []
        for number, envelope in enumerate(messages):
            following = messages[number + 1] if number + 1 < len(messages) else None
            end = b".\r\n" + (_commands(following) if following else b"")
            self.writes.append(envelope.message + end)
        self.next = 0
        self.answers_due = 0
        self.unsent: bytes | memoryview = b""
        self.answered = True

    @property
    def is_done(self) -> bool:
        return self.answered and self.next == len(self.writes)

    def write(self) -> None:
        if not self.unsent and self.answered and self.next < len(self.writes):
            self.unsent = memoryview(self.writes[self.next])
            first, last = self.next == 0, self.next == len(self.writes) - 1
            self.answers_due = 3 if first else 1 if last else ANSWERS_A_MESSAGE
            self.answered = False
            self.next += 1
        if self.unsent:
            try:
                self.unsent = self.unsent[self.sock.send(self.unsent) :]
            except BlockingIOError:
                return

    def read(self) -> None:
        data = self.sock.recv(65536)
        if not data or data[:1] not in b"23" or b"\n4" in data or b"\n5" in data:
            raise RuntimeError(f"The sink answered {data[:80]!r}")
        self.answers_due -= data.count(b"\n")
        self.answered = self.answers_due == 0

    def _greet(self) -> None:
        self.sock.recv(4096)
        self.sock.sendall(b"EHLO localhost\r\n")
        while not self.sock.recv(4096).endswith(b"\n"):
            pass
