"""Where the browser of the tests comes from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import PROJECT


def find(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "CHROMIUM_PATH"}
    return subprocess.run(
        [sys.executable, "-m", "tools.chromium", *arguments],
        cwd=PROJECT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, text: str = "exit 1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_named_browser_is_used(tmp_path: Path) -> None:
    named = program(tmp_path / "my-browser")
    assert find(CHROMIUM_PATH=str(named)).stdout == f"{named}\n"


def test_a_wrong_name_is_said() -> None:
    done = find(CHROMIUM_PATH="/nowhere/chromium")
    assert done.returncode == 1
    assert "CHROMIUM_PATH is /nowhere/chromium, which is no program" in done.stderr


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_on_the_path_is_found(tmp_path: Path, name: str) -> None:
    found = program(tmp_path / name)
    assert find(PATH=str(tmp_path)).stdout == f"{found}\n"


def test_without_any_it_says_what_to_do_and_fails(tmp_path: Path) -> None:
    """No browser, and installers that fail: Playwright's has no folder to write to, apt-get refuses."""
    program(tmp_path / "bin" / "apt-get", "exit 100")
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    done = find(PATH=str(tmp_path / "bin"), PLAYWRIGHT_BROWSERS_PATH=str(blocked / "browsers"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "CHROMIUM_PATH=/path/to/chromium make test" in done.stderr
    present = find(
        "--if-present", PATH=str(tmp_path / "bin"), PLAYWRIGHT_BROWSERS_PATH=str(blocked / "browsers")
    )
    assert (present.returncode, present.stdout) == (0, "\n")
