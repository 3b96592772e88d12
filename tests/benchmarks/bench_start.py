"""How soon `make run` answers: the first time, and every later time.

`make bench ONLY=start`. Both figures run from the command to the answer of the sign-in page. The first start
is that of a checkout without `.venv` and `var`: packages fetched without any cache of pip, data folders made,
schema and territories loaded.

The limit of a later start is what cannot be spared: PostgreSQL and two Valkeys started bare on the same data
until they serve, then one Python process that loads the web application. The limit of a first start is that,
and before it the same packages fetched over the same network by `pip download` and unpacked, nothing
installed. All of it runs on the same cores, and the network's mood of the day is in both figure and limit.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.harness import Benchmark
from tests.benchmarks.support.installation import Installation, bare_servers, loaded_application
from tests.environment import PROJECT

pytestmark = pytest.mark.benchmark

LONG_ROUNDS = 3  # a first start takes about a minute


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the servers' user may enter too."""
    found = Path(tempfile.mkdtemp(prefix="crm-bench-", dir="/tmp"))
    found.chmod(0o755)
    yield found
    shutil.rmtree(found)


def test_later_start(folder: Path) -> None:
    installation = Installation(folder / "var")
    with installation.running() as first:
        without_packages = first.seconds
    bench = Benchmark(
        name="start_later",
        unit="s",
        limit_is="the servers started bare on the same data, then one process that loads the application",
        better="lower",
        target="under 10 s",
        detail={"first_start_with_packages_installed": round(without_packages, 2)},
    )

    def figure(_number: int) -> float:
        with installation.running() as running:
            return running.seconds

    bench.run(figure=figure, limit=lambda _number: bare_start(installation))
    assert bench.write()["figure"] > 0


def test_first_start(folder: Path) -> None:
    bench = Benchmark(
        name="start_first",
        unit="s",
        limit_is="the same packages fetched without cache and unpacked, then the limit of a later start",
        better="lower",
        target="under 180 s",
    )
    made: list[Installation] = []

    def figure(number: int) -> float:
        project = checkout(folder / f"checkout-{number}")
        made.append(Installation(project / "var", project=project))
        made[-1].environment |= {"PIP_NO_CACHE_DIR": "1", "PYTHON": python_outside()}
        with made[-1].running(["make", "run"]) as running:
            return running.seconds

    def limit(number: int) -> float:
        started = time.perf_counter()
        fetch_and_unpack(folder / f"packages-{number}")
        fetched = time.perf_counter() - started
        return fetched + bare_start(made[-1])  # the first round begins with the figure

    bench.run(figure=figure, limit=limit, rounds=LONG_ROUNDS)
    assert bench.write()["figure"] > 0


def bare_start(installation: Installation) -> float:
    """Seconds until bare servers serve and one process has loaded the application."""
    started = time.perf_counter()
    with bare_servers(installation.folder), loaded_application(installation):
        return time.perf_counter() - started


def checkout(target: Path) -> Path:
    """The project as a clone has it: files under version control, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        source = PROJECT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    return target


def fetch_and_unpack(target: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-cache-dir",
        "--disable-pip-version-check",
    ]
    subprocess.run(
        [*command, "--requirement", str(PROJECT / "requirements.txt"), "--dest", str(target)], check=True
    )
    for wheel in target.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target / "unpacked")
    shutil.rmtree(target)


def python_outside() -> str:
    """The Python of this machine that made the virtual environment we run in."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")
