"""A web server as an installation runs it: granian, with so many processes, on a port of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 60.0  # seconds


class WebServer:
    """Started on entering, ended on leaving; `kill` ends it as a crash would."""

    def __init__(
        self,
        application: str = "campaign_crm.wsgi:application",
        *,
        workers: int = 2,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.port = _free_port()
        self._environment = {**environment, "DJANGO_SETTINGS_MODULE": "campaign_crm.settings"}
        self._command = [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
            *("--port", str(self.port), "--workers", str(workers), "--blocking-threads", "8"),
            *("--log-level", "warning", application),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> WebServer:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill(signal.SIGTERM)

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, cwd=PROJECT, env=self._environment, start_new_session=True
        )
        until = time.monotonic() + STARTS_WITHIN
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("The web server does not start.")
            time.sleep(0.05)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End all its processes: workers do not outlive the main one."""
        if self._process is not None:
            os.killpg(self._process.pid, how)
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as link:
                link.sendall(b"GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return link.recv(16).startswith(b"HTTP/1.1 ")
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
