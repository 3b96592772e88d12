"""Pieces of a staging table: ranges of its blocks, with a mark for those that are done.

The mark is set in the transaction that writes the piece, so that a killed import goes on where it stopped.
Rows of a staging table never move once it is filled, so that its blocks may stand for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from django.db import connection, transaction

from contacts.imports.staging import Staging

TABLE = "chunks"


@dataclass(frozen=True)
class Chunk:
    """Blocks `first` to `last - 1` of the working table `part`: some `rows` rows."""

    number: int
    first: int
    last: int
    rows: int
    part: str = "rows"

    def inside(self, alias: str) -> str:
        """SQL condition on the rows of `alias`."""
        return f"{alias}.ctid >= '({self.first},0)'::tid AND {alias}.ctid < '({self.last},0)'::tid"


def split(staging: Staging, part: str, *, rows: int, rows_a_chunk: int) -> list[Chunk]:
    """Return the pieces of a table of `rows` rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size(%s) / current_setting('block_size')::int", [staging.table(part)]
        )
        blocks = cursor.fetchone()[0]
    count = max(1, -(-rows // rows_a_chunk))
    edges = [blocks * number // count for number in range(count + 1)]
    return [
        Chunk(number, first, last, -(-rows // count), part)
        for number, (first, last) in enumerate(pairwise(edges))
        if last > first
    ]


def remember(staging: Staging, chunks: list[Chunk]) -> None:
    """Keep the pieces to do, all or none. They also say that the staging tables are complete."""
    with transaction.atomic(), connection.cursor() as cursor:
        staging.create(
            TABLE,
            "number integer PRIMARY KEY, first bigint, last bigint, rows bigint, part text, done boolean,"
            " made_at timestamptz DEFAULT clock_timestamp()",
        )
        staging.show(TABLE)  # a page that stops the import says how far it came
        cursor.executemany(
            f"INSERT INTO {staging.table(TABLE)} (number, first, last, rows, part, done)"
            " VALUES (%s, %s, %s, %s, %s, false)",
            [(chunk.number, chunk.first, chunk.last, chunk.rows, chunk.part) for chunk in chunks],
        )


def left_to_do(staging: Staging) -> tuple[list[Chunk], int]:
    """Return the pieces not yet done, and how many rows are."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, first, last, rows, part, done FROM {staging.table(TABLE)} ORDER BY number"
        )
        found = [(Chunk(*values), done) for *values, done in cursor.fetchall()]
    return [chunk for chunk, done in found if not done], sum(chunk.rows for chunk, done in found if done)


class SoFar(NamedTuple):
    """Rows of the pieces that are done, of those that are not, and when the pieces were made."""

    done: int
    todo: int
    made_at: datetime


def so_far(staging: Staging) -> SoFar | None:
    """How much is written; None when the pieces are gone."""
    if not staging.exists(TABLE):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(rows) FILTER (WHERE done), 0)::bigint,"
            f" coalesce(sum(rows) FILTER (WHERE NOT done), 0)::bigint, min(made_at)"
            f" FROM {staging.table(TABLE)}"
        )
        return SoFar(*cursor.fetchone())


def mark_done(staging: Staging, chunk: Chunk) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {staging.table(TABLE)} SET done = true WHERE number = %s",
            [chunk.number],
        )
