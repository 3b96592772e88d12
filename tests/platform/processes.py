"""Processes that tests start, look for and end."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from campaign_crm.platform.embedded.layout import Layout

ENDS_WITHIN = 20.0  # seconds


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
