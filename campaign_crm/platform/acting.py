"""Who acts, told to the database, so that the history of changes names them.

A request says it for its transaction. A job says it for every connection of its block: those that are open,
those that are opened anew, and those of threads that run in a copy of its context.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass, replace
from typing import Any

from django.db import connection
from django.db.backends.signals import connection_created

_SET = (
    "SELECT set_config('crm.actor', %s, {local}), set_config('crm.came_by', %s, {local}),"
    " set_config('crm.import', %s, {local})"
)


@dataclass(frozen=True)
class Acting:
    """Texts, as the settings of a session are: numbers of a user and of an import, and how it came."""

    actor: str = ""
    came_by: str = ""
    import_id: str = ""


NOBODY_SAID = Acting()
_now: ContextVar[Acting] = ContextVar("acting", default=NOBODY_SAID)


def say_who_acts(*, actor_id: int | None, came_by: str) -> None:
    """For the rest of this transaction: a request."""
    _tell(Acting(_text(actor_id), came_by), local=True)


@contextmanager
def acting_in_this_process(*, actor_id: int | None, came_by: str) -> Iterator[None]:
    """For a block of many short transactions: a job."""
    with _saying(Acting(_text(actor_id), came_by)):
        yield


@contextmanager
def writing_an_import(import_id: int) -> Iterator[None]:
    """What this block adds is covered by its Import row; the history names it beside what it changes."""
    with _saying(replace(_now.get(), import_id=str(import_id))):
        yield


def works_as_a_program() -> None:
    """Until a job says more: the whole process is a worker or a command."""
    _now.set(Acting(came_by="program"))


@contextmanager
def _saying(what: Acting) -> Iterator[None]:
    before = _now.set(what)
    _tell(what, local=False)
    try:
        yield
    finally:
        _now.reset(before)
        if connection.connection is not None and not connection.needs_rollback:
            _tell(_now.get(), local=False)


def _tell(what: Acting, *, local: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET.format(local="true" if local else "false"), astuple(what))


def _tell_new(*, connection: Any, **_signal: Any) -> None:
    if (what := _now.get()) != NOBODY_SAID:
        with connection.cursor() as cursor:
            cursor.execute(_SET.format(local="false"), astuple(what))


connection_created.connect(_tell_new, dispatch_uid="who-acts")


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
