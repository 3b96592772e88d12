"""Programs run together, come back when they end, and end together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign_crm.platform.run import children as children_module
from campaign_crm.platform.run.children import Child, Children
from tests.environment import PROJECT
from tests.platform.processes import wait_until

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", os.environ["MARK"]])
print("up", flush=True)
time.sleep(600)
"""
WATCHER = """
import os
from campaign_crm.platform.run.children import Child, Children
import sys
code = "import time; print('up', flush=True); time.sleep(600)"
both = [Child(name, [sys.executable, "-c", code, os.environ["MARK"]]) for name in ("one", "two")]
children = Children(both, dict(os.environ), folder="/")
children.end_on_signals()
children.run(each_look=[])
children.end()
"""


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


def marked(mark: str) -> list[str]:
    """Processes that carry the mark in their arguments."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                found.append(entry.name)
        except OSError:
            continue
    return found


@pytest.fixture
def mark(request: pytest.FixtureRequest) -> str:
    return f"mark-{os.getpid()}-{request.node.name}"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"PATIENCE": 0.5, "LOOK": 0.05}.items():
        monkeypatch.setattr(children_module, name, seconds)


def run_until(children: Children, seen: list[str], *, lines: int) -> None:
    """Run until that many lines were printed, then end."""
    deadline = time.monotonic() + 20

    def look() -> None:
        if len(seen) >= lines or time.monotonic() > deadline:
            children.asked_to_end = 1

    children.run(each_look=[look])
    children.end()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    printed: list[str] = []
    monkeypatch.setattr(Children, "say", lambda self, name, line: printed.append(f"{name}: {line}"))
    return printed


def test_lines_are_printed_under_their_programs_name(quick: None, seen: list[str]) -> None:
    code = "import time; print('été', flush=True); print('two lines', flush=True); time.sleep(60)"
    run_until(Children([Child("web", python(code))], dict(os.environ), folder="/"), seen, lines=2)
    assert seen == ["web: été", "web: two lines"]


def test_a_program_that_ends_is_started_again_later_and_later(quick: None, seen: list[str]) -> None:
    child = Child("beat", python("print('here', flush=True)"), pause=0.05)
    run_until(Children([child], dict(os.environ), folder="/"), seen, lines=4)
    assert seen[:4] == [
        "beat: here",
        "beat: ended (0); starting again in 0 s",
        "beat: here",
        "beat: ended (0); starting again in 0 s",
    ]
    assert child.pause == pytest.approx(0.2)


def test_what_ignores_the_request_is_killed_with_its_own_children(
    quick: None, seen: list[str], mark: str
) -> None:
    children = Children([Child("worker", python(STUBBORN))], {**os.environ, "MARK": mark}, folder="/")
    run_until(children, seen, lines=1)
    wait_until(lambda: not marked(mark))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_programs_end_with_the_one_that_watches_them(sent: signal.Signals, mark: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WATCHER],
        cwd=PROJECT,
        env={**os.environ, "MARK": mark},
        stdout=subprocess.PIPE,
        text=True,
    ) as watcher:
        assert watcher.stdout is not None
        assert sorted((watcher.stdout.readline(), watcher.stdout.readline())) == ["one | up\n", "two | up\n"]
        assert len(marked(mark)) == 2
        watcher.send_signal(sent)
        watcher.wait(10)
        wait_until(lambda: not marked(mark))
