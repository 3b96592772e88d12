"""Pieces of set-based work run side by side, each on a connection and in transactions of its own.

PostgreSQL works on one core a connection; two lanes use both cores of a small machine.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextvars import copy_context
from typing import TypeVar

from django.db import connection, connections

Piece = TypeVar("Piece")
MAX_LANES = 2


def lanes_here() -> int:
    """How many lanes this machine has room for."""
    return max(1, min(MAX_LANES, os.cpu_count() or 1))


def in_lanes(work: Callable[[Piece], None], pieces: Iterable[Piece], *, lanes: int | None = None) -> None:
    """Call `work` once a piece, on several threads; the first error stops the others and is raised.

    `work` opens its own transaction. With one lane everything stays on the caller's thread and connection.
    """
    waiting = list(pieces)
    count = min(lanes_here() if lanes is None else lanes, len(waiting))
    if count <= 1 or connection.in_atomic_block:
        for piece in waiting:
            work(piece)
        return
    waiting.reverse()
    errors: list[BaseException] = []
    lock = threading.Lock()

    def next_piece() -> Piece | None:
        with lock:
            return waiting.pop() if waiting and not errors else None

    def run() -> None:
        try:
            while (piece := next_piece()) is not None:
                work(piece)
        except BaseException as error:  # handed to the caller's thread below
            errors.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=copy_context().run, args=[run], name=f"lane-{number}")  # who acts goes along
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
