from pathlib import Path

import pytest

from tools import vendor


def test_vendored_files_are_those_of_the_manifest() -> None:
    assert vendor.differences() == []


def test_changed_missing_and_unknown_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = vendor.Package("thing", "thing", "1.0", "MIT", {"a.js": "a.js", "b.js": "b.js"})
    folder = tmp_path / "thing"
    folder.mkdir()
    for name in ("a.js", "b.js", "LICENSE"):
        (folder / name).write_text(name)
    monkeypatch.setattr(vendor, "VENDOR", tmp_path)
    monkeypatch.setattr(vendor, "MANIFEST", tmp_path / "manifest.json")
    monkeypatch.setattr(vendor, "PACKAGES", (package,))
    vendor.write_manifest()
    assert vendor.differences() == []
    (folder / "a.js").write_text("changed")
    (folder / "b.js").unlink()
    (folder / "c.js").write_text("unknown")
    assert vendor.differences() == [
        "thing/a.js differs from its recorded sha256.",
        "thing/b.js is missing.",
        "thing/c.js is not in the manifest.",
    ]


def test_public_stylesheet_stays_small() -> None:
    assert (vendor.ROOT / "static" / "public" / "public.css").stat().st_size <= 15_000
