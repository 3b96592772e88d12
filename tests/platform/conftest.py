"""Data folders of programs that a test starts."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaign_crm.platform.embedded.layout import layout_of
from tests.platform.processes import processes_of, send_to_all, wait_until


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
