"""The socket of one connection, plain or encrypted: never blocks, and knows when a final dot has left."""

from __future__ import annotations

import contextlib
import socket
import ssl

_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_MAX_READ = 65_536


class Wire:
    """Non-blocking reads and writes. What the kernel did not take waits for `flush`."""

    __slots__ = ("_dot_left", "_encrypted", "_unsent", "sock")

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self._encrypted = isinstance(sock, ssl.SSLSocket)
        self._unsent: bytes | memoryview = b""
        self._dot_left = 0

    @property
    def is_writing(self) -> bool:
        return bool(self._unsent)

    @property
    def dot_written(self) -> bool:
        """Whether the kernel has taken the final dot of the last write; from then on anything may be true.

        With TLS a record counts as written only once it is whole in the kernel: half a record is nothing
        that the other side could read.
        """
        return self._dot_left <= 0

    def write(self, data: bytes, dot_left: int = 0) -> None:
        """Write now or later. `dot_left`: bytes up to and including the final dot. Raises OSError."""
        self._dot_left = dot_left
        self._unsent = data
        self.flush()

    def flush(self) -> None:
        """Give the kernel what it takes. Raises OSError when the connection is gone."""
        rest = memoryview(self._unsent)
        try:
            while rest:
                sent = self.sock.send(rest)
                self._dot_left -= sent
                rest = rest[sent:]
                if not self._encrypted:  # a short write means a full buffer; TLS writes one record a call
                    break
        except _WOULD_BLOCK:
            pass
        except OSError:
            self._unsent = b""
            raise
        self._unsent = rest

    def read(self) -> bytes | None:
        """What has arrived; None if nothing has, b"" if the connection is over."""
        try:
            return self.sock.recv(_MAX_READ)
        except _WOULD_BLOCK:
            return None
        except OSError:
            return b""

    @property
    def holds_more(self) -> bool:
        """Whether decrypted bytes wait inside the TLS layer, where no selector sees them."""
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.close()
