"""What the operating system offers to keep servers and their owners together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from campaign_crm.platform.embedded.layout import Account

PR_SET_PDEATHSIG = 1  # prctl(2): the signal a child gets when its parent dies, even by kill -9
SERVERS = ("postgres", "valkey-server")


def die_with_parent(sent: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: have the kernel send `sent` to the child when the thread that starts it ends.

    Linux only; elsewhere a kill -9 of the parent leaves its children.
    """
    parent = os.getpid()
    library = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def ask_kernel() -> None:
        if library is not None:
            library.prctl(PR_SET_PDEATHSIG, int(sent), 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the request
                os.kill(os.getpid(), sent)

    return ask_kernel


def launch(
    command: list[str], *, account: Account, folder: Path, log: IO[bytes], end: signal.Signals
) -> subprocess.Popen[bytes]:
    """Start a server's program in `folder` as `account`; it gets the signal `end` if this process dies."""
    identity = [account.uid, account.gid] if account.uid != os.geteuid() else [None, None]
    # The user is changed before preexec_fn runs: a change of user afterwards would clear the death signal.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd=folder,
        env={"PATH": os.defpath, "LANG": "C", "LC_ALL": "C", "TZ": "UTC"},
        preexec_fn=die_with_parent(end),
        start_new_session=True,
        umask=0o077,
        user=identity[0],
        group=identity[1],
        extra_groups=[] if identity[0] is not None else None,
    )


def servers_in(folder: Path) -> list[int]:
    """Ids of the server processes whose working directory is `folder`.

    PostgreSQL and Valkey both enter their data folder, so this finds a server that outlives its supervisor
    for a moment, without trusting a file of process ids.
    """
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(entry / "cwd")) == folder:
                name = (entry / "comm").read_text(encoding="utf-8").strip()
                if name in SERVERS:
                    found.append(int(entry.name))
        except OSError:  # it ended meanwhile, or belongs to someone else
            continue
    return found


def make_folder(path: Path, *, owner: Account, mode: int) -> None:
    """Create a folder with this owner and mode, whatever the umask; one that exists is left as it is.

    Missing parents are made for the program's user, open to be passed through.
    """
    if path.exists():
        return
    if not path.parent.exists():
        make_folder(path.parent, owner=Account("", os.geteuid(), os.getegid()), mode=0o755)
    path.mkdir(mode=mode, exist_ok=True)
    path.chmod(mode)
    if owner.uid != os.geteuid():
        os.chown(path, owner.uid, owner.gid)
