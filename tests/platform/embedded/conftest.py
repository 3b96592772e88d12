"""Client processes of the embedded servers, each on data of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.environment import PROJECT
from tests.platform.processes import ENDS_WITHIN

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
def client(var_dir: Path) -> Iterator[Callable[..., ClientProcess]]:
    """Start client processes; those left at the end are killed."""
    started = []

    def start(folder: Path = var_dir, **options: Any) -> ClientProcess:
        started.append(ClientProcess(folder, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()
