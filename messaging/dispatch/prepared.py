"""Statements of the ledger that PostgreSQL plans once a connection, not once a batch.

The gate's statement asks a dozen questions: planning it costs as much as asking them of fifty rows, and more
with each month that the ledger has. Lists go as array literals: PostgreSQL reads one value, not a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.backends.utils import CursorWrapper

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")

# A plan that knows no values is the one that is wanted: rows looked up by their key, one by one.
_GENERIC = "SET LOCAL plan_cache_mode = force_generic_plan;"

# What each open connection of this process has prepared.
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Statement:
    """One statement of a transaction. `sql` with `%(name)s` for each name of `types`, which says the
    PostgreSQL type of its value; `settings`: of the transaction, set before it; `before`: a statement without
    values that is said first, in the same breath."""

    sql: str
    types: Mapping[str, str]
    settings: str = ""
    before: Statement | None = None
    name: str = field(init=False)
    _text: str = field(init=False)

    def __post_init__(self) -> None:
        names = list(self.types)
        sql = _PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", self.sql)
        name = f"dispatch_{blake2b(sql.encode(), digest_size=12).hexdigest()}"
        object.__setattr__(self, "name", name)
        types = f" ({', '.join(self.types.values())})" if self.types else ""
        object.__setattr__(self, "_text", f"PREPARE {name}{types} AS {sql}")

    def execute(self, cursor: CursorWrapper, values: Mapping[str, Any]) -> None:
        """Run it in the present transaction; `values` has every name of `types`."""
        known = _prepared.setdefault(connection.connection, set())
        first = ""
        if self.before is not None:
            self.before._prepare(cursor, known)
            first = f"EXECUTE {self.before.name};"
        self._prepare(cursor, known)
        asked = ", ".join(["%s"] * len(self.types))
        cursor.execute(
            f"{_GENERIC}{self.settings}{first}EXECUTE {self.name}({asked})",
            [values[name] for name in self.types],
        )

    def _prepare(self, cursor: CursorWrapper, known: set[str]) -> None:
        if self.name not in known:
            cursor.execute(self._text)
            known.add(self.name)


def numbers(values: Iterable[float]) -> str:
    """An array literal of numbers."""
    return f"{{{','.join(map(str, values))}}}"


def texts(values: Sequence[str]) -> str:
    """An array literal of texts."""
    if not values:
        return "{}"
    whole = '","'.join(values)
    if "\\" in whole or whole.count('"') != 2 * (len(values) - 1):
        whole = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return f'{{"{whole}"}}'
