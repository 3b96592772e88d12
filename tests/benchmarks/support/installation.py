"""A whole installation as people start it, and the least it could be: bare servers, one process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from campaign_crm.platform.embedded.layout import layout_of
from campaign_crm.platform.embedded.postgres import Postgres
from campaign_crm.platform.embedded.service import Service, State
from campaign_crm.platform.embedded.valkey import Valkey
from tests.environment import PROJECT, SESSION, TEST_KEYS, URLS

READY = "Campaign CRM is ready"
MOST_SECONDS = 600.0
ENDS_WITHIN = 60.0  # seconds
LOAD = (
    "import campaign_crm.wsgi, campaign_crm.urls; print('loaded', flush=True); import sys; sys.stdin.read()"
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """A folder of data and the ports of its programs; started as often as one likes."""

    def __init__(self, folder: Path, *, project: Path = PROJECT) -> None:
        self.folder = folder
        self.project = project
        self.port = free_port()
        ours = {"DJANGO_SETTINGS_MODULE", SESSION, *URLS, *TEST_KEYS}
        self.environment = {name: value for name, value in os.environ.items() if name not in ours} | {
            "CANCEL_WINDOW_SECONDS": "0",
            "SECOND_STEP": "offered",  # a browser signs in as an administrator without a phone
            "VAR_DIR": str(folder),
            "PORT": str(self.port),
            "MAIL_CATCHER_PORT": str(free_port()),
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self, command: Sequence[str] = ()) -> Iterator[Running]:
        """The installation from its command to its end; it has answered when the block begins."""
        line = list(command) or [sys.executable, "-m", "campaign_crm.platform.run"]
        started = time.perf_counter()
        with subprocess.Popen(
            line,
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                lines = _lines_until_ready(process)
                _answers(f"{self.address}/accounts/login/")
                yield Running(process, time.perf_counter() - started, lines)
            finally:
                _end(process)
        self._wait_until_stopped()

    def _wait_until_stopped(self) -> None:
        """The supervisor ends its servers just after the programs."""
        with (layout_of(self.folder).control / "supervisor.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def run_python(self, *arguments: str) -> str:
        """Run a program on this installation's data; what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class Running:
    """A started installation: its first process, the seconds until its sign-in page answered, its lines."""

    def __init__(self, process: subprocess.Popen[str], seconds: float, lines: list[str]) -> None:
        self.process = process
        self.seconds = seconds
        self.lines = lines

    def tree(self) -> list[psutil.Process]:
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]


@contextmanager
def bare_servers(folder: Path) -> Iterator[list[psutil.Process]]:
    """The three servers of a data folder as children of this process, nothing around them; serving."""
    layout = layout_of(folder)
    services: list[Service] = [
        Postgres(layout, unit_tests=False),
        Valkey("redis", layout),
        Valkey("ingest", layout),
    ]
    try:
        for service in services:
            service.begin()
        while any(service.state is State.STARTING for service in services):
            for service in services:
                service.step()
            time.sleep(0.005)
        assert all(service.state is State.READY for service in services), [one.error for one in services]
        first = [psutil.Process(service.child.pid) for service in services if service.child]
        yield [process for one in first for process in (one, *one.children(recursive=True))]
    finally:
        for service in services:
            service.stop()
        for service in services:
            service.wait()


@contextmanager
def loaded_application(installation: Installation) -> Iterator[psutil.Process]:
    """One Python process that has loaded the web application, and does nothing."""
    environment = {**installation.environment, "DJANGO_SETTINGS_MODULE": "campaign_crm.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", LOAD],
        cwd=installation.project,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "loaded"
        yield psutil.Process(process.pid)
        process.stdin.close()


def megabytes(processes: Sequence[psutil.Process]) -> float:
    """Sum of their proportional set sizes (PSS): a page that n processes share counts 1/n in each."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 1_000_000


def _lines_until_ready(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    deadline = time.monotonic() + MOST_SECONDS
    for line in process.stdout:
        lines.append(line.rstrip())
        if READY in line:
            return lines
        assert time.monotonic() < deadline, lines
    raise AssertionError("\n".join(["The installation ended:", *lines]))


def _answers(address: str) -> None:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own address
        assert answer.status == 200


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.communicate(timeout=ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
