"""A client that costs little: `python -m tests.benchmarks.support.http_load PORT CONNECTIONS SECONDS PATHS`.

Asks the paths of a file one after the other, each connection as soon as it got its answer, over sockets that
stay open; no library of HTTP. Prints one JSON object: answers by status, latencies in milliseconds, and the
seconds of processor that the client itself took.
"""

from __future__ import annotations

import json
import re
import resource
import selectors
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HEAD = "GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: " + USER_AGENT + "\r\nAccept: */*\r\n\r\n"
MOST_ANSWER = 65_536
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Connection:
    """One socket, asking one thing at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self.answer = b""

    def ask(self, request: bytes) -> None:
        self.asked_at = time.perf_counter()
        self.answer = b""
        self.socket.sendall(request)

    def is_answered(self) -> bool:
        """Read what came; True once the answer is whole."""
        came = self.socket.recv(MOST_ANSWER)
        if not came:
            raise ConnectionError("The server closed a connection.")
        self.answer += came
        head, between, body = self.answer.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is None:  # in chunks, the last one empty
            return body.endswith(b"0\r\n\r\n")
        return bool(between) and len(body) >= int(length[1])


def load(port: int, connections: int, seconds: float, requests: list[bytes]) -> dict[str, object]:
    """Ask for so long."""
    following: Iterator[bytes] = cycle(requests)
    latencies, statuses = array("d"), Counter[str]()
    with selectors.EpollSelector() as selector:
        for _number in range(connections):
            connection = Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask(next(following))
        began = time.perf_counter()
        busy = _processor()
        while (now := time.perf_counter()) - began < seconds:
            for key, _events in selector.select(1.0):
                connection = key.data
                if not connection.is_answered():
                    continue
                latencies.append(time.perf_counter() - connection.asked_at)
                statuses[connection.answer[9:12].decode()] += 1
                connection.ask(next(following))
        lasted, busy = now - began, _processor() - busy
    return {
        "seconds": lasted,
        "statuses": dict(statuses),
        "client_processor": round(busy / lasted, 3),
        **_quantiles(latencies),
    }


def _quantiles(latencies: array[float]) -> dict[str, float]:
    ordered = sorted(latencies)
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}
    return {name: round(1000 * ordered[int((len(ordered) - 1) * share)], 2) for name, share in at.items()}


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    port, connections, seconds, paths = sys.argv[1:]
    requests = [HEAD.format(path=path).encode() for path in Path(paths).read_text().split()]
    print(json.dumps(load(int(port), int(connections), float(seconds), requests)))


if __name__ == "__main__":
    main()
