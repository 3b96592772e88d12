"""Find a Chromium for the browser tests, or install one; prints its path.

``python -m tools.chromium``: ``CHROMIUM_PATH``, else a browser on PATH, else the one Playwright keeps,
else an installation by Playwright, else by apt (as root); else it says what to do and fails.
With ``--if-present`` nothing is installed, and nothing is printed when there is none.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WHAT_TO_DO = """
The browser tests need Chromium, and it could neither be found nor installed.
Install it (Debian and Ubuntu: apt install chromium; Fedora: dnf install chromium), or name one you have:
    CHROMIUM_PATH=/path/to/chromium make test
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--if-present", action="store_true", help="never install")
    options = parser.parse_args()
    found = present() or (None if options.if_present else installed())
    if found is None and not options.if_present:
        sys.exit(WHAT_TO_DO)
    print(found or "")


def present() -> str | None:
    """Path of a browser that is here already."""
    named = os.environ.get("CHROMIUM_PATH")
    if named:
        if not os.access(named, os.X_OK):
            sys.exit(f"CHROMIUM_PATH is {named}, which is no program. Correct it or unset it.")
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None) or playwrights_own()


def installed() -> str | None:
    """Path of a browser installed now; what the installers say goes to the terminal."""
    if run([sys.executable, "-m", "playwright", "install", "chromium"]) and (path := playwrights_own()):
        return path
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update"], environment)
        run(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"], environment)
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def playwrights_own() -> str | None:
    """Path of the Chromium that Playwright keeps for itself, if it is installed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def run(command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Run an installer; True when it succeeded."""
    print(f"{' '.join(command)} …", file=sys.stderr)
    return subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode == 0


if __name__ == "__main__":
    main()
