"""Which encoding a file is in: byte order mark, then strict UTF-8, then Windows-1252.

Statistical detectors take French Windows-1252 for its Polish sister; a fixed cascade with a preview and a
choice does not. Files of old Macs and of DOS are recognised only well enough to suggest the choice.
"""

from __future__ import annotations

import codecs
from pathlib import Path

HEAD_BYTES = 4 * 1024 * 1024
FALLBACK = "cp1252"
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
_FRENCH_LETTERS = frozenset("éèêëàâçîïôûùÉÈÀÇ")


def detect_encoding(path: Path) -> str:
    """Return the Python name of the encoding of the file's first megabytes."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8"


def better_encoding(path: Path) -> str:
    """Return an old encoding that gives the file far more French letters than Windows-1252 does, or ""."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    letters = {name: _french_letters(head, name) for name in (FALLBACK, "mac_roman", "cp850")}
    best = max(letters, key=lambda name: letters[name])
    return best if letters[best] > 3 * letters[FALLBACK] + 3 else ""


def _french_letters(head: bytes, encoding: str) -> int:
    text = head.decode(encoding, errors="replace")
    return sum(text.count(letter) for letter in _FRENCH_LETTERS)
