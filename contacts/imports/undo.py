"""Undoing an import: what it alone created goes, what it changed returns.

A person it created stays when something else happened to them since (a note, another source, a message, a
sign-up), an elector when another roll has them too or somebody linked them by hand: they are counted and
listed. A field it changed returns to its earlier value unless it was changed again.

The import is `undoing` first, so that a roll compared meanwhile is compared again. Then people and electors
go in batches, each a transaction of its own that leaves its people projected and its counts kept: an
interrupted undo goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.database import analyze
from campaign_crm.platform.jobs import RunningJob
from campaign_crm.platform.models import User
from contacts.imports.counting import refusals_of
from contacts.imports.errors import WrongState
from contacts.imports.progress import Progress
from contacts.imports.turns import PEOPLE, in_turn
from contacts.imports.undo_time import undo_is_over
from contacts.imports.undoing.counts import Undone, add, so_far
from contacts.imports.undoing.electors import electors_created, undo_electors
from contacts.imports.undoing.people import undo_people
from contacts.models import Contact, DuplicatePair, ElectoralRegistration, Import
from contacts.services.stop_entries import entries_of, take_back

UNDOABLE = (Import.State.DONE, Import.State.FAILED, Import.State.CANCELLED, Import.State.UNDOING)
LISTED = 100  # of those who stay


def undo_import(
    *, import_run: Import, by: User | None, job: RunningJob | None = None, objections_too: bool = False
) -> Undone:
    """Undo an ended import, or go on with it when no job does; raises WrongState for any other.

    What a file of people says of objections stays on the do-not-contact list, and what people refused in the
    ledger, as they said it elsewhere, unless `objections_too`: somebody looked, and the file was mistaken. An
    opt-out file is nothing else.
    """
    _begin(import_run)
    told = Progress(job) if job is not None else None
    with in_turn(import_run.options.get("turns", []), told):
        if import_run.kind == Import.Kind.ROLL:
            undo_electors(import_run, job, told)
        undo_people(import_run, job, told, refusals_too=objections_too)
        if objections_too or import_run.kind == Import.Kind.SUPPRESSION:
            with in_turn([PEOPLE], told), transaction.atomic():
                add(import_run, entries=take_back(import_run.pk))
        undone = _end(import_run, by, job)
    analyze("contacts_contact", "contacts_electoralregistration")
    return undone


def objections_of(import_run: Import) -> bool:
    """True when something that this file says of objections and refusals is still there."""
    return refusals_of(import_run).exists() or entries_of(import_run.pk) > 0


def people_kept(import_run: Import) -> list[Contact]:
    """People whom an undone import had created and who stayed, the first hundred."""
    return list(Contact.objects.visible().filter(created_by_import=import_run).order_by("pk")[:LISTED])


def electors_kept(import_run: Import) -> list[ElectoralRegistration]:
    """Electors whom an undone roll brought and who stayed, linked by hand; the first hundred."""
    return list(electors_created(import_run).select_related("contact").order_by("pk")[:LISTED])


@transaction.atomic
def _begin(import_run: Import) -> None:
    """Say that the import is being undone before anything goes."""
    found = Import.objects.select_for_update().get(pk=import_run.pk)
    if found.state not in UNDOABLE:
        raise WrongState(_("Only an import that has ended can be undone."))
    if undo_is_over(found):
        raise WrongState(_("It is too long ago: what this import replaced is forgotten."))
    Import.objects.filter(pk=import_run.pk).update(state=Import.State.UNDOING, error="")
    import_run.state = Import.State.UNDOING


@transaction.atomic
def _end(import_run: Import, by: User | None, job: RunningJob | None) -> Undone:
    """Keep how it ended; pairs to review that the import brought go; what looks alike was found again."""
    DuplicatePair.objects.filter(created_by_import=import_run, state=DuplicatePair.State.PENDING).delete()
    if job is not None:
        job.progress(0)  # a worker that lost the job ends nothing
    is_roll = import_run.kind == Import.Kind.ROLL
    undone = replace(
        so_far(import_run),
        kept=Contact.objects.filter(created_by_import=import_run).count(),
        kept_electors=electors_created(import_run).count() if is_roll else 0,
    )
    counts = Import.objects.values_list("counts", flat=True).get(pk=import_run.pk)
    Import.objects.filter(pk=import_run.pk).update(
        state=Import.State.UNDONE, undone_at=Now(), counts={**counts, "undone": asdict(undone)}
    )
    import_run.state = Import.State.UNDONE
    audit.record(action="import.undo", on=import_run, by=by, detail=asdict(undone))
    return undone
