"""COPY into the staging tables, and the statements of `sql/`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection

SQL = Path(__file__).parent / "sql"
LINES_AT_A_TIME = 2_000


class _Lines:
    """Lines as the file that COPY reads, made as it reads them."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._rest = ""

    def read(self, size: int) -> str:
        while len(self._rest) < size:
            more = "\n".join(islice(self._lines, LINES_AT_A_TIME))
            if not more:
                break
            self._rest += more + "\n"
        given, self._rest = self._rest[:size], self._rest[size:]
        return given


def copy_lines(table: str, columns: Sequence[str], lines: Iterator[str]) -> None:
    """COPY tab-separated lines into a staging table, a bounded piece in memory at a time."""
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY staging.{table} ({', '.join(columns)}) FROM STDIN", _Lines(lines), size=1 << 20
        )
        cursor.execute(f"ANALYZE staging.{table}")


def fill_table(table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert a few rows into a staging table."""
    listed = list(rows)
    marks = ", ".join(["%s"] * len(listed[0]))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO staging.{table} VALUES ({marks})", listed)  # noqa: S608 - our own names


def run_sql(name: str, parameters: Mapping[str, object] | None = None) -> None:
    """Run the statements of `sql/<name>.sql`."""
    with connection.cursor() as cursor:
        cursor.execute(sql_of(name), parameters)


@cache
def sql_of(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")
