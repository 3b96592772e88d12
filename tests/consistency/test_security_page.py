"""docs/security.md names code and tests that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`([\w./-]+\.\w+|\.dockerignore)`", PAGE)))


@pytest.mark.parametrize("path", NAMED)
def test_what_it_names_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_promise_names_a_test() -> None:
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith(("| Promise", "| Fault", "| Requirement"))
    ]
    assert len(rows) > 20
    assert not [row for row in rows if "`tests/" not in row.split("|")[3]]


def test_it_can_be_found() -> None:
    for page in ("SECURITY.md", "README.md"):
        assert "docs/security.md" in (ROOT / page).read_text(encoding="utf-8")
