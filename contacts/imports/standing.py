"""Where an import stands, and what may therefore be done with it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contacts.imports.errors import WrongState
from contacts.models import Import

State = Import.State
CHANGEABLE = (State.UPLOADED, State.PREVIEWED, State.FAILED)
AT_WORK = (State.PREVIEWING, State.RUNNING)


def is_changeable(run: Import) -> bool:
    """True before anything is written: one may go back to any step."""
    return run.state in CHANGEABLE and not run.has_begun


def check_changeable(run: Import) -> None:
    """Raise WrongState, in words for people, once anything is being written or was."""
    if run.state in AT_WORK:
        raise WrongState(_("This import is at work: stop it first."))
    if not is_changeable(run):
        raise WrongState(_("This import has begun: it can be undone, not changed."))


def lock_import(run: Import) -> None:
    """Hold the import until the transaction ends, and see how it stands: another page may have acted."""
    now = Import.objects.select_for_update().filter(pk=run.pk).first()
    if now is None:
        raise WrongState(_("This file was discarded meanwhile."))
    run.state, run.job_id, run.writing_began_at = now.state, now.job_id, now.writing_began_at
