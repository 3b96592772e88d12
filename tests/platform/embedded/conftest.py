"""Client processes of the embedded servers, each on data of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from campaign_crm.platform.embedded.layout import Layout, layout_of
from tests.environment import PROJECT

ENDS_WITHIN = 20.0  # seconds
CLIENT = """
import sys
from pathlib import Path
from campaign_crm.platform.embedded import ensure_running, EmbeddedServiceError
folder, unit_tests = Path(sys.argv[1]), "durable" not in sys.argv
try:
    ensure_running(folder, need_database=True, need_redis=True, unit_tests=unit_tests)
except EmbeddedServiceError as error:
    print("error", str(error).replace("\\n", " | "), flush=True)
    sys.exit(3)
print("ready", flush=True)
sys.stdin.read()
"""


def processes_of(layout: Layout) -> list[str]:
    """Command lines of every process that mentions the layout's folders: servers and supervisor."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            folder = os.readlink(entry / "cwd")
        except OSError:
            continue
        mine = str(layout.var_dir) in line or str(layout.home) in line or folder.startswith(str(layout.home))
        if mine and ("supervisor" in line or "postgres" in line or "valkey" in line):
            found.append(f"{entry.name} {line}")
    return found


def send_to_all(layout: Layout, *signals: signal.Signals) -> None:
    """Send each signal in turn to every server, helper process and supervisor of the layout."""
    for sent in signals:
        for line in processes_of(layout):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), sent)


def wait_until(condition: Callable[[], bool], *, seconds: float = ENDS_WITHIN) -> None:
    """Wait for a condition that other processes make true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class ClientProcess:
    """A program that holds the servers until its input is closed."""

    def __init__(self, var_dir: Path, *, code: str = CLIENT, durable: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(var_dir), *(["durable"] if durable else [])],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def said(self) -> str:
        """Its next line: `ready`, or `error` and the message's first line."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def finish(self) -> int:
        """Let it end by itself; its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(ENDS_WITHIN)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(ENDS_WITHIN)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            if stream and not stream.closed:
                stream.close()


@pytest.fixture
def var_dir() -> Iterator[Path]:
    """An empty folder that any user of the machine may enter (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="crm-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "var"
    layout = layout_of(folder / "var")
    try:
        wait_until(lambda: not processes_of(layout))
    finally:
        send_to_all(layout, signal.SIGKILL)
    shutil.rmtree(folder)


@pytest.fixture
def client(var_dir: Path) -> Iterator[Callable[..., ClientProcess]]:
    """Start client processes; those left at the end are killed."""
    started = []

    def start(folder: Path = var_dir, **options: Any) -> ClientProcess:
        started.append(ClientProcess(folder, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()
