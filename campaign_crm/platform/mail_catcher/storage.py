"""Files of the caught mailbox: one `.eml` a message, named by its moment, and one index for searching.

A file is the two envelope lines followed by the message byte for byte. The index holds one line a message,
`id <tab> folded words`; it is a shortcut only: a message missing from it is read from its own file.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

KEPT_MESSAGES = 10_000
PRUNED_EVERY = 100  # messages; the mailbox may hold that many more than KEPT_MESSAGES for a moment
INDEX_NAME = "index.tsv"
INDEXED_TEXT = 2_000  # characters of a message's text that can be searched
_ID = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}", re.ASCII)
_MOMENT = "%Y%m%dT%H%M%S%f"


class NoSuchMessage(LookupError):
    """There is no message of that id (any more)."""


def path_of(folder: Path, message_id: str) -> Path:
    """File of a message. Raises NoSuchMessage for anything that is not an id, a path above all."""
    if not _ID.fullmatch(message_id):
        raise NoSuchMessage(message_id)
    return folder / f"{message_id}.eml"


def moment_of(message_id: str) -> datetime:
    """When the message arrived (UTC)."""
    return datetime.strptime(message_id.partition("-")[0], _MOMENT).replace(tzinfo=UTC)


def message_ids(folder: Path) -> list[str]:
    """Every id, newest first."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name[:-4] for entry in entries if entry.name.endswith(".eml")]
    except FileNotFoundError:
        return []
    return sorted(filter(_ID.fullmatch, names), reverse=True)


def fold(text: str) -> str:
    """Lower case without accents, white space collapsed: what searches compare."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())


def read_index(folder: Path) -> dict[str, str]:
    """Folded words by id, as far as the index knows."""
    try:
        lines = (folder / INDEX_NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    return {found[0]: found[2] for found in (line.partition("\t") for line in lines) if found[1]}


def delete(folder: Path, ids: Iterable[str]) -> int:
    """Remove messages; returns how many were there. Their index lines go with the next pruning."""
    removed = 0
    for message_id in ids:
        try:
            path_of(folder, message_id).unlink()
            removed += 1
        except FileNotFoundError:
            continue
    return removed


class Store:
    """Writes the mailbox. One process writes; any number may read and delete meanwhile."""

    def __init__(self, folder: Path, *, kept: int = KEPT_MESSAGES) -> None:
        self.folder = folder
        self._kept = kept
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._last = datetime.min.replace(tzinfo=UTC)
        self._since_pruning = 0
        self.prune()

    def add(self, *, sender: str, recipients: list[str], message: bytes, words: str) -> str:
        """Keep a message; it appears whole or not at all. `words` is what a search finds. Returns its id."""
        message_id = self._next_id()
        path = path_of(self.folder, message_id)
        unfinished = path.with_suffix(".part")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(recipients)}\r\n".encode())
            file.write(message)
        unfinished.replace(path)
        self._append_to_index(f"{message_id}\t{fold(words)[:INDEXED_TEXT]}\n")
        self._since_pruning += 1
        if self._since_pruning >= PRUNED_EVERY:
            self.prune()
        return message_id

    def prune(self) -> None:
        """Keep the newest messages only, and the index lines of those that are still there."""
        self._since_pruning = 0
        ids = message_ids(self.folder)
        delete(self.folder, ids[self._kept :])
        kept = set(ids[: self._kept])
        index = self.folder / INDEX_NAME
        lines = [f"{key}\t{words}\n" for key, words in read_index(self.folder).items() if key in kept]
        unfinished = index.with_suffix(".part")
        unfinished.write_text("".join(lines), encoding="utf-8")
        unfinished.chmod(0o600)
        unfinished.replace(index)

    def _next_id(self) -> str:
        """Ids rise even when the clock does not."""
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return f"{self._last.strftime(_MOMENT)}-{secrets.token_hex(4)}"

    def _append_to_index(self, line: str) -> None:
        with (self.folder / INDEX_NAME).open("a", encoding="utf-8") as file:
            file.write(line)
