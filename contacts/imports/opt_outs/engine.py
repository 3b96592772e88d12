"""The steps of an opt-out file, in order. Before `write`, only the schema `staging` is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaign_crm.platform.database import analyze
from contacts.enums import SuppressionReason
from contacts.imports import chunks, progress
from contacts.imports.errors import UnreadableFile, WrongColumns
from contacts.imports.file_rows import FileRows
from contacts.imports.layouts import Mapping
from contacts.imports.opt_outs import sql
from contacts.imports.opt_outs.rows import COLUMNS, NUMBER_CHANNELS, OptOutRows
from contacts.imports.progress import Progress
from contacts.imports.sketch import Layout
from contacts.imports.staging import RejectedRows, Staging, copy_rows
from contacts.imports.turns import PEOPLE, in_turn
from contacts.services.stop_entries import add_entries

ENTRIES_A_CHUNK = 20_000
ADDRESSES_HASHED = {"md5", "sha1", "sha256"}
ADDRESSES = ADDRESSES_HASHED | {"email", "phone"}
OWN_EXPORT = {"keyed_hash", "channel", "hash_key"}


@dataclass(frozen=True)
class Said:
    """What an entry means where its row does not say: why it is there, and which channels a number closes."""

    reason: SuppressionReason = SuppressionReason.IMPORTED
    numbers: Sequence[str] = NUMBER_CHANNELS


def check_mapping(mapping: Mapping) -> None:
    """Raise WrongColumns when no column names an address, or a hash of ours lacks what makes it readable."""
    fields = set(mapping.values())
    if "keyed_hash" in fields and not fields >= OWN_EXPORT:
        raise WrongColumns(
            _(
                "Hashes of this product need the columns that stand beside them in its export: the channel "
                "and the mark of the key."
            )
        )
    if not fields & (ADDRESSES | {"keyed_hash"}):
        raise WrongColumns(
            _(
                "No column holds an e-mail address, a phone number or a known hash. Hashes can be MD5, SHA-1 "
                "or SHA-256 of the e-mail address in lower case, or this product's own export. Hashes of "
                "phone numbers cannot be compared: everybody writes a number another way before hashing it."
            )
        )


def stage(
    staging: Staging, path: Path, layout: Layout, mapping: Mapping, *, said: Said, told: Progress
) -> dict[str, int]:
    """Read the file and say what it would add; returns the counts of the preview. Raises ImportProblem."""
    check_mapping(mapping)
    staging.drop()
    file = FileRows(path, layout)
    rows = _read(staging, file, mapping, said, told)
    if not rows:
        raise UnreadableFile(_("The file has a header and no row below it: there is nothing to import."))
    told.step(progress.CHECKING, rows)
    staging.create("digests", sql.DIGESTS)
    staging.create("entries", sql.ENTRIES)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        if ADDRESSES_HASHED & set(mapping.values()):
            cursor.execute(staging.sql(sql.FILL_DIGESTS))
        staging.analyze("given", "digests")
        cursor.execute(staging.sql(sql.FILL_ENTRIES))
        entries = cursor.rowcount
        staging.analyze("entries")
        cursor.execute(staging.sql(sql.COUNTS))
        names = [column.name for column in cursor.description]
        counts = dict(zip(names, cursor.fetchone(), strict=True))
    pieces = chunks.split(staging, "entries", rows=entries, rows_a_chunk=ENTRIES_A_CHUNK)
    chunks.remember(staging, pieces)
    return {"rows": rows, **counts, **file.told()}


def _read(staging: Staging, file: FileRows, mapping: Mapping, said: Said, told: Progress) -> int:
    staging.create("given", sql.GIVEN)
    staging.create("rejects", "line integer, values jsonb, reasons jsonb")
    told.step(progress.READING, file.path.stat().st_size)
    with RejectedRows() as rejected:
        reader = OptOutRows(
            mapping,
            file.refusal,
            rejected,
            reason=said.reason,
            numbers=said.numbers,
            month_first=file.layout.month_first,
        )
        copy_rows(
            staging.table("given"),
            COLUMNS,
            reader.entries(file),
            texts=["algorithm"],
            on_rows=lambda _count: told.at(0),
        )
        copy_rows(staging.table("rejects"), ["line", "values", "reasons"], rejected.rows())
    return reader.rows


def write(staging: Staging, *, import_id: int, told: Progress) -> None:
    """Write what `stage` prepared, going on where an earlier attempt stopped."""
    todo, done = chunks.left_to_do(staging)
    told.step(progress.WRITING, done + sum(chunk.rows for chunk in todo), done=done)
    for chunk in todo:
        _write_chunk(staging, chunk, import_id=import_id, told=told)
    _settle_late(staging, import_id)
    told.step(progress.FINISHING, 0)
    analyze("contacts_suppression", "contacts_reach")


def _write_chunk(staging: Staging, chunk: chunks.Chunk, *, import_id: int, told: Progress) -> None:
    inside = chunk.inside("entry")
    with in_turn([PEOPLE], told), transaction.atomic(), connection.cursor() as cursor:  # it locks people too
        add_entries(staging.sql(sql.CHUNK, inside=inside), {}, import_id=import_id)
        cursor.execute(staging.sql(sql.KEEP_DIGESTS, inside=inside), {"import": import_id})
        chunks.mark_done(staging, chunk)
        told.wrote(chunk.rows)


@transaction.atomic
def _settle_late(staging: Staging, import_id: int) -> None:
    """Compare the hashes with the addresses of the base once more, now that the trigger sees new ones."""
    with connection.cursor() as cursor:
        cursor.execute(staging.sql("SELECT EXISTS (SELECT FROM {entries} WHERE algorithm <> '')"))
        if not cursor.fetchone()[0]:
            return
        cursor.execute(staging.sql("TRUNCATE {digests}"))
        cursor.execute(staging.sql(sql.FILL_DIGESTS))
        staging.analyze("digests")
        add_entries(
            f"SELECT DISTINCT ON (address_hash, channel, scope) * FROM ({staging.sql(sql.LATE)}) AS late"
            " ORDER BY address_hash, channel, scope, reason = 'hard_bounce'",
            {},
            import_id=import_id,
        )
        cursor.execute(staging.sql(sql.FORGET_LATE))
