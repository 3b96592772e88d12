"""How much memory a whole installation holds at rest, after the main job.

`make bench ONLY=memory`. The figure is the sum of the proportional set sizes (PSS) of every process of
`make run`: web server, worker and its processes, clock, mail catcher, supervisor, PostgreSQL, two Valkeys.
The main job comes first: a roll and an address book imported, a mailing sent to everyone in it, opened and
clicked, pages read.

The limit is the least that could do that work: the three servers started bare on the same data, and one
Python process that has loaded the application; further processes would share its pages if they wrote to none.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.benchmarks.harness import Benchmark, size
from tests.benchmarks.support.installation import (
    Installation,
    bare_servers,
    loaded_application,
    megabytes,
)

pytestmark = pytest.mark.benchmark

ROLL_ROWS = {"small": 5_000, "full": 50_000}
PEOPLE = {"small": 500, "full": 5_000}
ROUNDS = 3  # each takes over a minute
SETTLING = 15.0  # seconds: ticks go round, counters are folded, connections come to rest
LOOKS = 5  # one a second; the median counts


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the servers' user may enter too."""
    found = Path(tempfile.mkdtemp(prefix="crm-bench-", dir="/tmp"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)


def test_memory(folder: Path) -> None:
    rows, people = ROLL_ROWS[size()], PEOPLE[size()]
    bench = Benchmark(
        name="memory",
        unit="MB",
        limit_is="PSS of the servers started bare on the same data and one process with the application",
        better="lower",
        target="under 1,000 MB",
        settings={"roll_rows": rows, "people": people},
    )
    used: list[Installation] = []
    rounds: list[dict[str, Any]] = []

    def figure(number: int) -> float:
        used.append(Installation(folder / f"round-{number}"))
        with used[-1].running() as running:
            files = str(folder / "files")
            job = used[-1].run_python(
                "-m", "tests.benchmarks.support.main_job", str(rows), str(people), files
            )
            time.sleep(SETTLING)
            found = statistics.median(look(running.tree()) for _look in range(LOOKS))
            done = json.loads(job.splitlines()[-1])
            rounds.append({"job": done, "by_program": by_program(running.tree())})
        return found

    bench.run(figure=figure, limit=lambda _number: bare(used[-1]), rounds=ROUNDS)
    bench.detail = {"rounds": rounds}
    assert bench.write()["figure"] > 0


def look(processes: list[psutil.Process]) -> float:
    time.sleep(1)
    return megabytes(processes)


def bare(installation: Installation) -> float:
    with bare_servers(installation.folder) as servers, loaded_application(installation) as application:
        time.sleep(2)
        return megabytes([*servers, application])


def by_program(processes: list[psutil.Process]) -> dict[str, float]:
    """PSS by kind of program, and the most that a worker process ever held, by which Celery replaces it."""
    found: dict[str, float] = defaultdict(float)
    for process in processes:
        line = " ".join(process.cmdline())
        words = ("granian", "celery", "mail_catcher", "supervisor", "platform.run", "valkey", "postgres")
        name = next((word for word in words if word in line), process.name())
        if name == "celery":
            name = "celery beat" if " beat" in line else "celery worker"
            peak = "most KiB a worker process ever held"
            found[peak] = max(found[peak], most_ever(process) if name == "celery worker" else 0)
        found[name] += megabytes([process])
    return {name: round(number, 1) for name, number in sorted(found.items())}


def most_ever(process: psutil.Process) -> int:
    """The largest resident size that a process ever had, in KiB."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])  # type: ignore[index]
