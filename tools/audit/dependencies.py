"""Known faults of the packages that are installed, from the database of the Python Package Index.

Without that database nothing can be said, and nothing is: exit code 3, "not run". An old package with a fault
that everybody knows is asked about as well: an answer without it is no answer.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIP_AUDIT = ROOT / ".venv-audit/bin/pip-audit"
FILES = ("requirements.txt", "requirements-dev.txt")
KNOWN_FAULT = "requests==2.19.0"  # CVE-2018-18074
PATIENCE = 60  # seconds
NOT_RUN = 3


def main() -> None:
    if not PIP_AUDIT.exists():
        sys.exit("pip-audit is not there: make check installs it.")
    with tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        canary.write_text(KNOWN_FAULT + "\n", encoding="utf-8")
        if not _faults(canary):
            print("The database of known faults cannot be reached: no package was looked at.")
            sys.exit(NOT_RUN)
    faults = {fault for name in FILES for fault in _faults(ROOT / name)}
    if faults:
        sys.exit("\n".join(sorted(faults)))


def _faults(requirements: Path) -> set[str]:
    """One sentence for each known fault; empty as well when there was no answer."""
    try:
        done = subprocess.run(
            [
                *(str(PIP_AUDIT), "--strict", "--no-deps", "--disable-pip", "--progress-spinner", "off"),
                *("--timeout", "10", "--format", "json", "--requirement", str(requirements)),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return set()
    return {
        f"{package['name']} {package['version']}: {fault['id']}, mended in "
        f"{', '.join(fault['fix_versions']) or 'no version yet'}"
        for package in packages
        for fault in package.get("vulns", [])
    }


if __name__ == "__main__":
    main()
