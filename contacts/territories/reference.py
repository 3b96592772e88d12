"""Reading the reference file that the repository ships (`tools/build_territories.py` makes it)."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

REFERENCE_FILE = Path(__file__).resolve().parent.parent / "reference" / "territories.tsv.gz"

FORMER_KINDS = ("delegated", "associated")


class ReferenceRow(NamedTuple):
    """One line of the file, as text. `parent` is "kind/code"; lists are space-separated; "" is unknown."""

    kind: str
    code: str
    name: str
    article: str
    parent: str
    population: str
    postcodes: str
    former_codes: str


def read_reference(path: Path = REFERENCE_FILE) -> list[ReferenceRow]:
    """Return every row of the reference file, parents before children."""
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        next(stream)  # the package's name and version
        next(stream)  # the columns
        return [ReferenceRow(*line.rstrip("\n").split("\t")) for line in stream]


def reference_version(path: Path = REFERENCE_FILE) -> str:
    """Return the package and version that the file was made from."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return next(stream).removeprefix("#").strip()


def reference_sha256(path: Path = REFERENCE_FILE, *, salt: str = "") -> str:
    """Return the hex digest of the file's bytes and `salt`: another digest means something to load."""
    return hashlib.sha256(path.read_bytes() + salt.encode()).hexdigest()
