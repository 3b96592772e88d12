"""What the child may use, each limit with its reason. Measured with the invented 27-column roll."""

from __future__ import annotations

import fcntl
import os
import resource
from pathlib import Path

MIB = 1024 * 1024
GIB = 1024 * MIB

WORKING_MEMORY = 128 * MIB
"""Beyond what the child has once its modules are loaded. Everything but a spreadsheet is streamed."""

EXPANDED_SPREADSHEET = 512 * MIB
"""Bytes of XML in a workbook: some 600,000 rows of 27 columns. 100,000 such rows are 77 MiB."""

SPREADSHEET_FACTOR = 5
"""Memory a byte of a workbook's XML: calamine holds a sheet whole; 100,000 rows of a roll took 3.4 times."""

ALONE_FROM = 256 * MIB
"""Memory from which a workbook is held only while no other process holds such a one."""

ARCHIVE_FILES = 200_000
"""Three lists a commune and 35,000 communes, twice."""

ARCHIVE_BYTES = 16 * GIB
"""Expanded: every roll of the country is about 11 GB."""

RATIO, RATIO_FROM = 100, 10 * MIB
"""Expanded for stored, of a file that is large once expanded. Rolls reach 20; a bomb has 1,000."""

TABLE_BYTES = 24 * GIB
"""The table written: an archive's rows and the name of the file each comes from."""

HEAD_SECONDS, WHOLE_SECONDS = 120, 3 * 3600
"""A first look, for which a person waits; the whole file, which a worker reads (an hour for the country)."""

HEAD_ROWS = 400
"""Rows of a first look, and files whose rows are looked at: more than anybody is shown, or a guess needs."""

CARD_CHARACTERS = 1024 * 1024
"""One vCard without its pictures."""

CELL_CHARACTERS = 64 * 1024
"""One value of an XML file."""


_held: set[Path] = set()


def allow_memory(more: int) -> None:
    """Let this process grow by `more` bytes from where it is; above that, an allocation fails."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # not Linux: the other limits still hold
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, hard))


def hold_alone(folder: Path) -> None:
    """Wait until no other process that names this folder holds anything large; let go when this one ends."""
    if folder in _held:  # a second lock of this process would wait for the first one for ever
        return
    _held.add(folder)
    descriptor = os.open(folder, os.O_RDONLY)  # never closed: the memory is given back at the end, not before
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def limit_process(seconds: int) -> None:
    """Limit processor time and the size of a file written; no image of the memory is left on disk."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (TABLE_BYTES, TABLE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
