"""Exports: asked for, approved by a second person or left to cool off, or stopped.

What is small and has a usual purpose leaves at once; above EXPORT_APPROVAL_ABOVE people a day somebody else
agrees, or, where nobody else could, a reason and ten minutes in which anybody concerned can stop it. The file
itself: `export_files`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import enqueue
from campaign_crm.platform.models import Job, User
from campaign_crm.platform.rights import Right
from contacts.exports.columns import COLUMNS
from contacts.exports.concerned import (
    about,
    approvers_beside,
    ask_not_silent,
    concerned,
    locked,
    may_decide,
    may_stop,
    needs_approval,
    tell,
)
from contacts.exports.errors import ExportRefused
from contacts.exports.scopes import people_in
from contacts.letters import LetterChoice
from contacts.models import Export
from contacts.services.export_files import JOB, drop_file
from contacts.services.letters import letter_scope

COOL_OFF = timedelta(minutes=10)
State = Export.State


@transaction.atomic
def ask_people(
    *, scope: dict[str, Any], columns: Sequence[str], purpose: str, words: str = "", by: User
) -> Export:
    """Ask for a file of people; raises ExportRefused, ScopeGone."""
    chosen = [column for column in COLUMNS if column in columns]
    if not chosen:
        raise ExportRefused(_("Choose what the file says of each person."))
    ask_not_silent(kind=Export.Kind.PEOPLE, scope=scope, purpose=purpose)
    rows = people_in(scope).count()
    return _ask(
        kind=Export.Kind.PEOPLE, scope=scope, columns=chosen, purpose=purpose, words=words, by=by, rows=rows
    )


@transaction.atomic
def export_letters(*, choice: LetterChoice, reason: str, by: User, one_per_household: bool = False) -> Export:
    """Ask for the addresses of electors, for letters; raises ExportRefused."""
    if not reason.strip():
        raise ExportRefused(_("Write what the letters are for: the reason is kept in the journal."))
    letters = {"letters": letter_scope(choice, one_per_household=one_per_household)}
    ask_not_silent(kind=Export.Kind.LETTERS, scope=letters, purpose=Export.Purpose.POST)
    audit.record(
        action="electors.export",
        on=choice.place,
        by=by,
        detail=choice.as_detail() | {"one_per_household": one_per_household},
        reason=reason.strip(),
    )
    return _ask(
        kind=Export.Kind.LETTERS,
        scope=letters,
        columns=[],
        purpose=Export.Purpose.POST,
        words=reason,
        by=by,
        rows=choice.electors().count(),
    )


def _ask(*, purpose: str, words: str, by: User, rows: int, **values: Any) -> Export:
    words = words.strip()
    if not rows:
        raise ExportRefused(_("Nobody fits: there is nothing to export."))
    if purpose not in Export.Purpose.values or (purpose == Export.Purpose.OTHER and not words):
        raise ExportRefused(_("Say what the file is for: the reason is kept in the journal."))
    scope = by.scope_of(Right.EXPORT_PEOPLE)
    territories = None if scope is None else sorted(scope)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # two at once are added up
    many = needs_approval(rows, by)
    approvers = approvers_beside(by, territories) if many else []
    state, leaves_at = State.MAKING, None
    if approvers:
        state = State.WAITING
    elif many:
        if not words:
            raise ExportRefused(
                _("Nobody else can approve this: write a reason. The file is made after ten minutes.")
            )
        state, leaves_at = State.COOLING, timezone.now() + COOL_OFF
    export = Export.objects.create(
        purpose=purpose, words=words, rows=rows, territories=territories, requested_by=by, state=state,
        leaves_at=leaves_at, **values,
    )  # fmt: skip
    detail = {"people": rows, "columns": values["columns"]}
    if values["kind"] == Export.Kind.PEOPLE and values["scope"]:  # of letters, `electors.export` says it
        detail["scope"] = [f"{name} {value}" for name, value in values["scope"].items()]
    audit.record(action="export.ask", on=export, by=by, detail=detail, reason=words)
    if state == State.WAITING:
        tell(approvers, export, _("%(name)s asks to export %(people)s people.") % about(export))
    else:
        _begin(export)
    if state == State.COOLING:
        told = _("%(name)s exports %(people)s people in ten minutes, unless somebody stops it.")
        tell([one for one in concerned(export) if one != by], export, told % about(export))
    return export


@transaction.atomic
def approve(*, export: Export, by: User) -> None:
    """A second person agrees; raises ExportRefused."""
    found = locked(export)
    if found.state != State.WAITING:
        raise ExportRefused(_("This export is no longer waiting for approval."))
    if not may_decide(found, by):
        raise ExportRefused(_("Somebody else than who asked must approve, with the right to."))
    _decide(found, State.MAKING, by)
    audit.record(action="export.approve", on=found, by=by, detail={"people": found.rows})
    _begin(found)


@transaction.atomic
def decline(*, export: Export, reason: str, by: User) -> None:
    """It does not leave; who asked is told why."""
    found = locked(export)
    if found.state != State.WAITING or not may_decide(found, by):
        raise ExportRefused(_("This export is no longer waiting for approval."))
    if not reason.strip():
        raise ExportRefused(_("Write why: whoever asked reads it."))
    _decide(found, State.DECLINED, by, answer=reason.strip())
    audit.record(action="export.decline", on=found, by=by, reason=reason.strip())
    tell(
        [found.requested_by],
        found,
        _("Your export was not approved: %(reason)s") % {"reason": reason.strip()},
    )


@transaction.atomic
def stop(*, export: Export, by: User) -> None:
    """Whoever asked, or anybody concerned, stops it: also a file that is made is deleted."""
    found = locked(export)
    if not may_stop(found, by):
        raise ExportRefused(_("This export can no longer be stopped."))
    drop_file(found)
    _decide(found, State.CANCELLED, by)
    audit.record(action="export.stop", on=found, by=by, detail={"downloads": found.downloads})
    if by != found.requested_by:
        tell([found.requested_by], found, _("Your export was stopped by %(name)s.") % {"name": by})


def _begin(export: Export) -> None:
    job = enqueue(kind=JOB, payload={"export": export.pk}, by=export.requested_by)
    if export.leaves_at is not None:
        Job.objects.filter(pk=job.pk).update(run_after=export.leaves_at)
    Export.objects.filter(pk=export.pk).update(job=job)


def _decide(export: Export, state: str, by: User, *, answer: str = "") -> None:
    export.state, export.decided_by, export.decided_at, export.answer = (
        state,
        by,
        timezone.now(),
        answer[:500],
    )
    export.save(update_fields=["state", "decided_by", "decided_at", "answer", "file_name"])
