"""Everything ``make check`` looks at: each part runs even if an earlier one failed.

``python -m tools.check [PART…]`` runs all parts, or the named ones.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent
AUDIT = ROOT / ".venv-audit/bin"
NOT_RUN = 3  # of a part that could not look: said, and no false "passed"
# An installation as in production, with invented values, for Django's deployment checks.
PRODUCTION = {
    "DEBUG": "0",
    "PUBLIC_URL": "https://crm.example.org",
    "ALLOWED_HOSTS": "crm.example.org",
    "SECRET_KEY": "only-for-checks-" + "0123456789abcdefghij" * 3,
    "LINK_KEYS": "bGlua3MtZm9yLWNoZWNrcy1vbmx5LTAxMjM0NTY3ODk",
    "ENCRYPTION_KEYS": "ZW5jcnlwdC1mb3ItY2hlY2tzLW9ubHktMDEyMzQ1Njc",
    "HASH_KEY": "aGFzaGluZy1mb3ItY2hlY2tzLW9ubHktMDEyMzQ1Njc",
}
PARTS: dict[str, list[str]] = {
    "lint": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "types": [str(BIN / "mypy")],
    "imports": [str(BIN / "lint-imports")],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "translations": [PYTHON, "-m", "tools.messages", "check"],
    "vendored": [PYTHON, "-m", "tools.vendor", "check"],
    "templates": [PYTHON, "manage.py", "check_templates"],
    "unsafe calls": [
        *(
            str(AUDIT / "bandit"),
            "-q",
            "-ll",
            "-r",
            "campaign_crm",
            "contacts",
            "messaging",
            "tracking",
            "tools",
        ),
        *("-s", "B608"),  # SQL made of texts: ruff says so too (S608), and knows where it is meant
    ],
    "patterns": [PYTHON, "-m", "tools.audit.patterns"],
    "packages": [PYTHON, "-m", "tools.audit.dependencies"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}
ENVIRONMENT = {"deployment": PRODUCTION}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    wanted = parser.parse_args().parts or list(PARTS)
    unknown = set(wanted) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    failed = [part for part in wanted if not passes(part)]
    if failed:
        sys.exit(f"\nFailed: {', '.join(failed)}. One of them again: {PYTHON} -m tools.check {failed[0]}")
    print("\nNo check failed.")


def passes(part: str) -> bool:
    """Run one part; its output is shown only when it fails."""
    started = time.monotonic()
    done = subprocess.run(
        PARTS[part],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT.get(part, {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    outcome = {0: "passed", NOT_RUN: "not run"}.get(done.returncode, "FAILED")
    print(f"{part:<14}{outcome:<8}{time.monotonic() - started:6.1f} s", flush=True)
    if outcome != "passed":
        print(done.stdout, flush=True)
    return outcome != "FAILED"


if __name__ == "__main__":
    main()
