"""Where the embedded servers keep their data, sockets and logs.

Pure: nothing here creates, starts or changes anything, so that settings may be read at any time. Everything
lives under `VAR_DIR`, with two exceptions:

- as root, the servers run as an unprivileged user; where that user cannot reach `VAR_DIR` (a checkout under
  /root), the data lives in `/var/lib/campaign-crm/<hash of VAR_DIR>` instead;
- a socket's path may have 107 bytes; below a longer `VAR_DIR`, sockets live in a short folder of a stable
  name under /run (root) or /tmp.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDER = Path("/var/lib/campaign-crm")
UNPRIVILEGED_USER = "nobody"  # runs the servers when the program runs as root; owns their files, mode 0700
UNPRIVILEGED_ID = 65534
LONGEST_SOCKET_PATH = 107  # bytes, sun_path without its final NUL (unix(7))
POSTGRES_PORT = 5432  # only names the socket file: nothing listens on TCP
DATABASE = "campaign_crm"


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str  # empty when the machine has none for this id
    uid: int
    gid: int


@dataclass(frozen=True)
class Layout:
    """Folders of one VAR_DIR and the users of its servers."""

    var_dir: Path
    home: Path  # VAR_DIR, or its stand-in under SYSTEM_FOLDER
    sockets: Path  # 0700, owned by `server`
    control: Path  # 0700, owned by `program`: the supervisor's socket and lock
    program: Account
    server: Account

    @property
    def postgres_data(self) -> Path:
        return self.home / "postgres"

    @property
    def config(self) -> Path:
        return self.home / "config"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def supervisor_socket(self) -> Path:
        return self.control / "supervisor.sock"

    @property
    def moved(self) -> bool:
        """True when the data is not under VAR_DIR."""
        return self.home != self.var_dir

    def valkey_data(self, name: str) -> Path:
        return self.home / name

    def valkey_socket(self, name: str) -> Path:
        return self.sockets / f"{name}.sock"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def layout_of(var_dir: Path) -> Layout:
    """Layout for `var_dir`, the same at every call while the folder's data stays where it is."""
    var_dir = Path(os.path.realpath(var_dir))
    name = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    program = account_of(os.geteuid())
    home = _home(var_dir, name)
    server = _server_account(home, program)
    sockets, control = _socket_folders(home, name, program)
    return Layout(
        var_dir=var_dir, home=home, sockets=sockets, control=control, program=program, server=server
    )


def account_of(uid: int) -> Account:
    """Account of a user id; without a name if this machine gives it none."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account("", uid, os.getegid() if uid == os.geteuid() else uid)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(path: Path, account: Account) -> bool:
    """True when `account` may enter every existing folder on the way to `path`, and `path` if it is one."""
    for folder in (path, *path.parents):
        try:
            status = folder.stat()
        except FileNotFoundError:
            continue
        except PermissionError:
            return False
        if stat.S_ISDIR(status.st_mode) and not _may_search(status, account):
            return False
    return True


def _may_search(status: os.stat_result, account: Account) -> bool:
    if account.uid == 0:
        return True
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _home(var_dir: Path, name: str) -> Path:
    if os.geteuid() != 0:
        return var_dir
    # Data that exists decides, so that a later change of a folder's mode never seems to empty the database.
    stand_in = SYSTEM_FOLDER / name
    for home in (var_dir, stand_in):
        if (home / "postgres").exists():
            return home
    return var_dir if can_reach(var_dir, _unprivileged()) else stand_in


def _server_account(home: Path, program: Account) -> Account:
    """The program's own user; for root the owner of the data, at first UNPRIVILEGED_USER."""
    if program.uid != 0:
        return program
    try:
        owner = (home / "postgres").stat().st_uid
    except FileNotFoundError:
        owner = 0
    return account_of(owner) if owner else _unprivileged()


def _unprivileged() -> Account:
    try:
        return account_of(pwd.getpwnam(UNPRIVILEGED_USER).pw_uid)
    except KeyError:
        return Account("", UNPRIVILEGED_ID, UNPRIVILEGED_ID)


def _socket_folders(home: Path, name: str, program: Account) -> tuple[Path, Path]:
    longest = home / "supervisor" / "supervisor.sock"
    if len(os.fsencode(longest)) <= LONGEST_SOCKET_PATH:
        return home / "sockets", home / "supervisor"
    parent = Path("/run") if program.uid == 0 and os.access("/run", os.W_OK) else Path("/tmp")  # noqa: S108 # nosec - checked
    short = parent / f"campaign-crm-{program.uid}-{name}"
    return short / "sockets", short / "supervisor"
