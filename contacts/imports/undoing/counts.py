"""What an undo did so far, kept with each batch, so that an interrupted one goes on with true counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from django.db import connection, transaction

from contacts.imports.staging import Staging
from contacts.models import Import

PART = "undoing"


@dataclass(frozen=True)
class Undone:
    """What went, what returned, and who stayed because something else happened to them.

    `returned` values are those of `changed` people or electors. `handed_over`: electors whom another roll has
    too, and who are that one's now. `kept_electors` are linked to a person by hand. `handed_over_people` are
    named by another file too, and that one's now. `entries` of the do-not-contact list went: those that this
    file alone gave.
    """

    people: int = 0
    electors: int = 0
    returned: int = 0
    changed: int = 0
    kept: int = 0
    entries: int = 0
    handed_over: int = 0
    kept_electors: int = 0
    handed_over_people: int = 0


def so_far(import_run: Import) -> Undone:
    """What the earlier attempts did too."""
    counts = Import.objects.values_list("counts", flat=True).get(pk=import_run.pk).get("undone", {})
    return Undone(**{field.name: counts.get(field.name, 0) for field in fields(Undone)})


def add(import_run: Import, **more: int) -> None:
    """Add to the counts, in the transaction of the batch that they are of."""
    with transaction.atomic():
        counts = Import.objects.select_for_update().values_list("counts", flat=True).get(pk=import_run.pk)
        undone: dict[str, int] = counts.setdefault("undone", {})
        for name, count in more.items():
            undone[name] = undone.get(name, 0) + count
        Import.objects.filter(pk=import_run.pk).update(counts=counts)


def batches(import_id: int, ids: str, parameters: dict[str, Any], *, size: int) -> Iterator[list[int]]:
    """Batches of the ids that a query of ours gives, in their order; they wait in a working table."""
    staging = Staging(import_id)
    staging.drop(PART)
    staging.create(PART, "id bigint PRIMARY KEY")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {staging.table(PART)} {ids}", parameters)
        last = 0
        while True:
            cursor.execute(
                f"SELECT id FROM {staging.table(PART)} WHERE id > %s ORDER BY id LIMIT %s", [last, size]
            )
            batch = [row[0] for row in cursor.fetchall()]
            if not batch:
                break
            yield batch
            last = batch[-1]
    staging.drop(PART)
