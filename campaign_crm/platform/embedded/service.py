"""One embedded server as a foreground child of the supervisor: start, readiness, restart, stop.

Every step is short and never waits, so that one loop follows all servers: `begin()` asks for the server,
`step()` moves it forward, `state` says how far it is. A server that never served fails for good: whoever
asked for it is told and decides. One that served is tried again for as long as it is stepped; `news` says so.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from enum import Enum
from pathlib import Path

from campaign_crm.platform.embedded.errors import EmbeddedServiceError
from campaign_crm.platform.embedded.layout import Layout
from campaign_crm.platform.embedded.processes import launch, servers_in

RESTARTS = 5  # in RESTART_WINDOW, before pauses are made
RESTART_WINDOW = 120.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = (
    1.0,
    60.0,
)  # seconds before a server that served is tried again; doubled each time
LOG_KEPT = 5 * 1024 * 1024  # bytes; a longer log is moved to NAME.log.1 at the next start
LOG_LINES_SHOWN = 12
READY_PAUSE = 0.05  # seconds between two questions to a starting server

HINTS = (
    ("No space left on device", "The disk is full: free some space, then start again."),
    ("Permission denied", "A file or folder is not accessible: check the owner of the data folder."),
    (
        "Cannot allocate memory",
        "The machine has too little free memory: stop something else, then start again.",
    ),
    ("Address already in use", "Another server uses the same socket: stop it, then start again."),
    ("Can't handle RDB format", "Its data was written by a newer version of the server: install that one."),
)
OTHERWISE = (
    "If the log below says that the data folder is damaged or of another version, move it away and restore a "
    "backup (`make restore FILE=…`). Never delete it: it can perhaps be repaired."
)


class State(Enum):
    """How far a server is."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


class Service:
    """A server; subclasses say how it is prepared, started, asked whether it is ready, and stopped."""

    title: str
    stop_signal: signal.Signals
    stop_patience: float  # seconds before SIGKILL

    def __init__(self, name: str, layout: Layout) -> None:
        self.name = name
        self.layout = layout
        self.state = State.STOPPED
        self.error = ""
        self.activity = ""
        self.child: subprocess.Popen[bytes] | None = None
        self.news: list[str] = []  # for those who hold it: what happened since it first served
        self._served = False
        self._pause = FIRST_PAUSE
        self._retry_at = 0.0
        self._since = 0.0
        self._next_question = 0.0
        self._starts: list[float] = []

    # What a subclass provides ------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """The server's data folder, its working directory while it runs."""
        raise NotImplementedError

    def prepare(self) -> bool:
        """Take one short step towards a usable data folder; True when it is."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The server's command line."""
        raise NotImplementedError

    def is_ready(self) -> bool:
        """Ask the running server whether it serves; True once everything in it is set up."""
        raise NotImplementedError

    # What the supervisor calls -----------------------------------------------------------------------

    def begin(self) -> None:
        """Ask for the server; nothing happens if it is asked for already, a failed one is tried again."""
        if self.state in (State.STOPPED, State.FAILED):
            self._enter(State.STARTING)
            self._starts = []

    def step(self) -> None:
        """Move forward; a failure becomes state FAILED with `error` for a person to read."""
        try:
            if self.state is State.STARTING:
                self._start_step()
            elif self.state is State.READY and self.child and self.child.poll() is not None:
                self._ended_while_serving(self.child.returncode)
            elif self.state is State.FAILED and self._served and time.monotonic() >= self._retry_at:
                self._starts = []
                self._enter(State.STARTING)
        except EmbeddedServiceError as error:
            self._fail(str(error))
        except OSError as error:
            self._fail(f"{self.title} cannot start: {error}. {self._hint(str(error))}")

    def stop(self) -> None:
        """Ask the server to stop; `wait` waits for it."""
        if self.child and self.child.poll() is None:
            self.child.send_signal(self.stop_signal)

    def wait(self) -> None:
        """Wait for the end of a server that was asked to stop; killed when its patience is over."""
        if self.child:
            try:
                self.child.wait(self.stop_patience)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.child = None
        self.state = State.STOPPED

    def progress(self) -> str:
        """What the server is doing, for a person who waits."""
        seconds = time.monotonic() - self._since
        return f"{self.title}: {self.activity or 'starting'} ({seconds:.0f} s)"

    # Parts ------------------------------------------------------------------------------------------

    def _start_step(self) -> None:
        if self.child is None:
            if left_over := servers_in(self.folder):
                self.activity = f"waiting for an earlier server to stop (process {left_over[0]})"
            elif self.prepare():
                self._spawn()
        elif self.child.poll() is not None:
            self._ended_while_starting()
        elif time.monotonic() >= self._next_question:
            self._next_question = time.monotonic() + READY_PAUSE
            if self.is_ready():
                self._serves()

    def _serves(self) -> None:
        if self._served:
            self.news.append(f"{self.title} serves again.")
        self._served = True
        self._enter(State.READY)

    def _ended_while_serving(self, code: int) -> None:
        if time.monotonic() - self._since > RESTART_WINDOW:
            self._pause = FIRST_PAUSE
        why = "killed, perhaps because the machine is short of memory" if code == -signal.SIGKILL else code
        self._tell(f"{self.title} ended by itself ({why}); starting it again. {self._log_name()}")
        self.child = None
        self._enter(State.STARTING)

    def _spawn(self) -> None:
        now = time.monotonic()
        self._starts = [moment for moment in self._starts if now - moment < RESTART_WINDOW] + [now]
        if len(self._starts) > RESTARTS:
            raise EmbeddedServiceError(self._explain(f"{self.title} keeps ending by itself."))
        self.activity = "starting"
        self.child = self.launch(self.command())

    def launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a program of this server as the server's user, its output at the end of the log."""
        path = self.layout.log(self.name)
        if path.exists() and path.stat().st_size > LOG_KEPT:
            path.replace(path.with_suffix(".log.1"))
        layout = self.layout
        with path.open("ab") as log:
            return launch(command, account=layout.server, folder=layout.home, log=log, end=self.stop_signal)

    def _ended_while_starting(self) -> None:
        child, self.child = self.child, None
        if len(self._starts) == 1 or child is None or child.returncode >= 0:
            raise EmbeddedServiceError(self._explain(f"{self.title} cannot start."))

    def _enter(self, state: State) -> None:
        self.state = state
        self.error = self.activity = ""
        self._since = time.monotonic()

    def _fail(self, message: str) -> None:
        if self._served:
            # Somebody works with it: the reason may pass (a full disk, too little memory), or be put right.
            self._tell(f"{message}\n  Trying again in {self._pause:.0f} s, until it serves.")
            self._retry_at = time.monotonic() + self._pause
            self._pause = min(LONGEST_PAUSE, self._pause * 2)
        else:
            self._log_line(message)
        self.stop()
        self.wait()
        self.error = message
        self.state = State.FAILED

    def _explain(self, what: str) -> str:
        tail = self.log_tail()
        lines = "".join(f"\n    {line}" for line in tail.splitlines())
        return f"{what} {self._hint(tail)}\n  {self._log_name()}{lines}"

    def _log_name(self) -> str:
        return f"Log: {self.layout.log(self.name)}"

    def _hint(self, text: str) -> str:
        return next((advice for sign, advice in HINTS if sign in text), OTHERWISE)

    def log_tail(self) -> str:
        """The last lines of the server's log."""
        try:
            text = self.layout.log(self.name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-LOG_LINES_SHOWN:])

    def _tell(self, message: str) -> None:
        self._log_line(message)
        self.news.append(message)

    def _log_line(self, message: str) -> None:
        sys.stderr.write(f"{self.name}: {message}\n")
