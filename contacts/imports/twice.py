"""Text that was encoded in UTF-8 twice: "BÃ©atrice". Such a file is valid UTF-8, and nobody's name.

A program took UTF-8 for Windows-1252 and wrote it as UTF-8 again. Read as `ENCODING`, what looks like such
pairs of letters is put right, and the rest of the text is left as it is.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

ENCODING = "utf-8-twice"


def _as_windows(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_BYTE_OF = {_as_windows(byte): byte for byte in range(0x80, 0x100)}
_REST = "[" + "".join(map(re.escape, map(_as_windows, range(0x80, 0xC0)))) + "]"
# Letters of Latin scripts, and the quotation marks, dashes and ellipses of word processors.
_BROKEN = re.compile(f"[ÂÃÄÅ]{_REST}|â{_REST}{_REST}")
_CUT = re.compile(f"(?:[ÂÃÄÅ]|â{_REST}?)$")
_SURE = re.compile(f"Ã{_REST}|â€{_REST}")


def looks_encoded_twice(text: str) -> bool:
    """True when it has pairs of letters that no language has."""
    return _SURE.search(text) is not None


def put_right(text: str) -> str:
    """The text that was meant."""
    return _BROKEN.sub(_meant, text)


def _meant(found: re.Match[str]) -> str:
    try:
        return bytes(_BYTE_OF[letter] for letter in found[0]).decode("utf-8")
    except UnicodeDecodeError:
        return found[0]


class _Decoder(codecs.IncrementalDecoder):
    """Decodes piece by piece: a pair may be cut by the end of one."""

    def __init__(self, errors: str = "strict") -> None:
        super().__init__(errors)
        self._inner = codecs.getincrementaldecoder("utf-8-sig")(errors)
        self._held = ""

    def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
        text = self._held + self._inner.decode(data, final)
        cut = None if final else _CUT.search(text)
        self._held = cut[0] if cut else ""
        return put_right(text[: cut.start()] if cut else text)

    def reset(self) -> None:
        self._inner.reset()
        self._held = ""


def _decode(data: Any, errors: str = "strict", /) -> tuple[str, int]:
    return _Decoder(errors).decode(bytes(data), True), len(data)


def _encode(text: str, errors: str = "strict") -> tuple[bytes, int]:
    raise UnicodeError("Nothing is written like this.")


def _found(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != ENCODING:
        return None
    return codecs.CodecInfo(_encode, _decode, incrementaldecoder=_Decoder, name=ENCODING)


codecs.register(_found)
