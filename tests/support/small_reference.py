"""A small part of the shipped territories, loaded in a moment: Oise, Paris and what stands above them."""

from __future__ import annotations

import gzip
from pathlib import Path

from contacts.territories.loading import load_territories
from contacts.territories.reference import REFERENCE_FILE

DEPARTMENTS = ("60", "75")


def load_small_reference(folder: Path) -> None:
    """Load the country, its regions and departments, and the communes of two departments."""
    path = folder / "territories.tsv.gz"
    with gzip.open(REFERENCE_FILE, "rt", encoding="utf-8", newline="\n") as whole:
        lines = [line for number, line in enumerate(whole) if number < 2 or _is_wanted(line)]
    with gzip.open(path, "wt", encoding="utf-8", newline="\n") as part:
        part.writelines(lines)
    load_territories(force=True, path=path)


def _is_wanted(line: str) -> bool:
    kind, code = line.split("\t")[:2]
    return kind in ("country", "region", "department") or code.startswith(DEPARTMENTS)
