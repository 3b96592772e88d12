"""What the sink took, one line a recipient; the ground truth of fault tests.

Columns, tab-separated: seconds since the epoch, taken (1) or not (0), envelope sender, recipient, Message-ID,
bytes, name of the kept file or "-".
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple


class Received(NamedTuple):
    at: float
    taken: bool  # False: the payload arrived and was refused or dropped
    sender: str
    recipient: str
    message_id: str
    size: int
    file: str


class Log:
    """Appends in memory, writes on `flush`; the server flushes when idle and when asked."""

    def __init__(self, folder: Path, *, keep_messages: bool) -> None:
        self._folder = folder
        self._file = (folder / "received.tsv").open("a", encoding="utf-8")
        self._keep = keep_messages
        self._kept = 0
        self._lines: list[str] = []

    def add(
        self, taken: bool, sender: str, recipients: list[str], payload: bytes | bytearray, size: int
    ) -> None:
        """`payload` as it arrived (dots doubled); its first bytes are enough unless messages are kept."""
        name = self._store(payload) if self._keep else "-"
        message_id = _message_id(payload)
        for recipient in recipients:
            self._lines.append(
                f"{time.time():.3f}\t{int(taken)}\t{sender}\t{recipient}\t{message_id}\t{size}\t{name}\n"
            )

    def empty(self, *, keep_messages: bool) -> None:
        self._lines.clear()
        self._file.truncate(0)
        self._keep = keep_messages
        self._kept = 0

    def flush(self) -> None:
        if self._lines:
            self._file.write("".join(self._lines))
            self._lines.clear()
            self._file.flush()

    def close(self) -> None:
        self.flush()
        self._file.close()

    def _store(self, payload: bytes | bytearray) -> str:
        self._kept += 1
        name = f"{self._kept:08}.eml"
        body = bytes(payload)
        if body.startswith(b".."):
            body = body[1:]
        (self._folder / name).write_bytes(body.replace(b"\r\n..", b"\r\n."))
        return name


def read_log(path: Path) -> list[Received]:
    """The whole log, oldest first."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        at, taken, sender, recipient, message_id, size, file = line.split("\t")
        found.append(Received(float(at), taken == "1", sender, recipient, message_id, int(size), file))
    return found


def _message_id(payload: bytes | bytearray) -> str:
    """The Message-ID among the first 4 kB of the header, without its angle brackets; "" if there is none."""
    head = bytes(payload[:4096])
    start = head.find(b"\nMessage-ID:")
    if start < 0 and head[:11].lower() != b"message-id:":
        start = head.lower().find(b"\nmessage-id:")
        if start < 0:
            return ""
    end = head.find(b"\r\n", start + 12)
    return head[start:end].partition(b":")[2].strip().strip(b"<>").decode("utf-8", "replace")
