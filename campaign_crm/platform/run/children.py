"""The programs of `make run` as children: their lines prefixed, restarted when they end, ended together."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from campaign_crm.platform.embedded.processes import die_with_parent

PATIENCE = 6.0  # seconds between the request to end and SIGKILL
FIRST_PAUSE, LONGEST_PAUSE = (
    1.0,
    30.0,
)  # seconds before a program that ended is started again; doubled each time
HEALTHY = 60.0  # seconds after which the next end counts as a first one
LOOK = 0.5  # seconds between two looks at the children
READ = 65536  # bytes


@dataclass
class Child:
    """One program, started again whenever it ends by itself."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE
    unfinished_line: bytes = field(default=b"", repr=False)


class Children:
    """All programs of one run. They are started by this thread only: the kernel ends them with it."""

    def __init__(self, children: list[Child], environment: dict[str, str], *, folder: str) -> None:
        self.children = children
        self.asked_to_end = 0
        self._environment = environment
        self._folder = folder
        self._width = max(len(child.name) for child in children)
        self._selector = selectors.DefaultSelector()

    def end_on_signals(self) -> None:
        """On Ctrl-C, SIGTERM and a closed terminal, end everything; a second one does it at once."""
        for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(asked, self._on_signal)

    def run(self, *, each_look: list[Callable[[], None]]) -> None:
        """Keep every program running until a signal asks to end; call `each_look` about twice a second."""
        while not self.asked_to_end:
            now = time.monotonic()
            for child in self.children:
                if child.process is None and now >= child.start_at:
                    self._start(child)
                elif child.process is not None and child.process.poll() is not None:
                    self._ended(child, child.process)
            self._relay_lines(LOOK)
            for look in each_look:
                look()

    def end(self) -> None:
        """Ask every program to end, then end what is left of it and of its own children."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + PATIENCE
        while any(process.poll() is None for process in running) and time.monotonic() < deadline:
            self._relay_lines(0.1)
            if self.asked_to_end > 1:
                break
        for child in self.children:
            if child.process is not None:
                _kill_group(child.process)
                child.process.wait()
        self._relay_lines(0)

    def say(self, name: str, line: str) -> None:
        """Print a line under a program's name; a terminal that is gone does not keep us from ending well."""
        with contextlib.suppress(OSError):
            sys.stdout.write(f"{name:<{self._width}} | {line}\n")
            sys.stdout.flush()

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        reading, writing = os.pipe()
        child.process = subprocess.Popen(
            child.command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            start_new_session=True,  # Ctrl-C reaches this program only, which ends them in order
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        os.close(writing)
        self._selector.register(reading, selectors.EVENT_READ, child)

    def _ended(self, child: Child, process: subprocess.Popen[bytes]) -> None:
        now = time.monotonic()
        _kill_group(process)  # its own children must not hold its port or its work
        self._relay_lines(0)
        if now - child.started_at > HEALTHY:
            child.pause = FIRST_PAUSE
        self.say(child.name, f"ended ({process.returncode}); starting again in {child.pause:.0f} s")
        child.start_at = now + child.pause
        child.pause = min(LONGEST_PAUSE, child.pause * 2)
        child.process = None

    def _relay_lines(self, seconds: float) -> None:
        for key, _events in self._selector.select(seconds):
            child: Child = key.data
            data = os.read(key.fd, READ)
            if not data:
                self._selector.unregister(key.fd)
                os.close(key.fd)
            *lines, child.unfinished_line = (child.unfinished_line + data).split(b"\n")
            for line in lines:
                self.say(child.name, line.decode(errors="replace"))

    def _on_signal(self, *_signal: object) -> None:
        self.asked_to_end += 1


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
