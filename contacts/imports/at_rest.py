"""Files to import stand sealed while nobody works with them: in clear for minutes, sealed for days.

Whoever is about to read one says so (`make_plain`), and reads a plain file at full speed. A tick seals what
nobody touched for a quarter of an hour; an import that is at work is left alone.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from campaign_crm.platform.sealed_files import SealedWriter, opened_blocks
from contacts.imports import files
from contacts.imports.holding import hold

IDLE_SECONDS = 900
BLOCK_BYTES = 1024 * 1024


def is_there(path: Path) -> bool:
    """True when the file is kept, in clear or sealed."""
    return path.exists() or files.sealed_twin(path).exists()


def make_plain(path: Path) -> Path:
    """Have a kept file in clear for the next quarter of an hour; any other path is returned as it is."""
    if path.parent != files.folder():
        return path
    twin = files.sealed_twin(path)
    with hold(path.parent, wait=True):
        if twin.exists():
            fresh = path.with_name(f"{path.name}.opening")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as plain:
                for block in opened_blocks(twin):
                    plain.write(block)
            fresh.rename(path)
            twin.unlink()
        elif path.exists():
            os.utime(path)
    return path


def seal_if_idle(path: Path) -> bool:
    """Seal a kept file that nobody touched for `IDLE_SECONDS`; false when it stays as it is."""
    if path.parent != files.folder():
        return False
    with hold(path.parent, wait=True):
        if not path.is_file() or path.stat().st_mtime > time.time() - IDLE_SECONDS:
            return False
        _seal(path)
        return True


def _seal(path: Path) -> None:
    """The plain file goes once the sealed one is whole on the disk; a killed attempt is begun anew."""
    touched = path.stat()
    fresh = path.with_name(f"{path.name}.sealing")
    fresh.unlink(missing_ok=True)
    with path.open("rb") as plain, SealedWriter(fresh) as writer:
        while block := plain.read(BLOCK_BYTES):
            writer.write(block)
    fresh.rename(files.sealed_twin(path))
    os.utime(files.sealed_twin(path), (touched.st_atime, touched.st_mtime))
    path.unlink()
