"""How long a whole roll takes to be taken back, against a bare COPY of the file that brought it.

`make bench ONLY=undo`. The base holds as many other electors, and the roll that is undone. References, fsync
and full-page writes are on. `undo_people`: the same for an address book, whose people have addresses,
agreements and projections; its limit is the COPY of that file.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from campaign_crm.platform.jobs import run_job
from contacts.imports.service import undo_import
from contacts.invented.address_books import google, write_csv
from contacts.invented.people import people
from contacts.invented.rolls import write_roll
from contacts.models import Contact, ElectoralRegistration, Import, Source
from contacts.territories.loading import load_territories
from tests.benchmarks.bench_import import (
    COPY_BYTES,
    ELSEWHERE,
    HERE,
    LIMIT_IS,
    bare_copy,
    described,
    import_roll,
    memory_mb,
)
from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.base_database import BaseDatabase
from tests.support.imports import import_file

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db(transaction=True)]

ROWS = {"small": 100_000, "full": 1_000_000}
PEOPLE = {"small": 5_000, "full": 100_000}
ROUNDS = 3
UNDO_AT_MOST = 20  # times the bare COPY: twice what the import may take


@pytest.fixture
def roll(tmp_path: Path) -> Path:
    path = tmp_path / "roll.csv"
    write_roll(path, rows=ROWS[size()], seed=1, departments=HERE)
    return path


@pytest.fixture
def base_with_roll(servers: Any, tmp_path: Path, roll: Path) -> Iterator[BaseDatabase]:
    """As many other electors, and those of the roll."""

    def make() -> None:
        load_territories()
        Source.objects.create(name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
        path = tmp_path / "elsewhere.csv"
        write_roll(path, rows=ROWS[size()], seed=2, departments=ELSEWHERE)
        import_roll(path)
        path.unlink()
        import_roll(roll)

    found = BaseDatabase(servers, make)
    yield found
    found.drop()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.csv"
    write_csv(path, google(people(PEOPLE[size()], seed=3, departments=["60"])))
    return path


@pytest.fixture
def base_with_book(servers: Any, book: Path) -> Iterator[BaseDatabase]:
    def make() -> None:
        load_territories()
        source = Source.objects.create(
            name="Book", kind="address_book", lawful_basis="consent", channels=["email", "sms"]
        )
        import_file(book, kind="address-book", source=source)

    found = BaseDatabase(servers, make)
    yield found
    found.drop()


def test_undo(base_with_roll: BaseDatabase, roll: Path) -> None:
    bench = Benchmark(
        name="undo",
        unit="s",
        limit_is=LIMIT_IS,
        better="lower",
        target=f"at most {UNDO_AT_MOST} times the bare COPY of the file, under 400 MB",
        settings=described(roll) | {"rows": ROWS[size()]},
    )

    def figure(_number: int) -> float:
        base_with_roll.restore()
        return undo_newest()

    bench.run(figure=figure, limit=lambda _number: bare_copy(roll), rounds=ROUNDS)
    undone = Import.objects.latest("pk").counts["undone"]
    bench.detail = {
        "electors_a_second": round(undone["electors"] / bench.figure),
        "memory_mb": memory_mb(),
        "undone": undone,
    }
    bench.write()
    assert undone["electors"] > ROWS[size()] * 0.95
    assert ElectoralRegistration.objects.count() < ROWS[size()] * 1.05
    assert memory_mb() < 400
    assert bench.ratio <= UNDO_AT_MOST


def test_undo_people(base_with_book: BaseDatabase, book: Path) -> None:
    bench = Benchmark(
        name="undo_people",
        unit="s",
        limit_is="COPY of the same file into an unlogged table of one text column, 1 MiB blocks",
        better="lower",
        target="told, not limited: an undo of people projects each of them again",
        settings=described(book) | {"rows": PEOPLE[size()]},
    )

    def figure(_number: int) -> float:
        base_with_book.restore()
        return undo_newest()

    bench.run(figure=figure, limit=lambda _number: copy_of_lines(book), rounds=ROUNDS)
    undone = Import.objects.latest("pk").counts["undone"]
    bench.detail = {
        "people_a_second": round(undone["people"] / bench.figure),
        "memory_mb": memory_mb(),
        "undone": undone,
    }
    bench.write()
    assert not Contact.objects.exists()


def undo_newest() -> float:
    """Undo the last import; the seconds it took."""
    run = Import.objects.latest("pk")
    started = time.perf_counter()
    run_job(undo_import(run=run, by=None).pk)
    seconds = time.perf_counter() - started
    run.refresh_from_db()
    assert run.state == Import.State.UNDONE, run.error
    return seconds


def copy_of_lines(path: Path) -> float:
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNLOGGED TABLE staging.bare (line text)")
        started = time.perf_counter()
        with path.open("rb", buffering=0) as file:
            cursor.cursor.copy_expert(
                "COPY staging.bare FROM STDIN (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')",
                file,
                COPY_BYTES,
            )
        seconds = time.perf_counter() - started
        cursor.execute("DROP TABLE staging.bare")
    return seconds
