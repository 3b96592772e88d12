"""The files that the invented team imported: what came in by one knows it, so that it can be undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection

from campaign_crm.shell.demo.cast import Cast
from campaign_crm.shell.demo.origins import ORIGINS
from campaign_crm.shell.demo.plan import Plan, apportion
from campaign_crm.shell.demo.rolls import ROLLED_DAYS_AGO
from contacts.models import Import, OptOutAnswer

# Key of the source: name of the file and kind.
FILES = {
    "members": ("adherents.csv", Import.Kind.ADDRESS_BOOK),
    "former": ("anciens-adherents.csv", Import.Kind.ADDRESS_BOOK),
    "book": ("contacts-equipe.csv", Import.Kind.ADDRESS_BOOK),
    "broker": ("horizon-donnees.csv", Import.Kind.BROKER),
    "rental": ("contact-et-cie.csv", Import.Kind.BROKER),
}
ROLL_FILE = "listes-oise.csv"
BYTES_A_ROW = 110
ROWS_A_SECOND = 4_000
IMPORT_HOUR = 10


def make_imports(plan: Plan, cast: Cast) -> int:
    """Write one import a file, and which ways in came by it; gives the number of the roll's import."""
    OptOutAnswer.objects.bulk_create(
        OptOutAnswer(
            source=cast.sources[name], said_by=cast.team[1], said_at=plan.at(ROLLED_DAYS_AGO, IMPORT_HOUR)
        )
        for name in FILES
    )
    totals = apportion(plan.contacts, [origin.share for origin in ORIGINS])
    for index, origin in enumerate(ORIGINS):
        if origin.arrived is None:
            continue
        name, kind = FILES[origin.source]
        run = _import(plan, cast, origin.source, name, kind, ago=origin.arrived)
        finish(run, new=totals[index])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE staging.demo_origin SET import_id = %s WHERE origin = %s", [run.pk, index])
    return _import(plan, cast, "roll", ROLL_FILE, Import.Kind.ROLL, ago=ROLLED_DAYS_AGO).pk


def finish(run: Import, *, new: int, **counts: int) -> None:
    """Note how many rows an import brought; none was rejected, and none was known before."""
    known = {"rows": new, "new": new, "updated": 0, "unchanged": 0, "duplicate": 0, "rejected": 0}
    run.counts = run.preview = {**known, "linked": 0, "to_review": 0, **counts}
    run.file_bytes = new * BYTES_A_ROW
    run.writing_began_at = run.created_at
    run.finished_at = run.created_at + timedelta(seconds=2 + new // ROWS_A_SECOND)
    run.save()


def _import(plan: Plan, cast: Cast, source: str, name: str, kind: str, *, ago: int) -> Import:
    values: dict[str, Any] = {
        "kind": kind,
        "source": cast.sources[source],
        "state": Import.State.DONE,
        "file_name": name,
        "created_by": cast.team[1],
        "created_at": plan.at(ago, IMPORT_HOUR),
    }
    return Import.objects.create(**values)
