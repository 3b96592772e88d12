"""Make the compact file of French territories that the repository ships.

``python -m tools.build_territories [--package FILE] [--output FILE]`` reads the npm package
``@etalab/decoupage-administratif`` (INSEE's official geographic code, legal populations, La Poste's
postcodes) and writes ``contacts/reference/territories.tsv.gz``. Nobody who installs the product needs
Node: only this script calls ``npm pack``, when no ``--package`` is given. The same package gives the same
bytes, whenever and wherever the script runs with the same zlib.

Each line of the file: kind, code, name, article (INSEE's TNCC), parent ("kind/code"), population,
postcodes (space-separated), former INSEE codes (space-separated). The first line names the package. The
kinds `delegated` and `associated` are former communes; their parent is the commune that absorbed them.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = "@etalab/decoupage-administratif"
VERSION = "6.0.0"
OUTPUT = Path(__file__).resolve().parent.parent / "contacts" / "reference" / "territories.tsv.gz"
COLUMNS = ("kind", "code", "name", "article", "parent", "population", "postcodes", "former_codes")

COUNTRY = {"code": "FR", "nom": "France", "typeLiaison": 3}
# The Ministry of the Interior counts the French who live abroad as "department" ZZ in its results. INSEE's 99
# means "born abroad", which is another thing, so it is not used.
ABROAD = ("department", "ZZ", "Français établis hors de France", "4", "country/FR", "", "", "")
OVERSEAS_COLLECTIVITY = "com"  # the package repeats each of them as a region; they belong to none
UNSAFE = frozenset("\t\r\n\\")  # they mean something to COPY
FORMER = {"commune-deleguee": "delegated", "commune-associee": "associated"}

Row = tuple[str, ...]
Record = dict[str, Any]


def fetch_package(folder: Path) -> Path:
    """Download the package's archive into `folder` with npm and return its path."""
    subprocess.run(
        ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    return next(folder.glob("*.tgz"))


def read_package(archive: Path) -> dict[str, list[Record]]:
    """Return the records of the archive's files `regions`, `departements` and `communes`."""
    with tarfile.open(archive) as tar:
        described = _member(tar, "package.json")
        if (described["name"], described["version"]) != (PACKAGE, VERSION):
            raise SystemExit(
                f"{archive} is not {PACKAGE} {VERSION}: give the archive that npm pack makes of it."
            )
        return {name: _member(tar, f"data/{name}.json") for name in ("regions", "departements", "communes")}


def _member(tar: tarfile.TarFile, path: str) -> Any:
    stream = tar.extractfile(f"package/{path}")
    if stream is None:
        raise SystemExit(f"The package holds no file {path}.")
    return json.load(stream)


def territory_rows(package: dict[str, list[Record]]) -> Iterator[Row]:
    """Yield one row a territory, parents before children, each kind in the order of its codes."""
    communes = _by_code(package["communes"])
    yield _row("country", COUNTRY | {"population": _population(communes)}, parent="")
    for record in _by_code(package["regions"]):
        if record["zone"] != OVERSEAS_COLLECTIVITY:
            population = _population(communes, region=record["code"])
            yield _row("region", record | {"population": population}, parent="country/FR")
    for record in _by_code(package["departements"]):
        parent = "country/FR" if record["zone"] == OVERSEAS_COLLECTIVITY else f"region/{record['region']}"
        population = _population(communes, departement=record["code"])
        yield _row("department", record | {"population": population}, parent=parent)
    yield ABROAD
    for record in communes:
        if record["type"] == "commune-actuelle":
            yield _row("commune", record, parent=f"department/{record['departement']}")
    for record in communes:
        if record["type"] == "arrondissement-municipal":
            yield _row("municipal_arrondissement", record, parent=f"commune/{record['commune']}")
    for record in communes:
        if record["type"] in FORMER:
            yield _row(FORMER[record["type"]], record, parent=f"commune/{record['chefLieu']}")


def _population(communes: list[Record], **inside: str) -> int:
    """Sum the legal populations of today's communes whose record says `inside` (region or departement)."""
    return sum(
        record.get("population", 0)
        for record in communes
        if record["type"] == "commune-actuelle" and inside.items() <= record.items()
    )


def _by_code(records: list[Record]) -> list[Record]:
    return sorted(records, key=lambda record: str(record["code"]))


def _row(kind: str, record: Record, *, parent: str) -> Row:
    return (
        kind,
        record["code"],
        record["nom"],
        str(record.get("typeLiaison", "")),
        parent,
        str(record.get("population", "")),
        " ".join(sorted(record.get("codesPostaux", ()))),
        " ".join(sorted(record.get("anciensCodes", ()))),
    )


def compact(rows: Iterator[Row]) -> bytes:
    """Return the gzip of the tab-separated rows, the same bytes for the same rows (no time, no name)."""
    lines = [f"# {PACKAGE} {VERSION}", "\t".join(COLUMNS)]
    for row in rows:
        if any(not UNSAFE.isdisjoint(value) for value in row):
            raise SystemExit(f"A value of {row[0]} {row[1]} holds a tab, a line break or a backslash.")
        lines.append("\t".join(row))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write("\n".join([*lines, ""]).encode())
    return packed.getvalue()


def build(archive: Path | None) -> bytes:
    """Return the compact file made from `archive`, or from the package as npm gives it."""
    with tempfile.TemporaryDirectory() as folder:
        package = read_package(archive or fetch_package(Path(folder)))
    return compact(territory_rows(package))


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_territories", description=__doc__)
    parser.add_argument("--package", type=Path, help="the package's archive, if it is here already")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="where to write (default: %(default)s)")
    options = parser.parse_args()
    content = build(options.package)
    options.output.write_bytes(content)
    print(f"{options.output}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
