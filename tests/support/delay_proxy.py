"""A line that takes time: a proxy on loopback that holds every byte back, in both directions.

with DelayProxy(sink.port, round_trip=0.01) as proxy:
    send(..., port=proxy.port)

Half of the round trip is added each way; the order is kept and nothing is thrown away, so that what it shows
is waiting, not bandwidth. In a process of its own: the sender that is measured keeps its processor.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

PROJECT = Path(__file__).resolve().parents[2]
PIECE = 262_144


class DelayProxy:
    """A running proxy between `with` and its end."""

    def __init__(self, port: int, *, round_trip: float) -> None:
        self.target, self.round_trip, self.port = port, round_trip, 0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.support.delay_proxy", str(self.target), str(self.round_trip)]
        self._process = subprocess.Popen(
            command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # closes the pipes: the proxy ends when its standard input does
            pass


class _Pipe(asyncio.Protocol):
    """One direction's reading end: what arrives is written to the other side after the delay, in order."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.transport: asyncio.Transport | None = None
        self.other: _Pipe | None = None
        self.early: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        while self.early:
            self.write(self.early.popleft())

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self.delay, self._pass_on, data)

    def connection_lost(self, _error: Exception | None) -> None:
        asyncio.get_running_loop().call_later(self.delay, self._end)

    def write(self, data: bytes) -> None:
        if self.transport is None:
            self.early.append(data)
        elif not self.transport.is_closing():
            self.transport.write(data)

    def _pass_on(self, data: bytes) -> None:
        if self.other is not None:
            self.other.write(data)

    def _end(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()


async def _serve(target: int, round_trip: float) -> None:
    loop = asyncio.get_running_loop()
    opening: set[asyncio.Task[None]] = set()

    def accepted() -> _Pipe:
        client, server = _Pipe(round_trip / 2), _Pipe(round_trip / 2)
        client.other, server.other = server, client
        task = loop.create_task(_open(server))
        opening.add(task)
        task.add_done_callback(opening.discard)
        return client

    async def _open(server: _Pipe) -> None:
        await asyncio.sleep(round_trip)  # the handshake of a connection is a round trip too
        await loop.create_connection(lambda: server, "127.0.0.1", target)

    listener = await loop.create_server(accepted, "127.0.0.1", 0, backlog=128)
    print(listener.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(ended), sys.stdin)
    await ended.read()
    listener.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
