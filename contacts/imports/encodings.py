"""Which encoding a file is in: byte order mark, UTF-16 without one, then strict UTF-8, then Windows-1252.

Statistical detectors take French Windows-1252 for its Polish sister; a fixed cascade with a preview and a
choice does not. Files of old Macs and of DOS are recognised only well enough to suggest the choice.
"""

from __future__ import annotations

import codecs
from pathlib import Path

HEAD_BYTES = 4 * 1024 * 1024
FALLBACK = "cp1252"
OLD = ("mac_roman", "cp850")
# What a person may choose, with the name that screens show.
CHOICES = {
    "utf-8": "UTF-8",
    "cp1252": "Windows (1252)",
    "utf-16": "UTF-16",
    "mac_roman": "Mac OS (Roman)",
    "cp850": "DOS (850)",
}
# Of the letters of a UTF-16 text in a Latin script, nearly all have one zero byte, always on the same side.
UTF_16_SHARE, OTHER_SIDE_SHARE = 0.6, 0.05
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How often French uses its accented letters: an old encoding takes the "é" of another for a rare one.
_FRENCH_LETTERS = {"é": 8, "è": 4, "à": 3, "ê": 2, "ç": 2, "É": 2} | dict.fromkeys("ëâîïôûùÈÀÇ", 1)


def detect_encoding(path: Path) -> str:
    """Return the Python name of the encoding of the file's first megabytes."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    unmarked = _utf_16_without_mark(head)
    if unmarked:
        return unmarked
    if _reads(head, "utf-8"):
        return "utf-8"
    return FALLBACK if _reads(head, FALLBACK) else _most_french(head, OLD)


def exact_encoding(path: Path, chosen: str) -> str:
    """Return what a choice means for this file: UTF-16 comes in two orders, told by a mark or the text."""
    if chosen != "utf-16":
        return chosen
    found = detect_encoding(path)
    return found if found.startswith("utf-16") else chosen


def _utf_16_without_mark(head: bytes) -> str:
    """Return the order of a text in UTF-16 that has no mark, or ""."""
    pairs = len(head) // 2
    if not pairs or b"\0" not in head:
        return ""
    first, second = (head[side : pairs * 2 : 2].count(0) / pairs for side in (0, 1))
    if second > UTF_16_SHARE and first < OTHER_SIDE_SHARE:
        return "utf-16-le"
    return "utf-16-be" if first > UTF_16_SHARE and second < OTHER_SIDE_SHARE else ""


def better_encoding(path: Path) -> str:
    """Return an old encoding that gives the file far more French letters than Windows-1252 does, or ""."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    best = _most_french(head, OLD)
    return best if _french_letters(head, best) > 3 * _french_letters(head, FALLBACK) + 3 else ""


def _reads(head: bytes, encoding: str) -> bool:
    """True when every byte has a meaning; the head may end inside a letter."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _most_french(head: bytes, encodings: tuple[str, ...]) -> str:
    return max(encodings, key=lambda name: _french_letters(head, name))


def _french_letters(head: bytes, encoding: str) -> int:
    text = head.decode(encoding, errors="replace")
    return sum(text.count(letter) * weight for letter, weight in _FRENCH_LETTERS.items())
