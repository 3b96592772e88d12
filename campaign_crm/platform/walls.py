"""The scope of the work at hand, and the two walls that hold it.

A scope is the whole country (None) or the ids of some territories, each with all that it contains. The first
wall is the scoped managers of what tells about people (`contacts.scoped`): they read `current_scope()`. The
second one is PostgreSQL's row-level security: `crm_scoped` sees what the setting `crm.scope` holds, a bit a
territory, and nothing while it is not set.

Grants and territories stand in the app above: it registers how they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any

from django.db import connection

from campaign_crm.platform.database import acting_as

Scope = frozenset[int] | None
NOWHERE: frozenset[int] = frozenset()
REMEMBERED = 60.0  # seconds that the contents of a territory are kept in this process
SCOPES_KEPT = 200
FEW = 1000  # territories that are named one by one, so that indexes of places serve
SETTINGS = ("crm.scope", "crm.scope_places")

_scope: ContextVar[Scope] = ContextVar("scope", default=None)


@dataclass(frozen=True)
class Held:
    """A role that a grant in force gives; `territory` None: in the whole country. `ends_on`: its last day."""

    role: str
    territory: int | None
    ends_on: date | None = None

    def lasts_until(self, day: date | None) -> bool:
        """True when it is held on that day still; None: without an end."""
        return self.ends_on is None or (day is not None and self.ends_on >= day)


@dataclass(frozen=True)
class _Contents:
    """A scope as it was read: all the territories inside, and the text of `crm.scope`."""

    read_at: float
    inside: frozenset[int]
    bits: str


@dataclass
class _Above:
    """What the app that knows territories registers: see `register`."""

    grants_of: Callable[[int], list[Held]] = lambda _user_id: []
    contents_of: Callable[[frozenset[int]], frozenset[int]] = lambda ids: ids


_above = _Above()
_contents: dict[frozenset[int], _Contents] = {}


def register(
    *,
    grants_of: Callable[[int], list[Held]],
    contents_of: Callable[[frozenset[int]], frozenset[int]],
) -> None:
    """`grants_of`: (user id) → what grants of today give. `contents_of`: territories with all inside."""
    _above.grants_of, _above.contents_of = grants_of, contents_of


def grants_of(user_id: int) -> list[Held]:
    return _above.grants_of(user_id)


def contents(scope: frozenset[int]) -> frozenset[int]:
    """Ids of the territories of a scope and of everything inside them."""
    return _read(scope).inside


def few_places(scope: frozenset[int]) -> list[int] | None:
    """The territories inside a scope while they are few; None where each row is asked by its bit."""
    inside = contents(scope)
    return sorted(inside) if len(inside) <= FEW else None


def covers(held: Scope, asked: Scope) -> bool:
    """True when what is held somewhere reaches everything that is asked."""
    if held is None:
        return True
    if asked is None or not held:
        return False
    return asked <= held or contents(asked) <= contents(held)


def current_scope() -> Scope:
    """Where the work at hand may see people; None: the whole country."""
    return _scope.get()


def begin() -> Token[Scope]:
    """A request begins in the whole country, as strangers do: `take_scope` narrows it for a member."""
    return _scope.set(None)


def end(token: Token[Scope]) -> None:
    _scope.reset(token)


def key_of_scope() -> str:
    """What tells apart, in a cache, what different scopes see; empty in the whole country."""
    scope = current_scope()
    return "" if scope is None else f"@{'-'.join(map(str, sorted(scope)))}"


def take_scope(scope: Scope) -> None:
    """Put the rest of this request behind the walls of a scope; it has a transaction and a role already."""
    before = _scope.get()
    _scope.set(scope)
    if scope is None and before is None:  # the role that the request began with
        return
    with connection.cursor() as cursor:
        _set(cursor, _settings(scope))
        cursor.execute("SET LOCAL ROLE crm_national" if scope is None else "SET LOCAL ROLE crm_scoped")


@contextmanager
def acting_within(scope: Scope) -> Iterator[None]:
    """Run a block as a member of the team with this scope, in one transaction: their streams and tasks."""
    token = _scope.set(scope)
    try:
        with acting_as("crm_national" if scope is None else "crm_scoped"), connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(f'current_setting({name!r}, true)' for name in SETTINGS)}")
            before = cursor.fetchone()
            _set(cursor, _settings(scope))
            yield
            if connection.in_atomic_block and not connection.needs_rollback:
                _set(cursor, before)
    finally:
        _scope.reset(token)


def stream(lines: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """What an answer sends after its request: in a transaction of its own, behind the same walls."""
    scope = current_scope()

    def sent() -> Iterator[Any]:
        with acting_within(scope):
            yield from lines()

    return sent()


def forget_contents() -> None:
    """Read the contents of territories anew: they have changed."""
    _contents.clear()


def _set(cursor: Any, values: Sequence[str | None]) -> None:
    for name, value in zip(SETTINGS, values, strict=True):
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value or ""])


def _settings(scope: Scope) -> tuple[str, str]:
    """What `SETTINGS` hold for a scope: nothing where nothing is seen, or everything by another role."""
    if not scope:
        return "", ""
    few = few_places(scope)
    return _read(scope).bits, "" if few is None else "{" + ",".join(map(str, few)) + "}"


def _read(scope: frozenset[int]) -> _Contents:
    """The contents of a scope, from this process or the database."""
    found = _contents.get(scope)
    if found is not None and monotonic() - found.read_at < REMEMBERED:
        return found
    inside = _above.contents_of(scope) if scope else NOWHERE
    if len(_contents) >= SCOPES_KEPT:
        _contents.clear()
    _contents[scope] = _Contents(monotonic(), inside, _bits(inside))
    return _contents[scope]


def _bits(ids: frozenset[int]) -> str:
    """One bit a territory, as `get_bit(bytea, id)` counts them, in hexadecimal."""
    bits = bytearray(max(ids, default=-1) // 8 + 1)
    for each in ids:
        bits[each >> 3] |= 1 << (each & 7)
    return bits.hex()
