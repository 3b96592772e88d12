"""Taking what is new in a place: one file at a time, or all new and changed cards of an address book as one.

What was taken is written in the transaction that makes the import: never twice, and never neither.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.imports import files
from contacts.imports.choices import set_mapping
from contacts.imports.encodings import CHOICES
from contacts.imports.errors import ImportProblem
from contacts.imports.layouts import Mapping
from contacts.imports.recurring import places
from contacts.imports.recurring.carddav import Delta
from contacts.imports.recurring.places import FilePlace, Offered
from contacts.imports.recurring.reach import Place, cards_of, files_of
from contacts.imports.remembered import Kept, unlike
from contacts.imports.service import enqueue_preview, start_import
from contacts.imports.signatures import keys_of, signature_of
from contacts.imports.sketch import Layout
from contacts.models import Import, RecurringFile, RecurringImport

COLUMNS, GONE, ENCODING, SHEET = "columns", "gone", "encoding", "sheet"
"""Why an import waits for a person before its preview: `questions` of RecurringImport."""


@dataclass(frozen=True)
class Taken:
    """What a look found: an import that has begun, whether more files wait, why a file was refused."""

    run: Import | None = None
    more: bool = False
    problem: str = ""


def take(recurring: RecurringImport) -> Taken:
    """Begin the import of what is new, if anything is; raises ImportProblem when the place cannot be read."""
    if recurring.place == Place.CARDDAV:
        return _take_cards(recurring)
    with files_of(recurring) as place:
        return _take_file(recurring, place)


# ---- Files ---------------------------------------------------------------------------------------------


def _take_file(recurring: RecurringImport, place: FilePlace) -> Taken:
    """Take the oldest new file."""
    seen = set(recurring.files.values_list("name", "size", "changed_at"))
    there = places.wanted(place.offered(), pattern=recurring.location.get("pattern", ""))
    new = [one for one in there if (one.name, one.size, one.changed_at) not in seen]
    for number, file in enumerate(new):
        path = files.folder() / f"{uuid.uuid4().hex}.csv"
        try:
            digest = _fetch(place, file, path)
            if digest is None:
                continue  # it grew while it was read: the next look takes it
            if not _is_known(recurring, file, digest):
                return _begin(recurring, file, path, digest, more=number + 1 < len(new))
        except BaseException:
            files.forget(path)
            raise
        files.forget(path)
    return Taken()


def _fetch(place: FilePlace, file: Offered, path: Path) -> str | None:
    """Copy a file into our folder; returns its SHA-256, None when it is no longer as it was offered."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as kept:
        place.fetch(file, kept)
        size = kept.tell()
        kept.seek(0)
        digest = hashlib.file_digest(kept, "sha256").hexdigest()
    if size != file.size:
        files.forget(path)
        return None
    return digest


def _is_known(recurring: RecurringImport, file: Offered, digest: str) -> bool:
    """True when this content was taken before, under whatever name; the name is then not fetched again."""
    before = recurring.files.filter(sha256=digest, is_taken=True).first()
    if before is None:
        return False
    about = {"size": file.size, "changed_at": file.changed_at}
    recurring.files.update_or_create(
        name=file.name,
        sha256=digest,
        defaults=about,
        create_defaults={**about, "is_taken": False, "import_run": before.import_run},
    )
    return True


def _begin(recurring: RecurringImport, file: Offered, path: Path, digest: str, *, more: bool) -> Taken:
    """Make the import of a file; one that cannot be read is noted with its reason, and not tried again."""
    kept = RecurringFile(
        recurring=recurring, name=file.name, size=file.size, changed_at=file.changed_at, sha256=digest
    )
    try:
        with transaction.atomic():
            run = _start(recurring, path, file.name, [])
            kept.import_run = run
            kept.save(force_insert=True)
    except ImportProblem as problem:
        kept.import_run, kept.error = None, str(problem)
        kept.save(force_insert=True)
        files.forget(path)
        words = _("“%(file)s” was not imported: %(reason)s") % {"file": file.name, "reason": problem}
        return Taken(more=more, problem=words)
    return Taken(run=run, more=more)


# ---- Cards ---------------------------------------------------------------------------------------------


def _take_cards(recurring: RecurringImport) -> Taken:
    known = dict(recurring.files.values_list("name", "etag"))
    with cards_of(recurring) as book:
        delta = book.delta(known, recurring.sync)
        if not delta.changed:
            _keep_cards(recurring, delta, {}, None)
            return Taken()
        path = files.folder() / f"{uuid.uuid4().hex}.csv"
        try:
            etags = _write_cards(path, book.cards(list(delta.changed)), delta)
            return _begin_cards(recurring, path, delta, etags, before=len(known))
        except BaseException:
            files.forget(path)
            raise


def _write_cards(path: Path, cards: Any, delta: Delta) -> dict[str, str]:
    """Write the cards below each other, as an address book's export; returns their ETags."""
    etags = {}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as kept:
        for href, etag, card in cards:
            kept.write(card.strip().replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n")
            etags[href] = etag or delta.changed.get(href, "")
    return etags


def _begin_cards(
    recurring: RecurringImport, path: Path, delta: Delta, etags: dict[str, str], *, before: int
) -> Taken:
    if not etags:  # all of them went between the two questions
        files.forget(path)
        return Taken()
    questions = []
    share = round(100 * len(delta.gone) / before, 1) if before else 0
    if share > recurring.most_gone:
        questions.append({"code": GONE, "found": share, "limit": recurring.most_gone})
    name = f"{recurring.name} {timezone.localtime():%Y-%m-%d %H-%M}.vcf"
    with transaction.atomic():
        run = _start(recurring, path, name, questions)
        _keep_cards(recurring, delta, etags, run)
    return Taken(run=run)


@transaction.atomic
def _keep_cards(recurring: RecurringImport, delta: Delta, etags: dict[str, str], run: Import | None) -> None:
    """Note what the server has now. Who is gone there stays here: an import removes nobody."""
    RecurringFile.objects.filter(recurring=recurring, name__in=delta.gone).delete()
    rows = [
        RecurringFile(recurring=recurring, name=href, etag=etag, import_run=run, taken_at=timezone.now())
        for href, etag in etags.items()
    ]
    RecurringFile.objects.bulk_create(
        rows,
        batch_size=2_000,
        update_conflicts=True,
        unique_fields=["recurring", "name", "sha256"],
        update_fields=["etag", "import_run", "taken_at"],
    )
    RecurringImport.objects.filter(pk=recurring.pk).update(sync={**delta.sync, "gone": len(delta.gone)})


# ---- The import ----------------------------------------------------------------------------------------


def _start(recurring: RecurringImport, path: Path, name: str, questions: list[dict[str, Any]]) -> Import:
    """Begin an import with all that the recurring one keeps; unknown columns and doubtful accents wait."""
    kept = {signature: one.get("reading", {}) for signature, one in recurring.mappings.items()}
    run = start_import(
        file=path,
        file_name=name,
        kind=recurring.kind,
        source=recurring.source,
        by=recurring.created_by,
        kept=dict(reversed(kept.items())),
    )
    mapping = known_mapping(recurring, run)
    options = {**recurring.options, **{key: value for key, value in run.options.items() if value}}
    Import.objects.filter(pk=run.pk).update(recurring=recurring, layout=run.layout, options=options)
    run.options = options
    if mapping is None:
        questions = [*questions, {"code": COLUMNS}]
    else:
        set_mapping(run=run, mapping=mapping, by=recurring.created_by)
    doubts = _doubts(Layout.from_json(run.layout), kept)
    questions = [*questions, *doubts]
    if mapping is not None and not doubts:
        enqueue_preview(run=run, by=recurring.created_by)
    RecurringImport.objects.filter(pk=recurring.pk).update(open_import=run, questions=questions)
    return run


def _doubts(layout: Layout, kept: Kept) -> list[dict[str, Any]]:
    """What somebody should look at of how the file is read."""
    found: list[dict[str, Any]] = []
    if layout.doubted:
        found.append({"code": ENCODING, "found": CHOICES.get(layout.doubted, layout.doubted)})
    reading = kept.get(signature_of(layout.header), {})
    if SHEET in unlike(layout, reading):
        found.append({"code": SHEET, "found": layout.sheet, "limit": reading["sheet"]})
    return found


def known_mapping(recurring: RecurringImport, run: Import) -> Mapping | None:
    """The mapping of an earlier import with the same columns, in any order; None when there was none."""
    header: list[str] = run.layout["header"]
    kept = recurring.mappings.get(signature_of(header))
    if kept is None:
        return None
    run.layout = {**run.layout, "month_first": kept["month_first"]}
    columns: dict[str, str] = kept["columns"]
    return {index: columns[key] for index, key in enumerate(keys_of(header)) if key in columns}
