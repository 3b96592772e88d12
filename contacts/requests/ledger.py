"""What must be erased again when a backup is restored: kept in a file beside the database as well.

A backup made before an erasure brings the person back. `VAR_DIR/erasures.jsonl` outlives the database that is
replaced; it holds numbers, moments and keyed hashes, no name and no address. A restore replays it. Whoever
restores on another machine brings the file along (docs/data-protection.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from campaign_crm.platform.backup import around
from campaign_crm.platform.kept_lines import append_lines, read_lines
from contacts.merging.service import unmerge
from contacts.models import Contact, ErasedElector, Erasure, Merge
from contacts.requests.electors import Forgotten, electors_erased_before, forget_electors

FILE = "erasures.jsonl"
ELECTORS_AT_A_TIME = 500


@dataclass(frozen=True)
class Replayed:
    """What a replay found: entries read, people and electors who were back and are gone again."""

    entries: int
    people: int
    electors: int = 0


def register() -> None:
    """Have a restore keep what the present database knows, and erase again on the restored one."""
    around.register("erasures", before_it=save_all, after_it=_replayed_words)


def path() -> Path:
    return Path(settings.VAR_DIR) / FILE


def append(*erasures: Erasure) -> None:
    """Write erasures down on disk; their rows are committed."""
    append_lines(path(), [_line(erasure) for erasure in erasures])


def append_electors(gone: Forgotten) -> None:
    """Write electors who are gone down on disk; their rows are committed."""
    append_lines(path(), [_elector_line(elector, gone.post) for elector in gone.electors])


def save_all() -> None:
    """Before the database is replaced: whatever it knows and the file does not."""
    tables = connection.introspection.table_names()
    entries = list(read())
    if Erasure._meta.db_table in tables:
        known = {(entry["number"], entry["created_at"]) for entry in _people(entries)}
        lines = [_line(erasure) for erasure in Erasure.objects.order_by("pk").iterator()]
        append_lines(path(), [line for line in lines if (line["number"], line["created_at"]) not in known])
    if ErasedElector._meta.db_table in tables:
        hashed = {entry["hashes"][0] for entry in _electors(entries)}
        gone = ErasedElector.objects.order_by("pk").iterator()
        append_lines(path(), [_elector_line(one, []) for one in gone if one.hashes[0] not in hashed])


def read(file: Path | None = None) -> list[dict[str, Any]]:
    """Every entry of the file; a last line that a crash cut short is passed over."""
    return list(read_lines(file or path()))


def replay(file: Path | None = None) -> Replayed:
    """Hide again whoever is back, and put their addresses back on the do-not-contact list."""
    entries = read(file)
    people = _replay_people(list(_people(entries)))
    return Replayed(len(entries), people, _replay_electors(list(_electors(entries))))


def _replay_people(entries: list[dict[str, Any]]) -> int:
    from contacts.requests.erasing import hide_person, suppress_erased  # which writes this ledger

    people = 0
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
    return people


def _replay_electors(entries: list[dict[str, Any]]) -> int:
    """Rows that are back go, also those that the backup had under another number."""
    from contacts.requests.erasing import suppress_erased

    if not entries:
        return 0
    with transaction.atomic():
        known = {hashes[0] for hashes in ErasedElector.objects.values_list("hashes", flat=True)}
        fresh = {entry["hashes"][0]: entry for entry in entries if entry["hashes"][0] not in known}
        ErasedElector.objects.bulk_create(
            ErasedElector(
                number=entry["elector"],
                bucket=entry["bucket"],
                hashes=entry["hashes"],
                request=entry["request"],
            )
            for entry in fresh.values()
        )
        suppress_erased({"post": sorted({digest for entry in entries for digest in entry["post"]})})
    back = electors_erased_before()
    for start in range(0, len(back), ELECTORS_AT_A_TIME):
        with transaction.atomic():
            forget_electors(back[start : start + ELECTORS_AT_A_TIME], request=None, known_already=True)
    return len(back)


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
    if not done.entries:
        return ""
    electors = f" So are {done.electors} electors." if done.electors else ""
    return f"{done.people} people erased since the backup are erased again.{electors}"


def _people(entries: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return (entry for entry in entries if "number" in entry)


def _electors(entries: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return (entry for entry in entries if "elector" in entry)


def _line(erasure: Erasure) -> dict[str, Any]:
    return {
        "number": erasure.number,
        "created_at": erasure.created_at.isoformat(),
        "hashes": erasure.hashes,
        "request": erasure.request,
    }


def _elector_line(gone: ErasedElector, post: list[str]) -> dict[str, Any]:
    return {
        "elector": gone.number,
        "bucket": gone.bucket,
        "hashes": gone.hashes,
        "request": gone.request,
        "post": post,
    }
