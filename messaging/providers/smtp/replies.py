"""SMTP replies from raw bytes (RFC 5321 §4.2), one or several lines each, in any chunking."""

from __future__ import annotations

from typing import NamedTuple

# A server that sends more than this without a line end speaks no SMTP.
MAX_LINE = 16_384
MAX_REPLY_LINES = 200
# How the last line of a reply begins, and how the others do.
_LAST = {b"%d%s" % (code, mark): code for code in range(100, 600) for mark in (b" ", b"\r", b"")}
_FURTHER = {b"%d-" % code for code in range(100, 600)}


class Reply(NamedTuple):
    code: int
    raw: bytes  # lines joined by a newline, without the code

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace")


class NotSmtp(Exception):
    """The bytes received are no SMTP reply."""


class ReplyReader:
    """Collects bytes, gives whole replies. Bytes of an unfinished reply wait for the next call."""

    __slots__ = ("_buffer", "_lines")

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        return not self._buffer and not self._lines

    def feed(self, data: bytes) -> list[Reply]:
        """Whole replies that `data` completes, in order; raises NotSmtp."""
        lines = (self._buffer + data).split(b"\n")
        self._buffer = lines.pop()
        if len(self._buffer) > MAX_LINE:
            raise NotSmtp("line too long")
        replies = []
        for line in lines:
            code = _LAST.get(line[:4])
            if code is None:
                self._keep(line)
            elif self._lines:
                replies.append(Reply(code, b"\n".join((*self._lines, line[4:].strip()))))
                self._lines = []
            else:
                replies.append(Reply(code, line[4:].strip()))
        return replies

    def _keep(self, line: bytes) -> None:
        if line[:4] not in _FURTHER:
            raise NotSmtp("not a reply")
        self._lines.append(line[4:].strip())
        if len(self._lines) > MAX_REPLY_LINES:
            raise NotSmtp("reply too long")
