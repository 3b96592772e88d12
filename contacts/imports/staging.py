"""Unlogged working tables of one import, in the schema `staging`, filled by a streamed COPY.

They are not written to the log: a crash of PostgreSQL empties them, and the import fills them again. Web
requests may read the samples of a preview, nothing else.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import IO, Any

import psycopg2
from django.db import connection, connections, transaction

from contacts.imports.reading import Row

COPIED_AT_A_TIME = 2_000  # rows between two looks at the clock
STREAM_BYTES = 1024 * 1024
HELD_CHARACTERS = 4 * 1024 * 1024  # of rows that wait to be sent: rows may be large
REJECTS_IN_MEMORY = 8 * 1024 * 1024  # bytes, then a temporary file


class Staging:
    """Names of the working tables of one import, and what is done with all of them."""

    def __init__(self, import_id: int) -> None:
        self.import_id = import_id

    def table(self, part: str) -> str:
        """`staging.import_12_rows` for the part "rows"; a name of our own, safe inside SQL."""
        return f"staging.import_{self.import_id}_{part}"

    def sql(self, statement: str, **values: str) -> str:
        """Put table names where the statement has {part}, and other pieces of our own SQL."""
        return statement.format_map(_Names(self, values))

    def create(self, part: str, columns: str, *, inherits: str = "") -> None:
        """Make a table; with `inherits` it is also a part of that one."""
        parent = f" INHERITS ({self.table(inherits)})" if inherits else ""
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE UNLOGGED TABLE {self.table(part)} ({columns}){parent}")

    def ensure(self, part: str, columns: str) -> None:
        """Make a table unless it is there."""
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE UNLOGGED TABLE IF NOT EXISTS {self.table(part)} ({columns})")

    def exists(self, part: str) -> bool:
        """True when the table is there and holds a row: after a crash of PostgreSQL it is there, empty."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [self.table(part)])
            if not cursor.fetchone()[0]:
                return False
            cursor.execute(f"SELECT EXISTS (SELECT FROM {self.table(part)})")
            return bool(cursor.fetchone()[0])

    def drop(self, *parts: str) -> None:
        """Remove some working tables of the import, or all of them."""
        with transaction.atomic(), connection.cursor() as cursor:
            names = [self.table(part) for part in parts]
            if not parts:
                cursor.execute(
                    "SELECT format('%%I.%%I', schemaname, tablename) FROM pg_tables"
                    " WHERE schemaname = 'staging' AND tablename ~ %s",
                    [f"^import_{self.import_id}_"],
                )
                names = [name for (name,) in cursor.fetchall()]
            for name in names:
                cursor.execute(f"DROP TABLE IF EXISTS {name} CASCADE")

    def show(self, part: str) -> None:
        """Let web requests read a table."""
        with connection.cursor() as cursor:
            cursor.execute(f"GRANT SELECT ON {self.table(part)} TO crm_national")

    def analyze(self, *parts: str) -> None:
        with connection.cursor() as cursor:
            for part in parts:
                cursor.execute(f"ANALYZE {self.table(part)}")


class _Names(dict[str, str]):
    def __init__(self, staging: Staging, values: dict[str, str]) -> None:
        super().__init__(values)
        self._staging = staging

    def __missing__(self, part: str) -> str:
        return self._staging.table(part)


def copy_rows(
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    texts: Sequence[str] = (),
    on_rows: Callable[[int], None] | None = None,
) -> int:
    """COPY rows into a table; returns how many. None and "" are null but in the columns named in `texts`.

    `on_rows` is told how many went so far.
    """
    stream = _CsvStream(rows, on_rows)
    options = "FORMAT csv" + (f", FORCE_NOT_NULL ({', '.join(texts)})" if texts else "")
    with copying(f"COPY {table} ({', '.join(columns)}) FROM STDIN ({options})") as copy:
        try:
            copy(stream)
        except psycopg2.Error:
            if (
                stream.error is not None
            ):  # what the rows raised, not what PostgreSQL made of the broken stream
                raise stream.error from None
            raise
    return stream.count


@contextmanager
def copying(statement: str) -> Iterator[Callable[[Any], int]]:
    """Give a function that runs a COPY FROM STDIN and returns the rows copied.

    It works on a connection of its own, so that the usual one stays free to report progress and renew the
    job's lease while rows stream; inside a transaction, which another connection could not see, on that one.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield partial(_copy, connection, statement)
        return
    own = connections.create_connection(connection.alias)
    try:
        yield partial(_copy, own, statement)
    finally:
        own.close()


def _copy(through: Any, statement: str, file: Any) -> int:
    with through.cursor() as cursor:
        cursor.cursor.copy_expert(statement, file, STREAM_BYTES)
        return int(cursor.rowcount)


class _CsvStream:
    """A file that COPY reads; its text is made of rows as it is read."""

    def __init__(self, rows: Iterable[Sequence[object]], on_rows: Callable[[int], None] | None) -> None:
        self._rows = iter(rows)
        self._on_rows = on_rows
        self.count = 0
        self.error: BaseException | None = None

    def read(self, _size: int = -1) -> bytes:
        buffer = io.StringIO()
        write = csv.writer(buffer, lineterminator="\n").writerow
        taken = 0
        try:
            for row in islice(self._rows, COPIED_AT_A_TIME):
                write(row)
                taken += 1
                if buffer.tell() > HELD_CHARACTERS:
                    break
        except BaseException as error:
            self.error = error
            raise
        self.count += taken
        if self._on_rows is not None and taken:
            self._on_rows(self.count)
        return buffer.getvalue().encode()


class RejectedRows:
    """Rows that cannot be taken, kept beside until they are copied: memory first, then a temporary file."""

    def __init__(self) -> None:
        self._file: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by `__exit__`
            REJECTS_IN_MEMORY, mode="w+", encoding="utf-8", newline=""
        )
        self.count = 0

    def __call__(self, line: int, values: Row, reasons: list[str]) -> None:
        self._file.write(json.dumps([line, values, reasons], ensure_ascii=False) + "\n")
        self.count += 1

    def rows(self) -> Iterator[tuple[int, str, str]]:
        """Yield (line, values as JSON, reasons as JSON) from the beginning."""
        self._file.seek(0)
        for text in self._file:
            line, values, reasons = json.loads(text)
            yield line, json.dumps(values, ensure_ascii=False), json.dumps(reasons, ensure_ascii=False)

    def __enter__(self) -> RejectedRows:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
