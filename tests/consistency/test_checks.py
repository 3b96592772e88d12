"""Checks of the repository can fail, and say so when they could not look."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import check
from tools.audit.patterns import EXAMPLES


def run(monkeypatch: pytest.MonkeyPatch, code: int) -> bool:
    monkeypatch.setitem(check.PARTS, "invented", [sys.executable, "-c", f"print('said'); exit({code})"])
    return check.passes("invented")


@pytest.mark.parametrize(
    ("code", "word", "passes"), [(0, "passed", True), (1, "FAILED", False), (3, "not run", True)]
)
def test_a_part_that_could_not_look_is_no_part_that_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: int, word: str, passes: bool
) -> None:
    assert run(monkeypatch, code) is passes
    told = capsys.readouterr().out
    assert word in told
    assert ("said" in told) is (code != 0)


def test_every_pattern_has_an_example_that_it_must_find() -> None:
    rules = (Path(check.ROOT) / "tools/audit/rules.yml").read_text(encoding="utf-8")
    named = {line.split(":", 1)[1].strip() for line in rules.splitlines() if line.startswith("  - id:")}
    assert named == set(EXAMPLES)
    assert all(wrong for wrong, _right in EXAMPLES.values())
