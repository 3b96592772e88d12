"""What apps do around a restore: before the database is replaced, and once it is back.

Registered from `AppConfig.ready()`. After a restore they run in a program of its own (`after_restore`), under
the keys of the backup.
"""

from __future__ import annotations

from collections.abc import Callable

before: dict[str, Callable[[], None]] = {}
after: dict[str, Callable[[], str]] = {}
"""Each says in one line what it did; empty: nothing."""


def register(name: str, *, before_it: Callable[[], None], after_it: Callable[[], str]) -> None:
    before[name], after[name] = before_it, after_it
