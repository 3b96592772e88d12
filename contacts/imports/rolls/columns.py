"""SQL over the raw table: column `cN` is column N of the file, a missing one is the empty text."""

from __future__ import annotations

from collections.abc import Iterable

from contacts.imports.layouts import Mapping

EMPTY = "''::text"


class RawColumns:
    """Where each field of a roll stands in the raw table."""

    def __init__(self, mapping: Mapping, width: int) -> None:
        self.width = width
        self._column_of = {key: index for index, key in mapping.items()}

    def has(self, key: str) -> bool:
        return key in self._column_of

    def index(self, key: str) -> int:
        return self._column_of[key]

    def sql(self, key: str) -> str:
        """Text of a field, as the file wrote it."""
        return f"raw.c{self._column_of[key]}" if self.has(key) else EMPTY

    def joined(self, *keys: str, limit: int) -> str:
        """Fields with a space between those that are filled, cut at `limit` characters."""
        present = [key for key in keys if self.has(key)]
        if not present:
            return EMPTY
        text = self.sql(present[0])
        for key in present[1:]:
            more = self.sql(key)
            both = f"{text} || ' ' || {more}"
            text = f"CASE WHEN {more} = '' THEN {text} WHEN {text} = '' THEN {more} ELSE {both} END"
        return f"left(btrim({text}), {limit})"

    def all(self) -> list[str]:
        return [f"c{index}" for index in range(self.width)]

    def present(self, keys: Iterable[str]) -> list[str]:
        """Those of the fields that the file has."""
        return [key for key in keys if self.has(key)]
