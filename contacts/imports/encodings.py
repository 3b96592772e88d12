"""Which encoding a file is in: byte order mark, then strict UTF-8, then Windows-1252.

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
    if _reads(head, "utf-8"):
        return "utf-8"
    return FALLBACK if _reads(head, FALLBACK) else _most_french(head, OLD)


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
