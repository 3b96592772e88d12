"""What must be erased again when a backup is restored: kept in a file beside the database as well.

A backup made before an erasure brings the person back. `VAR_DIR/erasures.jsonl` outlives the database that is
replaced; it holds numbers, moments and keyed hashes, no name and no address. A restore replays it. Whoever
restores on another machine brings the file along (docs/data-protection.md).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from campaign_crm.platform.backup import around
from contacts.merging.service import unmerge
from contacts.models import Contact, Erasure, Merge

FILE = "erasures.jsonl"


@dataclass(frozen=True)
class Replayed:
    """What a replay found: entries read, people who were back and are hidden again."""

    entries: int
    people: int


def register() -> None:
    """Have a restore keep what the present database knows, and erase again on the restored one."""
    around.register("erasures", before_it=save_all, after_it=_replayed_words)


def path() -> Path:
    return Path(settings.VAR_DIR) / FILE


def append(*erasures: Erasure) -> None:
    """Write erasures down on disk; their rows are committed."""
    _write([_line(erasure) for erasure in erasures])


def save_all() -> None:
    """Before the database is replaced: whatever it knows and the file does not."""
    if Erasure._meta.db_table not in connection.introspection.table_names():
        return
    known = {(entry["number"], entry["created_at"]) for entry in read()}
    lines = [_line(erasure) for erasure in Erasure.objects.order_by("pk").iterator()]
    _write([line for line in lines if (line["number"], line["created_at"]) not in known])


def read(file: Path | None = None) -> list[dict[str, Any]]:
    """Every entry of the file; a last line that a crash cut short is passed over."""
    file = file or path()
    if not file.exists():
        return []
    entries = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def replay(file: Path | None = None) -> Replayed:
    """Hide again whoever is back, and put their addresses back on the do-not-contact list."""
    from contacts.requests.erasing import hide_person, suppress_erased  # which writes this ledger

    entries, people = read(file), 0
    erased = {(entry["number"], parse_datetime(entry["created_at"])) for entry in entries}
    for entry in entries:
        with transaction.atomic():
            made = parse_datetime(entry["created_at"])
            found = Contact.objects.filter(pk=entry["number"], created_at=made, erased_at=None).first()
            back = found or _taken_apart(entry["number"], made, erased)
            if back is not None:
                hide_person(contact=back, by=None)
                people += 1
            suppress_erased(entry["hashes"])
            Erasure.objects.get_or_create(
                number=entry["number"],
                created_at=made,
                defaults={"hashes": entry["hashes"], "request": entry["request"]},
            )
    return Replayed(len(entries), people)


def _taken_apart(
    number: int, made: datetime | None, erased: set[tuple[int, datetime | None]]
) -> Contact | None:
    """Somebody who was merged into another person in the backup, and was erased as a person of their own."""
    merge = Merge.objects.filter(absorbed_id=number, undone_at=None, kept__erased_at=None)
    found = merge.select_related("kept").first()
    if found is None or parse_datetime(found.snapshot["contact"]["created_at"]) != made:
        return None
    if (found.kept_id, found.kept.created_at) in erased:
        return None  # erased with the record that has theirs
    return unmerge(merge=found, by=None)


def _replayed_words() -> str:
    done = replay()
    return f"{done.people} people erased since the backup are erased again." if done.entries else ""


def _line(erasure: Erasure) -> dict[str, Any]:
    return {
        "number": erasure.number,
        "created_at": erasure.created_at.isoformat(),
        "hashes": erasure.hashes,
        "request": erasure.request,
    }


def _write(lines: list[dict[str, Any]]) -> None:
    if not lines:
        return
    descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
