"""Reading a file in a child process with limits, from the parent's side.

A file can be made to take memory, time or disk without end, or to misuse a fault of a library. The child has
nothing to give away and is ended when it takes too long, when it dies of its limits, or when the job stops.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contacts.imports import files
from contacts.imports.errors import NotNow, UnreadableFile
from contacts.imports.formats import limits

LOOK_EVERY = 0.5  # seconds between two looks at the child
ANSWER_BYTES = limits.MIB
GRACE = 5.0  # seconds that a child without an answer has to end by itself, for its exit code

Answer = dict[str, Any]
OnProgress = Callable[[int, int], None]
"""Told (bytes read, bytes in all), (0, 0) while unknown; what it raises ends the child."""


def convert_in_child(
    path: Path, out: Path, *, sheet: str = "", head: bool = False, on_progress: OnProgress | None = None
) -> Answer:
    """Have the file at `path` turned into a table at `out`; returns what `converting.convert` says.

    Raises UnreadableFile; then nothing is left at `out`.
    """
    seconds = limits.HEAD_SECONDS if head else limits.WHOLE_SECONDS
    with TemporaryDirectory(dir=files.folder(), prefix="work-") as work:
        request = {
            "path": str(path),
            "out": str(out),
            "work": work,
            "sheet": sheet,
            "head": head,
            "seconds": seconds,
            "language": get_language() or settings.LANGUAGE_CODE,
        }
        try:
            answer = _run(request, seconds, on_progress or (lambda _done, _total: None))
            if "refused" in answer:
                raise UnreadableFile(answer["refused"])
        except BaseException:
            out.unlink(missing_ok=True)
            raise
    return answer


def _run(request: dict[str, Any], seconds: int, on_progress: OnProgress) -> Answer:
    child = subprocess.Popen(
        [sys.executable, "-m", "contacts.imports.formats"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env=_environment(),
        start_new_session=True,
        umask=0o077,
    )
    assert child.stdin is not None  # noqa: S101 - asked for above
    assert child.stdout is not None  # noqa: S101 - asked for above
    assert child.stderr is not None  # noqa: S101 - asked for above
    answer: Answer | None = None
    is_ending = False
    with child.stdin as asked, child.stdout as told, child.stderr as wrong:
        try:
            asked.write(json.dumps(request).encode())
            asked.close()
            answer = _listen(told, time.monotonic() + seconds, on_progress)
            is_ending = answer is None
        finally:
            code = _end(child, grace=GRACE if is_ending else 0)
        if answer is None:
            raise _died(code, wrong.read(ANSWER_BYTES))
    if "failed" in answer:
        raise _too_much(answer["failed"])
    return answer


def _end(child: subprocess.Popen[bytes], *, grace: float) -> int:
    """End the child, at the latest after `grace` seconds, and return its exit code.

    What it wrote is complete once it has answered.
    """
    try:
        return child.wait(timeout=grace)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _environment() -> dict[str, str]:
    """No variable of the product reaches the child: neither keys nor addresses of servers."""
    found = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1", "TZ": "UTC"}
    if "PYTHONPATH" in os.environ:
        found["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return found


def _listen(told: IO[bytes], until: float, on_progress: OnProgress) -> Answer | None:
    """Return the child's answer, None when it ended without one; raises UnreadableFile after `until`."""
    heard, done, total = b"", 0, 0
    while time.monotonic() < until:
        ready, _writes, _errors = select.select([told], [], [], LOOK_EVERY)
        on_progress(done, total)
        if not ready:
            continue
        block = os.read(told.fileno(), 65_536)
        if not block:
            return None
        *lines, heard = (heard + block).split(b"\n")
        for line in lines:
            message: Answer = json.loads(line)
            if "done" not in message:
                return message
            done, total = message["done"], message["total"]
        if len(heard) > ANSWER_BYTES:
            break
    raise _too_long()


def _died(code: int, wrong: bytes) -> Exception:
    """What the end of a child without an answer means."""
    if code == -signal.SIGXCPU:
        return _too_long()
    if code < 0:  # ended by another signal: a failed allocation of a library, the kernel
        return _too_much("memory")
    lines = wrong.decode(errors="replace").strip().splitlines()
    return RuntimeError(f"The reading process ended with {code}: {lines[-1] if lines else 'no word'}")


def _too_long() -> UnreadableFile:
    return NotNow(_("Reading the file took too long. Send it in several parts, or as “CSV UTF-8”."))


def _too_much(what: str) -> UnreadableFile:
    if what == "disk":
        return NotNow(
            _("The file grows larger than the disk allows. Send it in several parts, or make room.")
        )
    return UnreadableFile(
        _("Reading the file takes more memory than a list of people should. Save it as “CSV UTF-8”.")
    )
