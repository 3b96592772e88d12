"""The scope of the work at hand, and the two walls that hold it.

A scope is the whole country (None) or the ids of some territories, each with all that it contains. The first
wall is the scoped managers of what tells about people (`contacts.scoped`): they read `current_scope()`. The
second one is PostgreSQL's row-level security: `crm_scoped` sees what the setting `crm.scope` holds, a bit a
territory, and nothing while it is not set.

Grants and territories stand in the app above: it registers how they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.db import connection

from campaign_crm.platform.database import acting_as

Scope = frozenset[int] | None
NOWHERE: frozenset[int] = frozenset()
REMEMBERED = 60.0  # seconds that the contents of a territory are kept in this process
SCOPES_KEPT = 200

_scope: ContextVar[Scope] = ContextVar("scope", default=None)


@dataclass(frozen=True)
class Held:
    """A role that a grant in force gives; `territory` None: in the whole country."""

    role: str
    territory: int | None


@dataclass
class _Above:
    """What the app that knows territories registers: see `register`."""

    grants_of: Callable[[int], list[Held]] = lambda _user_id: []
    contents_of: Callable[[frozenset[int]], frozenset[int]] = lambda ids: ids


_above = _Above()
_contents: dict[frozenset[int], tuple[float, frozenset[int], str]] = {}


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
    return _read(scope)[1]


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


def take_scope(scope: Scope) -> None:
    """Put the rest of this request behind the walls of a scope; it has a transaction and a role already."""
    _scope.set(scope)
    if scope is None and not _is_scoped():
        return
    with connection.cursor() as cursor:
        role = "crm_national" if scope is None else "crm_scoped"
        cursor.execute(f"SELECT set_config('crm.scope', %s, true); SET LOCAL ROLE {role}", [_setting(scope)])


@contextmanager
def acting_within(scope: Scope) -> Iterator[None]:
    """Run a block as a member of the team with this scope, in one transaction: their streams and tasks."""
    token = _scope.set(scope)
    try:
        with acting_as("crm_national" if scope is None else "crm_scoped"), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('crm.scope', true)")
            (before,) = cursor.fetchone()
            cursor.execute("SELECT set_config('crm.scope', %s, true)", [_setting(scope)])
            yield
            if connection.in_atomic_block and not connection.needs_rollback:
                cursor.execute("SELECT set_config('crm.scope', %s, true)", [before or ""])
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


def _is_scoped() -> bool:
    """Whether this transaction stands behind the wall already; a request without a database does not."""
    if not connection.in_atomic_block:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = 'crm_scoped'")
        (answer,) = cursor.fetchone()
    return bool(answer)


def _setting(scope: Scope) -> str:
    return "" if not scope else _read(scope)[2]


def _read(scope: frozenset[int]) -> tuple[float, frozenset[int], str]:
    """(read at, contents, the setting's text) of a scope, from this process or the database."""
    found = _contents.get(scope)
    if found is not None and monotonic() - found[0] < REMEMBERED:
        return found
    inside = _above.contents_of(scope) if scope else NOWHERE
    if len(_contents) >= SCOPES_KEPT:
        _contents.clear()
    _contents[scope] = monotonic(), inside, _bits(inside)
    return _contents[scope]


def _bits(ids: frozenset[int]) -> str:
    """One bit a territory, as `get_bit(bytea, id)` counts them, in hexadecimal."""
    bits = bytearray(max(ids, default=-1) // 8 + 1)
    for each in ids:
        bits[each >> 3] |= 1 << (each & 7)
    return bits.hex()
