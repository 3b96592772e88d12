"""Files of invoices: sealed on disk, opened only to be read by whoever keeps the accounts."""

from __future__ import annotations

import base64
import os
import uuid
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import SealBroken, resealed, seal, unseal
from campaign_crm.platform.resealing import Resealed, also_reseals
from messaging.costs.counting import CostRefused

MOST_BYTES = 10 * 1024 * 1024
# What a file begins with says what it is, not its name.
BEGINNINGS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def folder() -> Path:
    """Where the sealed files lie; only this program reads it."""
    path = Path(settings.MEDIA_ROOT) / "invoices"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def type_of(content: bytes) -> str:
    """The type of a file that may be kept; raises CostRefused."""
    if not content:
        raise CostRefused(_("This file is empty."))
    if len(content) > MOST_BYTES:
        raise CostRefused(
            _("This file weighs more than %(most)s MB: make it smaller.") % {"most": MOST_BYTES >> 20}
        )
    found = next((kind for beginning, kind in BEGINNINGS.items() if content.startswith(beginning)), None)
    if found is None:
        raise CostRefused(_("Attach the invoice as a PDF, PNG or JPEG file."))
    return found


def keep(key: uuid.UUID, content: bytes) -> None:
    """Seal a file under its key; one that was there before is replaced in one step."""
    _write(_path(key), seal({"file": base64.b64encode(content).decode()}))


def read(key: uuid.UUID) -> bytes:
    """Open a file; raises FileNotFoundError, or SealBroken without its key."""
    return base64.b64decode(unseal(_path(key).read_text(encoding="ascii"))["file"])


def forget(key: uuid.UUID) -> None:
    _path(key).unlink(missing_ok=True)


@also_reseals
def reseal_files() -> Resealed:
    """Every file under the newest key."""
    done = Resealed("files of invoices")
    for number, path in enumerate(sorted(folder().glob("*.sealed"))):
        try:
            fresh = resealed(path.read_text(encoding="ascii"))
        except SealBroken:
            done.broken.append(number)
            continue
        if fresh is None:
            done.already += 1
        else:
            done.anew += 1
            _write(path, fresh)
    return done


def _path(key: uuid.UUID) -> Path:
    return folder() / f"{key.hex}.sealed"


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(f".{uuid.uuid4().hex[:8]}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as kept:
        kept.write(text)
    fresh.replace(path)
