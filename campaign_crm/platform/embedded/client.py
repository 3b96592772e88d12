"""The client's side: start or join the supervisor, and hold a lease on its servers.

The lease belongs to the process that asked for it and lasts until that process ends, however it ends: the
kernel closes the connection. It is closed on exec (a program started by this one holds nothing) and closed
in a child made by fork (a forgotten child keeps no server alive): worker processes live under a parent that
holds the lease for all of them. A forked process that outlives its parent calls `ensure_running` again.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from campaign_crm.platform.embedded.errors import EmbeddedServiceError
from campaign_crm.platform.embedded.layout import UNPRIVILEGED_USER, Layout
from campaign_crm.platform.embedded.processes import make_folder

Say = Callable[[str], None]
PATIENCE = 3.0  # seconds before a line says what is waited for
OTHERS = 0.5  # seconds after which a supervisor that still listens has other clients
ATTEMPTS = 5  # a supervisor may end between our connection and its answer
PROJECT = Path(__file__).resolve().parents[3]

_leases: dict[Path, Lease] = {}
_guard = threading.Lock()


class Lease:
    """An open connection to the supervisor and the servers it covers."""

    def __init__(self, link: socket.socket, services: frozenset[str]) -> None:
        self.link = link
        self.services = services
        self._received = b""

    def is_held(self) -> bool:
        """False once the supervisor is gone. What it said meanwhile is kept for `take_news`."""
        try:
            while data := self.link.recv(65536, socket.MSG_DONTWAIT):
                self._received += data
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def take_news(self) -> list[str]:
        """What happened to the servers since the last call, for a person to read."""
        self.is_held()
        *lines, self._received = self._received.split(b"\n")
        news = []
        for line in lines:
            with contextlib.suppress(ValueError):  # one that was cut because nobody read for long
                news.append(str(json.loads(line)["message"]))
        return news


def hold(layout: Layout, services: frozenset[str], *, unit_tests: bool, say: Say) -> None:
    """Return when every one of `services` serves, and keep them serving while this process lives.

    Raises EmbeddedServiceError with the reason, the log and what to do.
    """
    with _guard:
        held = _leases.get(layout.var_dir)
        if held and held.is_held():
            if services <= held.services:
                return
            services |= held.services
        try:
            _leases[layout.var_dir] = _lease(layout, services, unit_tests=unit_tests, say=say)
        except PermissionError as error:
            raise _belongs_to_another(Path(error.filename or layout.home)) from error
        if held:
            held.link.close()


def is_held(layout: Layout) -> bool:
    """True while this process holds servers of this layout and their supervisor is alive."""
    lease = _leases.get(layout.var_dir)
    return lease is not None and lease.is_held()


def news(layout: Layout) -> list[str]:
    """What happened to the servers that this process holds since the last call."""
    lease = _leases.get(layout.var_dir)
    return lease.take_news() if lease else []


def let_go(layout: Layout, *, patience: float) -> None:
    """End this process's lease; the last one to go stops the servers, which is waited for."""
    with _guard:
        lease = _leases.pop(layout.var_dir, None)
        if lease is None:
            return
        lease.link.close()
    closed_at = time.monotonic()
    with (layout.control / "supervisor.lock").open("a") as lock:
        while time.monotonic() - closed_at < patience:
            if _is_free(lock):
                return
            if time.monotonic() - closed_at > OTHERS and layout.supervisor_socket.exists():
                return  # it still takes clients: others hold the servers
            time.sleep(0.02)


def _is_free(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lease(layout: Layout, services: frozenset[str], *, unit_tests: bool, say: Say) -> Lease:
    _check_accounts(layout)
    _make_folders(layout, say)
    for _attempt in range(ATTEMPTS):
        link = _connect(layout) or _start_supervisor(layout, unit_tests=unit_tests, say=say)
        try:
            if _converse(link, services, unit_tests=unit_tests, say=say):
                return Lease(link, services)
        except BaseException:
            link.close()
            raise
        link.close()
    raise EmbeddedServiceError(
        f"The servers' supervisor ends as soon as it starts. Its log: {layout.log('supervisor')}"
    )


def _converse(link: socket.socket, services: frozenset[str], *, unit_tests: bool, say: Say) -> bool:
    """True when ready, False when the supervisor ended before it answered."""
    request = {"services": sorted(services), "unit_tests": unit_tests}
    try:
        link.sendall(json.dumps(request).encode() + b"\n")
        for line in _lines(link):
            answer = json.loads(line)
            if answer["event"] == "ready":
                return True
            if answer["event"] == "failed":
                raise EmbeddedServiceError(answer["message"])
            say(answer["message"])
    except (BrokenPipeError, ConnectionResetError):
        return False
    return False


def _lines(link: socket.socket) -> Iterator[bytes]:
    waiting = b""
    while data := link.recv(65536):
        *lines, waiting = (waiting + data).split(b"\n")
        yield from lines


def _connect(layout: Layout) -> socket.socket | None:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.connect(str(layout.supervisor_socket))
    except (FileNotFoundError, ConnectionRefusedError):
        link.close()
        return None
    except BaseException:
        link.close()
        raise
    return link


def _start_supervisor(layout: Layout, *, unit_tests: bool, say: Say) -> socket.socket:
    """Start a supervisor unless another client just did, and connect to it."""
    with (layout.control / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        link = _connect(layout)
        while link is None:
            ready, told = os.pipe()
            try:
                supervisor = _spawn(layout, told, unit_tests=unit_tests)
                os.close(told)
                _wait_until_closed(ready, say)
            finally:
                os.close(ready)
            link = _connect(layout)
            if link is None and supervisor.wait() != 0:
                log = layout.log("supervisor")
                raise EmbeddedServiceError(f"The servers' supervisor cannot start. Its log: {log}")
            # No zombie under a client that outlives its supervisor.
            threading.Thread(target=supervisor.wait, daemon=True).start()
        return link


def _spawn(layout: Layout, told: int, *, unit_tests: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"{__package__}.supervisor", "--var-dir", str(layout.var_dir)]
    command += ["--ready-fd", str(told), *(["--unit-tests"] if unit_tests else [])]
    with layout.log("supervisor").open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[told],
            start_new_session=True,  # Ctrl-C in our terminal must not reach the servers
        )


def _wait_until_closed(descriptor: int, say: Say) -> None:
    """Wait for the supervisor to listen, or to end; both close its end of the pipe."""
    if not select.select([descriptor], [], [], PATIENCE)[0]:
        say("Waiting for an earlier run's servers to stop…")
        select.select([descriptor], [], [])


def _check_accounts(layout: Layout) -> None:
    for account in (layout.program, layout.server):
        if not account.name:
            raise EmbeddedServiceError(
                f"The user id {account.uid} has no name on this machine (no line in /etc/passwd), and "
                "PostgreSQL needs one to run and to know its clients (as root it runs as "
                f"{UNPRIVILEGED_USER!r}). Add the user, or set DATABASE_URL, REDIS_URL and INGEST_REDIS_URL."
            )


def _make_folders(layout: Layout, say: Say) -> None:
    first_time = not layout.home.exists()
    for folder in (layout.logs, layout.config):
        make_folder(folder, owner=layout.program, mode=0o755)
    if layout.control.parent != layout.home:
        _make_private_parent(layout.control.parent)
    make_folder(layout.control, owner=layout.program, mode=0o700)
    make_folder(layout.sockets, owner=layout.server, mode=0o700)
    if first_time and layout.moved:
        say(
            f"The servers run as {layout.server.name!r}, who cannot enter {layout.var_dir}: "
            f"their data is kept in {layout.home}."
        )


def _make_private_parent(folder: Path) -> None:
    """A short folder for sockets in a shared place: ours, or refused."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o711)
    status = folder.lstat()
    if not folder.is_dir() or folder.is_symlink() or status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise EmbeddedServiceError(
            f"{folder} should be a folder of yours that nobody else may write to. "
            "Remove it, or choose a VAR_DIR with a shorter path."
        )


def _belongs_to_another(path: Path) -> EmbeddedServiceError:
    return EmbeddedServiceError(
        f"{path} is not accessible to this user: it was probably made by another one (root?). "
        "Run the program as that user, or choose another folder with VAR_DIR."
    )


def _forget_in_child() -> None:
    global _guard
    _guard = threading.Lock()
    for lease in _leases.values():
        lease.link.close()
    _leases.clear()


os.register_at_fork(after_in_child=_forget_in_child)
