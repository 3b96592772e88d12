"""Pausing an import that is being written, and going on later, also after a restart of everything.

The chunk in hand is not kept: its transaction ends without a commit, and the import goes on with it.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from campaign_crm.platform import audit, jobs
from campaign_crm.platform.models import Job, User
from contacts.imports.errors import WrongState
from contacts.models import Import


def can_pause(run: Import) -> bool:
    """True while rows are being written: a preview has no half worth keeping, it is stopped instead."""
    job = run.job
    at_work = (Job.State.QUEUED, Job.State.RUNNING)
    return run.state == Import.State.RUNNING and job is not None and job.state in at_work


@transaction.atomic
def pause_import(*, run: Import, by: User | None) -> None:
    """Have the writing wait; what is written stays. Raises WrongState when nothing is being written."""
    if run.state != Import.State.RUNNING or run.job_id is None or not jobs.pause(run.job_id):
        raise WrongState(_("This import is not at work."))
    audit.record(action="import.pause", on=run, by=by)


@transaction.atomic
def resume_import(*, run: Import, by: User | None) -> None:
    """Go on with a paused import where it stopped; raises WrongState for any other."""
    if run.state != Import.State.RUNNING or run.job_id is None or not jobs.resume(run.job_id):
        raise WrongState(_("This import is not paused."))
    audit.record(action="import.resume", on=run, by=by)
