"""Which encoding a file is in: byte order mark, UTF-16 without one, then UTF-8, then Windows-1252.

Statistical detectors take French Windows-1252 for its Polish sister; a fixed cascade with a preview and a
choice does not. Files of old Macs and of DOS are recognised only well enough to suggest the choice.

One line pasted from elsewhere does not make another encoding of a file: letters of UTF-8 are pairs of bytes
that no other French text has, so that a few of them say more than a few bytes that are not UTF-8. Rows with
such bytes are refused one by one (`reading.UnsureRow`).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from contacts.imports import twice

HEAD_BYTES = 4 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024
FALLBACK = "cp1252"
OLD = ("mac_roman", "cp850")
MARKED = "utf-8-sig"
# What a person may choose, with the name that screens show.
CHOICES = {
    "utf-8": "UTF-8",
    "cp1252": "Windows (1252)",
    "utf-16": "UTF-16",
    "mac_roman": "Mac OS (Roman)",
    "cp850": "DOS (850)",
    twice.ENCODING: "UTF-8 ×2 (Ã© → é)",
}
# Of the letters of a UTF-16 text in a Latin script, nearly all have one zero byte, always on the same side.
UTF_16_SHARE, OTHER_SIDE_SHARE = 0.6, 0.05
# Of the letters beyond ASCII that must be UTF-8. Below it those few are an accident of another encoding;
# above it, taking the file for Windows-1252 would garble them without a word.
LEAST_SHARE = 0.1
_MARKS = (
    (codecs.BOM_UTF8, MARKED),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How often French uses its accented letters: an old encoding takes the "é" of another for a rare one.
_FRENCH_LETTERS = {"é": 8, "è": 4, "à": 3, "ê": 2, "ç": 2, "É": 2} | dict.fromkeys("ëâîïôûùÈÀÇ", 1)

# Bytes that an encoding does not have are decoded as these ("surrogateescape"), which no text has.
ESCAPED = re.compile("[\udc80-\udcff]+")
_LETTERS = re.compile("[^\x00-\x7f\udc80-\udcff]+")


class Found(NamedTuple):
    """An encoding by its Python name; `is_damaged`: some bytes are none of it, their rows unsure."""

    encoding: str
    is_damaged: bool = False


def detect_encoding(path: Path) -> str:
    """Return the Python name of the encoding of the file's first megabytes."""
    return detect(path).encoding


def detect(path: Path) -> Found:
    """Return the encoding of the file's first megabytes."""
    head = _head(path)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Found(encoding, encoding == MARKED and not _reads(head, encoding))
    if unmarked := _utf_16_without_mark(head):
        return Found(unmarked)
    return Found("utf-8") if _reads(head, "utf-8") else _of_one_byte_or_utf_8([head], head)


def detect_whole(path: Path) -> Found:
    """Judge by every byte of a file whose first megabytes read as UTF-8, and whose rest does not."""
    head = _head(path)
    if head.startswith(codecs.BOM_UTF8):
        return Found(MARKED, is_damaged=True)
    return _of_one_byte_or_utf_8(_blocks(path), head)


def exact_encoding(path: Path, chosen: str) -> Found:
    """Return what a choice means for this file: UTF-16 comes in two orders, told by a mark or the text.

    A choice is kept where the file contradicts it only in some places; else reading it fails.
    """
    if chosen == "utf-16":
        found = detect(path)
        return found if found.encoding.startswith("utf-16") else Found(chosen)
    if chosen in ("utf-8", MARKED):
        found = detect(path)
        return found if found.encoding in ("utf-8", MARKED) else Found(chosen)
    return Found(chosen, not chosen.startswith("utf-16") and not _reads(_head(path), chosen))


def better_encoding(path: Path, than: str = FALLBACK) -> str:
    """Return an encoding of one byte that gives the file far more French letters than `than`, or ""."""
    head = _head(path)
    best = _most_french(head, tuple(name for name in (FALLBACK, *OLD) if name != than))
    return best if _french_letters(head, best) > 3 * _french_letters(head, than) + 3 else ""


def is_encoded_twice(path: Path) -> bool:
    """True when a file in UTF-8 was taken for Windows-1252 by a program, and encoded again."""
    return twice.looks_encoded_twice(_head(path).decode("utf-8", errors="ignore"))


def is_certain(path: Path) -> bool:
    """True when the file says its own encoding: by a mark, or by letters that only UTF-8 or UTF-16 has."""
    head, found = _head(path), detect(path)
    if found.encoding in ("utf-8", MARKED):
        return not head.isascii() and not is_encoded_twice(path)
    return found.encoding.startswith("utf-16")


def legible(text: str) -> str:
    """Show bytes that were none of the encoding as Windows would: for people to look at, never to import."""
    return ESCAPED.sub(_as_windows, text)


def _as_windows(found: re.Match[str]) -> str:
    return found[0].encode("ascii", "surrogateescape").decode(FALLBACK, "replace")


def _of_one_byte_or_utf_8(blocks: Iterable[bytes], head: bytes) -> Found:
    letters, others = _count_utf_8(blocks)
    if not others:
        return Found("utf-8")
    if letters and letters >= LEAST_SHARE * (letters + others):
        return Found("utf-8", is_damaged=True)
    if _reads(head, FALLBACK):
        return Found(FALLBACK)
    best = _most_french(head, (FALLBACK, *OLD))
    return Found(best, is_damaged=best == FALLBACK)


def _count_utf_8(blocks: Iterable[bytes]) -> tuple[int, int]:
    """Runs of letters beyond ASCII that are UTF-8, and runs of bytes that are not; the end may be cut."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    letters = others = 0
    for block in blocks:
        text = decoder.decode(block)
        if not text.isascii():
            letters += sum(1 for _found in _LETTERS.finditer(text))
            others += sum(1 for _found in ESCAPED.finditer(text))
    return letters, others


def _utf_16_without_mark(head: bytes) -> str:
    """Return the order of a text in UTF-16 that has no mark, or ""."""
    pairs = len(head) // 2
    if not pairs or b"\0" not in head:
        return ""
    first, second = (head[side : pairs * 2 : 2].count(0) / pairs for side in (0, 1))
    if second > UTF_16_SHARE and first < OTHER_SIDE_SHARE:
        return "utf-16-le"
    return "utf-16-be" if first > UTF_16_SHARE and second < OTHER_SIDE_SHARE else ""


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(BLOCK_BYTES), b"")


def _reads(head: bytes, encoding: str) -> bool:
    """True when every byte has a meaning; the head may end inside a letter."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except UnicodeError:
        return False
    return True


def _most_french(head: bytes, encodings: tuple[str, ...]) -> str:
    return max(encodings, key=lambda name: _french_letters(head, name))


def _french_letters(head: bytes, encoding: str) -> int:
    text = head.decode(encoding, errors="replace")
    return sum(text.count(letter) * weight for letter, weight in _FRENCH_LETTERS.items())
