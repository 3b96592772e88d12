"""An import killed before any one of its statements, and started again, gives what an undisturbed one gives.

Statement by statement, in this process: what was committed stays, what was not is gone, as after a kill. A
crash of PostgreSQL empties the working tables besides. `test_kills` does the same to real processes.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from pprint import pformat
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.db.models.functions import Now

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import AuditEntry, Job, Notification, User
from campaign_crm.platform.models.job import LEASE
from contacts.imports.opt_outs import engine as opt_out_engine
from contacts.imports.people import engine as people_engine
from contacts.imports.rolls import engine as roll_engine
from contacts.imports.service import enqueue_preview, enqueue_run, start_import, undo_import
from contacts.imports.undoing import electors as undoing_electors
from contacts.imports.undoing import people as undoing_people
from contacts.invented.address_books import google, write_csv
from contacts.invented.people import people, without
from contacts.invented.rolls import write_roll
from contacts.models import Import, Source
from tests.benchmarks.support.base_database import BaseDatabase
from tests.support.contents import differences, rows_of
from tests.support.imports import write_rows
from tests.support.small_reference import load_small_reference

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 240
MOMENTS = 3  # of each import in the short version; the long one takes every statement

Step = Callable[[], None]


class Killed(BaseException):
    """No handler of errors sees it, as none sees a kill."""


class Case(NamedTuple):
    """A file, what the base holds before it, and how it is imported; with `undo` it is taken back besides.

    `since` are files that come in between.
    """

    name: str
    kind: str
    before: tuple[str, ...] = ()
    whole_roll: bool = False
    undo: bool = False
    since: tuple[str, ...] = ()


CASES = [
    Case("roll", "roll", before=("book",)),
    Case("newer roll", "roll", before=("roll", "book"), whole_roll=True),
    Case("book", "address-book", before=("roll",)),
    Case("newer book", "address-book", before=("roll", "book")),
    Case("opt-outs", "suppression", before=("book",)),
    Case("enrichment", "enrichment", before=("roll", "book")),
]
UNDONE = [
    Case("roll", "roll", before=("book",), undo=True, since=("newer roll",)),
    Case("newer roll", "roll", before=("roll", "book"), whole_roll=True, undo=True),
    Case("newer book", "address-book", before=("roll", "book"), undo=True),
    Case("opt-outs", "suppression", before=("book",), undo=True),
    Case("enrichment", "enrichment", before=("roll", "book"), undo=True),
]
CHANNELS = {"public_roll": ["post"], "consent": ["email", "sms"]}
KINDS = {case.name: case.kind for case in CASES}


class Moments:
    """Counts the statements of an import, and dies once, before the one numbered `killed_at`."""

    def __init__(self, killed_at: int = -1) -> None:
        self.count = 0
        self._killed_at = killed_at
        self.at = ""

    def __call__(self, execute: Any, sql: Any, *rest: Any) -> Any:
        self.count += 1
        if self.count == self._killed_at:
            self.at = str(sql)[:60]
            raise Killed
        return execute(sql, *rest)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roll_engine, "ROWS_A_CHUNK", 100)
    monkeypatch.setattr(people_engine, "LINES_A_CHUNK", 60)
    monkeypatch.setattr(opt_out_engine, "ENTRIES_A_CHUNK", 50)
    monkeypatch.setattr(undoing_people, "PEOPLE_AT_A_TIME", 100)
    monkeypatch.setattr(undoing_electors, "ELECTORS_AT_A_TIME", 300)
    monkeypatch.setattr("contacts.imports.lanes.MAX_LANES", 1)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The people of the books are electors of the rolls; one in three comes twice."""
    paths = {case.name: tmp_path / f"{case.name}.csv" for case in CASES}
    write_roll(paths["roll"], rows=ROWS * 3, seed=5, departments=["60"])
    write_newer_roll(paths["roll"], paths["newer roll"])
    everybody = list(people(ROWS, seed=5, departments=["60"]))
    half = [without(one, "email", "street") if number % 2 else one for number, one in enumerate(everybody)]
    write_csv(paths["book"], google([*half, *half[::3]]))
    write_csv(paths["newer book"], google([*everybody[::-1], *everybody[::3]]))
    write_csv(paths["enrichment"], google(everybody[::2]))
    paths["opt-outs"].write_text("Email\n" + "\n".join(one.email for one in everybody[::2]), encoding="utf-8")
    return paths


@pytest.fixture
def base_of(servers: Any, tmp_path: Path, files: dict[str, Path]) -> Iterator[Callable[[Case], BaseDatabase]]:
    """Make a base with what a case needs before it."""
    made: list[BaseDatabase] = []

    def make(case: Case) -> BaseDatabase:
        made.append(BaseDatabase(servers, lambda: fill(case, tmp_path, files)))
        return made[-1]

    yield make
    for one in made:
        one.drop()


def fill(case: Case, folder: Path, files: dict[str, Path]) -> None:
    load_small_reference(folder)
    User.objects.create_user(email="officer@example.org", password="x")
    for name, kind, basis in (
        ("roll", "roll", "public_roll"),
        ("address-book", "address_book", "consent"),
        ("suppression", "opt_out", "none"),
    ):
        Source.objects.create(name=name, kind=kind, lawful_basis=basis, channels=CHANNELS.get(basis, []))
    Source.objects.create(
        name="enrichment",
        kind="broker_purchase",
        lawful_basis="legitimate_interest",
        channels=["call"],
        supplier="Exempla",
        balance="One call.",
        proof="Contract",
    )
    for name in case.before:
        whole_import(files[name], Case(name, KINDS[name]), Moments())
    if case.undo:
        whole_import(files[case.name], case, Moments())
        for name in case.since:
            whole_import(files[name], Case(name, KINDS[name]), Moments())


def whole_undo(_path: Path, case: Case, moments: Moments, *, crash: bool = False) -> Import:
    """Undo the import of the case, killed at a moment."""
    run = Import.objects.filter(file_name=f"{case.name}.csv").latest("pk")
    work(undo_import(run=run, by=User.objects.get()), moments, crash=crash)
    run.refresh_from_db()
    return run


def whole_import(path: Path, case: Case, moments: Moments, *, crash: bool = False) -> Import:
    """Import a file, killed at a moment; with `crash`, PostgreSQL empties the working tables then."""
    run = start_import(
        file=path,
        file_name=path.name,
        kind=case.kind,
        source=Source.objects.get(name=case.kind),
        by=User.objects.get(),
    )
    work(enqueue_preview(run=run, by=None), moments, crash=crash)
    run.refresh_from_db()
    work(enqueue_run(run=run, by=None, whole_roll=case.whole_roll), moments, crash=crash)
    run.refresh_from_db()
    return run


def work(job: Job, moments: Moments, *, crash: bool) -> None:
    """Run a job to its end, by a second worker when the first one died."""
    try:
        with connection.execute_wrapper(moments):
            run_job(job.pk)
    except Killed:
        connection.close()
        if crash:
            empty_the_working_tables()
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(lease_until=Now() - LEASE)
        if Job.objects.unfinished().filter(pk=job.pk).exists():  # or it was killed after its last commit
            run_job(job.pk)


def empty_the_working_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'staging'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"TRUNCATE staging.{name}")


def write_newer_roll(older: Path, newer: Path) -> None:
    """Some electors moved house, some changed station, some left; a few are new."""
    with older.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    station, street, name = (
        header.index(one) for one in ("code du bureau de vote", "libellé de voie", "prénoms")
    )
    kept = [row for number, row in enumerate(rows) if number % 11]
    for number, row in enumerate(kept):
        if number % 7 == 0:
            row[street] = "RUE NEUVE"
        if number % 13 == 0:
            row[station] = "0099"
    new = [[*row[:name], f"Nouveau {row[name]}", *row[name + 1 :]] for row in kept[::17]]
    write_rows(newer, [header, *kept, *new])


def outcome(run: Import) -> dict[str, Any]:
    """What people are told of an import, and what stays of its work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'")
        tables = cursor.fetchone()[0]
    return {
        "state": run.state,
        "counts": run.counts,
        "told": list(Notification.objects.order_by("id").values_list("kind", "message")),
        "audited": sorted(
            AuditEntry.objects.filter(
                action__in=["import.run", "import.undo"], object_id=str(run.pk)
            ).values_list("action", flat=True)
        ),
        "working tables": tables,
    }


@pytest.mark.parametrize("crash", [False, True], ids=["worker", "PostgreSQL"])
@pytest.mark.parametrize(
    "moments",
    [pytest.param(MOMENTS, id="some"), pytest.param(0, id="all", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize(
    "case",
    [*CASES, *UNDONE],
    ids=[case.name for case in CASES] + [f"undo of {case.name}" for case in UNDONE],
)
def test_killed_before_any_statement(
    case: Case, moments: int, crash: bool, files: dict[str, Path], base_of: Callable[[Case], BaseDatabase]
) -> None:
    act = whole_undo if case.undo else whole_import
    base = base_of(case)
    base.restore()
    counted = Moments()
    told = outcome(act(files[case.name], case, counted))
    wanted = rows_of()
    step = counted.count // moments if moments else 1
    spoilt = {}
    for killed_at in range(counted.count, 0, -step):
        base.restore()
        run = act(files[case.name], case, Moments(killed_at), crash=crash)
        found, differing = outcome(run), differences(wanted, rows_of())
        if found != told or differing:
            spoilt[killed_at] = {key: (told[key], found[key]) for key in found if found[key] != told[key]}
            spoilt[killed_at] |= differing
    assert not spoilt, f"killed before these of {counted.count} statements: {pformat(spoilt)}"
