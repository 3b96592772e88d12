"""HTTP/1.1 on loopback for one fake, with faults played below HTTP too."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from tests.support.http_fakes.api import FakeApi, Reply

Kind = Literal[
    "answer",  # `status` and `body`, and nothing is taken
    "answer_after",  # the messages are taken, then `status` is answered
    "silence",  # nothing is taken, nothing is answered
    "silence_after",
    "reset",  # before the body was read
    "reset_after",
    "cut",  # the messages are taken, and the answer stops in the middle
    "drip",  # the messages are taken, and the answer comes a byte at a time, without end
    "slow",  # `seconds` before a right answer
    "together",  # a right answer, once another call is in the air too
]


@dataclass
class HttpFault:
    """Played for the next `times` sending calls."""

    kind: Kind
    times: int = 1
    status: int = 500
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.3


TOGETHER_WITHIN = 20.0  # seconds


@dataclass(frozen=True)
class Made:
    """One sending call as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int  # the client's port: the same while a connection is kept


class FakeServer:
    """`with FakeServer(BrevoFake()) as server:`; `server.url` is its address, `server.made` its calls.

    `keep`: whether calls are kept for the test to look at. `port`: 0 for any.
    """

    def __init__(self, api: FakeApi, *faults: HttpFault, keep: bool = True, port: int = 0) -> None:
        self.api = api
        self._keep = keep
        self.faults = list(faults)
        self.made: list[Made] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self.pair = threading.Barrier(2)
        self._http = _Server(("127.0.0.1", port), _handler_of(self))
        self.port: int = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._http.shutdown()
        self._http.server_close()

    def next_fault(self) -> HttpFault | None:
        with self._lock:
            if not self.faults:
                return None
            fault = self.faults[0]
            fault.times -= 1
            if not fault.times:
                self.faults.pop(0)
            return fault

    def note(self, made: Made) -> None:
        if not self._keep:
            return
        with self._lock:
            self.made.append(made)

    def wait_for_end(self, seconds: float = 30.0) -> None:
        self._ended.wait(seconds)

    @property
    def is_over(self) -> bool:
        return self._ended.is_set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _handler_of(server: FakeServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        fake = server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    fake: FakeServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._send(self.fake.api.answer("GET", self.path, self._headers(), b""))

    def do_POST(self) -> None:
        fault = self.fake.next_fault()
        if fault is not None and fault.kind == "reset":
            self.rfile.read(10)
            self._reset()
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.fake.note(Made(self.path, self._headers(), body, self.client_address[1]))
        if fault is None:
            self._send(self._carried_out(body))
        else:
            self._play(fault, body)

    def _play(self, fault: HttpFault, body: bytes) -> None:
        reply = Reply(fault.status, json.dumps(fault.body).encode(), fault.headers)
        match fault.kind:
            case "answer":
                self._send(reply)
            case "answer_after":
                self._carried_out(body)
                self._send(reply)
            case "silence":
                self.fake.wait_for_end()
            case "silence_after":
                self._carried_out(body)
                self.fake.wait_for_end()
            case "reset_after":
                self._carried_out(body)
                self._reset()
            case "cut":
                self._cut(self._carried_out(body))
            case "drip":
                self._drip(self._carried_out(body))
            case "slow":
                time.sleep(fault.seconds)
                self._send(self._carried_out(body))
            case "together":  # answered once another call is in the air too
                try:
                    self.fake.pair.wait(TOGETHER_WITHIN)
                except threading.BrokenBarrierError:
                    self._send(reply)
                else:
                    self._send(self._carried_out(body))
        if fault.kind in ("silence", "silence_after", "cut", "drip"):
            self.close_connection = True

    def _carried_out(self, body: bytes) -> Reply:
        return self.fake.api.answer("POST", self.path, self._headers(), body)

    def _headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def _send(self, reply: Reply) -> None:
        self._send_head(reply)
        self.wfile.write(reply.body)
        with contextlib.suppress(OSError):
            self.wfile.flush()

    def _send_head(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()

    def _cut(self, reply: Reply) -> None:
        self._send_head(Reply(reply.status, reply.body + b" " * 10, reply.headers))
        self.wfile.write(reply.body[: len(reply.body) // 2])
        self.wfile.flush()

    def _drip(self, reply: Reply) -> None:
        self._send_head(Reply(reply.status, b" " * 1_000_000, reply.headers))
        with contextlib.suppress(OSError):
            while not self.fake.is_over:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)

    def _reset(self) -> None:
        """End the connection with RST, as a machine that died or a firewall does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, *_arguments: object) -> None:
        """Nothing is printed."""

    def handle(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().handle()
