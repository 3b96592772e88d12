"""Worker, PostgreSQL and Valkey killed in the middle of imports: the base is that of undisturbed ones.

Real processes: Celery as in production, durable servers of the test's own, `kill -9` at random moments of
taking the file in, preview and run. The short version runs with the tests, the long one with `make faults`.
`test_any_moment` goes through the statements one by one.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from campaign_crm.platform.embedded.processes import die_with_parent
from campaign_crm.platform.jobs import MAX_ATTEMPTS, run_job
from campaign_crm.platform.models import AuditEntry, Job
from campaign_crm.platform.models.job import LEASE
from contacts.imports.people import engine as people_engine
from contacts.imports.rolls import engine as roll_engine
from contacts.imports.service import enqueue_preview, enqueue_run, start_import
from contacts.invented.address_books import google, write_csv
from contacts.invented.people import people
from contacts.invented.rolls import write_roll
from contacts.models import Import, Source
from tests.environment import PROJECT
from tests.platform.processes import processes_of, send_to_all
from tests.support.contents import Contents, contents
from tests.support.private_servers import BASE, PrivateServers, wait_until
from tests.support.small_reference import load_small_reference

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 11
VICTIMS = ("worker", "postgres", "child", "valkey", "backend")
KILLS_BEFORE_ROWS = 2  # of a preview, which begins anew each time; a job is given up after five
ENDS_WITHIN = 1800.0  # seconds
State = Import.State
Given = TypeVar("Given")


class Size(NamedTuple):
    """Rows of the roll, people of the address book, rows of their pieces, and kills of each import."""

    rows: int
    people: int
    roll_piece: int
    book_piece: int
    kills: int


SHORT = Size(rows=3_000, people=2_400, roll_piece=400, book_piece=250, kills=4)
LONG = Size(rows=200_000, people=40_000, roll_piece=5_000, book_piece=2_500, kills=25)


class Disturbed:
    """An officer, a worker, and somebody who kills it and the servers."""

    def __init__(self, servers: PrivateServers, database: str, size: Size, folder: Path) -> None:
        self.servers, self.database = servers, database
        self.chance = random.Random(SEED)
        self.killed: list[str] = []
        command = [sys.executable, "-m", "tests.support.import_worker"]
        self._command = [*command, str(size.roll_piece), str(size.book_piece), str(folder / "beat")]
        self._worker = self._start_worker()

    def import_file(self, path: Path, kind: str, *, kills: int, seconds: dict[str, float]) -> Import:
        """Import a file through `kills` kills; `seconds` are those of an undisturbed preview and run."""
        deadline = time.monotonic() + ENDS_WITHIN
        self.servers.kill_valkey()
        run = self.surely(lambda: take_in(path, kind))
        left = {State.PREVIEWING: min(KILLS_BEFORE_ROWS, kills // 2)}
        left[State.RUNNING] = kills - left[State.PREVIEWING]
        pauses = {state: 2 * seconds[state] / left[state] for state in left}  # the step together
        while run.state != State.DONE:
            assert time.monotonic() < deadline, f"{run.state}: {run.job and run.job.progress_note}"
            assert run.state != State.FAILED, run.error
            assert run.job is None or run.job.state != Job.State.FAILED, run.job.error
            if run.state == State.UPLOADED:
                self.surely(lambda run=run: enqueue_preview(run=run, by=None))
            elif run.state == State.PREVIEWED:
                self.surely(lambda run=run: enqueue_run(run=run, by=None))
            elif left[run.state] and is_at_work(run.job):
                time.sleep(self.chance.uniform(0, pauses[run.state]))
                self.kill(run.state)
                left[run.state] -= 1
            self.look_after_the_worker()
            time.sleep(0.05)
            run = self.surely(lambda: Import.objects.select_related("job").get(file_name=path.name))
        return run

    def kill(self, step: str) -> None:
        """Kill the next victim, start again what does not start itself, and let its lease end."""
        victim = VICTIMS[len(self.killed) % len(VICTIMS)]
        self.killed.append(f"{victim} while {step}")
        if victim == "worker":
            self.end_worker()
        elif victim == "child":
            self._kill_child()
        elif victim == "postgres":
            self.servers.kill_postgres()
        elif victim == "backend":
            self.servers.kill_backend(self.database, self.chance)
        else:
            self.servers.kill_valkey()
            return  # the worker goes on with its job
        self.surely(let_leases_end)

    def surely(self, act: Callable[[], Given]) -> Given:
        """Do something as a person does it: again, when the page said that it failed."""
        for _attempt in range(10):
            try:
                return act()
            except DatabaseError:
                connection.close()
                self.servers.wait_for_postgres()
        raise AssertionError("the database does not come back")

    def has_cleared(self, run: Import) -> bool:
        """Whether nothing is left of the work; whoever was killed at its very end comes back and does it."""
        self.look_after_the_worker()
        return self.surely(lambda: is_cleared(run))

    def look_after_the_worker(self) -> None:
        """Start it again when it ended, as `make run` does, and wake it."""
        if self._worker.poll() is not None:
            self._worker = self._start_worker()
        self.servers.tick()

    def end_worker(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._worker.pid, signal.SIGKILL)
        self._worker.wait()

    def _kill_child(self) -> None:
        """The process that holds the job, as the kernel does when memory is short; Celery starts another."""
        with suppress(OSError):
            children = Path(f"/proc/{self._worker.pid}/task/{self._worker.pid}/children").read_text().split()
            os.kill(max(map(int, children), key=_processor_time, default=self._worker.pid), signal.SIGKILL)

    def _start_worker(self) -> subprocess.Popen[bytes]:
        environment = self.servers.environment(self.database)
        return subprocess.Popen(
            self._command,
            cwd=PROJECT,
            env=environment,
            start_new_session=True,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent(signal.SIGTERM),  # a test that is killed leaves no worker behind
        )


def _processor_time(process: int) -> int:
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def is_at_work(job: Job | None) -> bool:
    """True when a worker is at it, and may die once more: a job at which five die is given up."""
    return job is not None and job.state == Job.State.RUNNING and job.attempts < MAX_ATTEMPTS - 1


def take_in(path: Path, kind: str) -> Import:
    """Send a file, unless it is in already and only the answer was lost."""
    for run in Import.objects.filter(file_name=path.name):
        return run
    with path.open("rb") as file:
        return start_import(
            file=file, file_name=path.name, kind=kind, source=Source.objects.get(name=kind), by=None
        )


def let_leases_end() -> None:
    """As if the time of every lease had passed."""
    Job.objects.filter(state=Job.State.RUNNING).update(lease_until=Now() - LEASE)
    Job.objects.filter(state=Job.State.QUEUED).update(run_after=Now())


def undisturbed(path: Path, kind: str) -> tuple[Import, dict[str, float]]:
    """Import a file in this process; returns it with the seconds of its preview and its run."""
    run, seconds = take_in(path, kind), {}
    for enqueue in (enqueue_preview, enqueue_run):
        job = enqueue(run=run, by=None)
        started = time.perf_counter()
        run_job(job.pk)
        seconds[State(run.state)] = time.perf_counter() - started
        run.refresh_from_db()
    assert run.state == State.DONE, run.error
    return run, seconds


@pytest.fixture(scope="module")
def private() -> Iterator[PrivateServers]:
    folder = Path(tempfile.mkdtemp(prefix="crm-kills-", dir="/tmp"))
    folder.chmod(0o755)  # pytest's own are private, and the servers may run as another user
    made = PrivateServers(folder / "var")
    yield made
    made.close()
    try:
        wait_until(lambda: not processes_of(made.layout))
    finally:
        send_to_all(made.layout, signal.SIGKILL)
    shutil.rmtree(made.layout.home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def disturbed(private: PrivateServers, size: Size, tmp_path: Path) -> Iterator[Disturbed]:
    """A base with places and sources, twice: `calm` for this process, `stormy` for the other."""
    private.copy(BASE, "calm")
    with private.django_on("calm"):
        load_small_reference(tmp_path)
        for kind, source_kind, basis in (
            ("roll", "roll", "public_roll"),
            ("address-book", "address_book", "consent"),
        ):
            Source.objects.create(name=kind, kind=source_kind, lawful_basis=basis, channels=["email", "post"])
    private.copy("calm", "stormy")
    made = Disturbed(private, "stormy", size, tmp_path)
    yield made
    made.end_worker()
    for name in ("calm", "stormy"):
        private.drop(name)


@pytest.fixture
def files(size: Size, tmp_path: Path) -> dict[str, Path]:
    """A roll, and an address book of its electors in which one in four comes twice."""
    paths = {"roll": tmp_path / "roll.csv", "address-book": tmp_path / "book.csv"}
    write_roll(paths["roll"], rows=size.rows, seed=5, departments=["60"])
    everybody = list(people(size.people, seed=5, departments=["60"]))
    write_csv(paths["address-book"], google([*everybody, *everybody[::4]]))
    return paths


@pytest.mark.parametrize(
    "size", [pytest.param(SHORT, id="short"), pytest.param(LONG, id="long", marks=pytest.mark.slow)]
)
def test_killed_imports_give_what_undisturbed_ones_give(
    size: Size,
    files: dict[str, Path],
    private: PrivateServers,
    disturbed: Disturbed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(roll_engine, "ROWS_A_CHUNK", size.roll_piece)
    monkeypatch.setattr(people_engine, "LINES_A_CHUNK", size.book_piece)
    wanted: dict[str, tuple[Contents, dict[str, int]]] = {}
    seconds: dict[str, dict[str, float]] = {}
    with private.django_on("calm"):
        for kind, path in files.items():
            run, seconds[kind] = undisturbed(path, kind)
            wanted[kind] = contents(), run.counts
    with private.django_on("stormy"):
        for kind, path in files.items():
            run = disturbed.import_file(path, kind, kills=size.kills, seconds=seconds[kind])
            wait_until(lambda run=run: disturbed.has_cleared(run))
            found = contents(), run.counts
            assert found == wanted[kind], kind
            assert AuditEntry.objects.filter(action="import.run", object_id=str(run.pk)).count() == 1
    print(f"\n{size.rows} electors, {size.people} people, killed: {', '.join(disturbed.killed)}")
    assert len(disturbed.killed) >= size.kills


def is_cleared(run: Import) -> bool:
    """True once nothing is left of the work: what dies between the last commit and this does it again."""
    let_leases_end()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'staging'")
        tables = cursor.fetchone()[0]
    return not tables and not Path(run.file_path).exists()
