"""Quoted-printable (RFC 2045 §6.7) in pieces: static text encoded once, values slipped between.

Every piece begins at the start of a line and, unless it ends with a line break, closes with a soft one:
pieces join into lines of at most 76 characters whatever the values are. A dot or "From " never begins a line,
so nothing is left for SMTP's dot-stuffing or a mailbox's ">From" to change.
"""

from __future__ import annotations

import re

LINE = 75  # characters before the "=" of a soft line break
SOFT = b"=\r\n"
_TABLE = {byte: f"={byte:02X}" for byte in range(256)}
_UNSAFE = re.compile(r"[^ -<>-~]")  # of bytes read as Latin-1: all but printable ASCII, and "=" itself
_SAFE = re.compile(r"[ -<>-~]*")


def encode_piece(text: str) -> bytes:
    """Encode text that something follows; line feeds become CRLF."""
    if not text:
        return b""
    if text.isascii() and text.isprintable() and "=" not in text and text[0] not in ".F":
        size = len(text)
        if size <= LINE:
            return text.encode("ascii") + SOFT
        # An address of two lines: no dot at the beginning of the second either.
        if size <= 2 * LINE and " " not in text and text[LINE] != ".":
            return f"{text[:LINE]}=\r\n{text[LINE:]}=\r\n".encode("ascii")
    *whole, rest = text.split("\n")
    lines = [_hard_line(line) for line in whole]
    if rest:
        lines.append("=\r\n".join(_wrapped(_encoded(rest))) + "=\r\n")
    return "".join(lines).encode("ascii")


def encode_end(text: str) -> bytes:
    """Encode the last piece of a body, which nothing follows."""
    *whole, rest = text.split("\n")
    lines = [_hard_line(line) for line in whole]
    return "".join([*lines, _hard_line(rest).removesuffix("\r\n")]).encode("ascii")


def _hard_line(line: str) -> str:
    encoded = _encoded(line)
    if encoded.endswith(" "):  # a space before a line break would be lost (rule 3); a tab is encoded always
        encoded = encoded[:-1] + "=20"
    return "=\r\n".join(_wrapped(encoded)) + "\r\n"


def _encoded(line: str) -> str:
    if _SAFE.fullmatch(line):
        return line
    return _UNSAFE.sub(lambda found: _TABLE[ord(found[0])], line.encode("utf-8").decode("latin-1"))


def _wrapped(encoded: str) -> list[str]:
    """Pieces of at most 75 characters that cut no `=XX`."""
    pieces = []
    start, size = 0, len(encoded)
    while True:
        protected = ""
        if encoded.startswith((".", "From "), start):
            protected = _TABLE[ord(encoded[start])]
            start += 1
        end = start + LINE - len(protected)
        if end >= size:
            pieces.append(protected + encoded[start:])
            return pieces
        if encoded[end - 1] == "=":
            end -= 1
        elif encoded[end - 2] == "=":
            end -= 2
        pieces.append(protected + encoded[start:end])
        start = end
