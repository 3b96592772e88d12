"""Files that stand sealed on disk, written and read as streams: memory does not grow with them.

A file begins with its own key, sealed with ENCRYPTION_KEYS. Blocks follow, each sealed (AES-GCM) with its
number and whether it is the last: blocks that are cut off, moved or taken from elsewhere do not open.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from campaign_crm.platform.crypto import SealBroken, seal, unseal

MAGIC = b"CRMSEAL1"
BLOCK_BYTES = 1024 * 1024
TAG_BYTES = 16
LENGTH_BYTES = 4
LAST, MORE = b"\x01", b"\x00"


class SealedWriter:
    """Writes bytes sealed to a new file; without `close` (or the block's end) the file does not open."""

    def __init__(self, path: Path) -> None:
        key = secrets.token_bytes(32)
        head = seal({"key": base64.b64encode(key).decode()}).encode()
        self._cipher, self._number, self._waiting = AESGCM(key), 0, bytearray()
        self._file: IO[bytes] = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(MAGIC + len(head).to_bytes(LENGTH_BYTES, "big") + head)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > BLOCK_BYTES:  # the last block is known only at the end
            self._put(bytes(self._waiting[:BLOCK_BYTES]), MORE)
            del self._waiting[:BLOCK_BYTES]
        return len(data)

    def close(self) -> None:
        self._put(bytes(self._waiting), LAST)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> SealedWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()

    def _put(self, plain: bytes, place: bytes) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number), plain, place))
        self._number += 1


def opened_blocks(path: Path) -> Iterator[bytes]:
    """The plain blocks of a sealed file; raises SealBroken where it was changed or cut off."""
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise SealBroken("This is no sealed file.")
        head = file.read(int.from_bytes(file.read(LENGTH_BYTES), "big"))
        cipher = AESGCM(base64.b64decode(unseal(head.decode("latin-1"))["key"]))
        number, block = 0, file.read(BLOCK_BYTES + TAG_BYTES)
        while True:
            following = file.read(BLOCK_BYTES + TAG_BYTES)
            try:
                yield cipher.decrypt(_nonce(number), block, MORE if following else LAST)
            except InvalidTag:
                raise SealBroken("A sealed file was changed or cut off.") from None
            if not following:
                return
            number, block = number + 1, following


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
