"""The file of an export: made by a job behind the walls of who asked, taken by them for a time, then gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaign_crm.platform import audit, walls
from campaign_crm.platform.jobs import JobFailed, RunningJob, handler, on_abandoned
from campaign_crm.platform.models import Job, User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.sealed_files import opened_blocks
from contacts.errors import ContactsError
from contacts.exports.concerned import (
    ask_not_silent,
    locked,
    may,
    tell,
)
from contacts.exports.errors import ExportRefused
from contacts.exports.making import folder, holds, path_of, write_file
from contacts.models import Export
from contacts.requests.traces import Traces

JOB = "contacts.export"
UNANSWERED = timedelta(days=7)
State = Export.State
_signer = TimestampSigner(salt="contacts.export")


def token_of(export: Export) -> str:
    """What the link carries: this export, for this person, until the file goes."""
    return _signer.sign(f"{export.pk}.{export.requested_by_id}")


@transaction.atomic
def take(*, export: Export, token: str, by: User) -> Iterator[bytes]:
    """Journal one download and return the plain file, opened as it is sent; raises ExportRefused.

    What was made before the silence began waits too: nobody rings or knocks with it before the polls close.
    """
    age = timedelta(hours=settings.EXPORT_KEPT_HOURS)
    try:
        is_theirs = _signer.unsign(token, max_age=age) == f"{export.pk}.{by.pk}"
    except BadSignature:
        is_theirs = False
    found = locked(export)
    if not is_theirs or by.pk != found.requested_by_id or not found.can_be_taken:
        raise ExportRefused(
            _("This link is no longer good. Only whoever asked can take the file, for a time.")
        )
    ask_not_silent(kind=found.kind, scope=found.scope, purpose=found.purpose)
    if not may(by, Right.EXPORT_PEOPLE, found.territories):
        raise ExportRefused(_("Your role no longer includes exports of these people."))
    found.downloads += 1
    found.save(update_fields=["downloads"])
    audit.record(
        action="export.download", on=found, by=by, detail={"people": found.written, "times": found.downloads}
    )
    return opened_blocks(path_of(found))


@handler(JOB)
def make(job: RunningJob) -> None:
    """Write the file, behind the walls of whoever asked as they are now."""
    export = Export.objects.select_related("requested_by").get(pk=job.payload["export"])
    asker = export.requested_by
    if export.state == State.COOLING and export.leaves_at and export.leaves_at <= timezone.now():
        Export.objects.filter(pk=export.pk, state=State.COOLING).update(state=State.MAKING)
        export.refresh_from_db()
    if export.state != State.MAKING:
        return
    with translation.override(asker.language or settings.LANGUAGE_CODE):
        try:
            if not may(asker, Right.EXPORT_PEOPLE, export.territories):
                raise ExportRefused(_("Your role no longer includes exports of these people."))
            walls_of = None if export.territories is None else frozenset(export.territories)
            with walls.acting_within(walls_of):
                ask_not_silent(kind=export.kind, scope=export.scope, purpose=export.purpose)
                name, written = write_file(export)
        except ContactsError as problem:
            _fail(export, str(problem))
            raise JobFailed(str(problem)) from problem
        _ready(export, name, written)


@on_abandoned(JOB)
def give_up(job: Job, error: str) -> None:
    export = Export.objects.select_related("requested_by").get(pk=job.payload["export"])
    with translation.override(export.requested_by.language or settings.LANGUAGE_CODE):
        _fail(export, error)


def being_made() -> bool:
    """True while a worker writes a file: it may hold somebody who was there when it began."""
    return Export.objects.filter(state=State.MAKING, job__state=Job.State.RUNNING).exists()


def withdraw(traces: Traces) -> int:
    """Delete files that wait to be taken and hold somebody who is erased; returns how many."""
    if not traces:
        return 0
    withdrawn = 0
    for ready in Export.objects.filter(state=State.READY).order_by("pk"):
        with transaction.atomic():
            found = locked(ready)
            if found.state != State.READY or not holds(found, traces):
                continue
            drop_file(found)
            found.state = State.CANCELLED
            with translation.override(found.requested_by.language or settings.LANGUAGE_CODE):
                found.answer = _("Somebody in this file was erased: ask for it again.")
                told = _("Your export was withdrawn: somebody in it was erased. Ask for it again.")
            found.save(update_fields=["state", "answer", "file_name"])
            audit.record(action="export.withdraw", on=found, by=None, detail={"downloads": found.downloads})
            tell([found.requested_by], found, told)
            withdrawn += 1
    return withdrawn


def expire_old() -> int:
    """Delete files whose time is over, and what nobody answered; returns how many."""
    now, ended = timezone.now(), 0
    with transaction.atomic():
        old = Export.objects.filter(state=State.READY, expires_at__lt=now)
        unanswered = Export.objects.filter(state=State.WAITING, requested_at__lt=now - UNANSWERED)
        for export in (old | unanswered).select_for_update():
            drop_file(export)
            export.state = State.EXPIRED
            export.save(update_fields=["state", "file_name"])
            ended += 1
    known = set(Export.objects.filter(state=State.READY).values_list("file_name", flat=True))
    oldest = (now - timedelta(days=1)).timestamp()
    for path in folder().iterdir():  # of a worker that was killed
        if path.name not in known and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    return ended


def _ready(export: Export, name: str, written: int) -> None:
    with transaction.atomic():
        expires = timezone.now() + timedelta(hours=settings.EXPORT_KEPT_HOURS)
        made = Export.objects.filter(pk=export.pk, state=State.MAKING)
        if not made.update(state=State.READY, file_name=name, written=written, expires_at=expires):
            (folder() / name).unlink(missing_ok=True)  # stopped while it was written
            return
        export.state = State.READY
        audit.record(action="export.make", on=export, by=export.requested_by, detail={"people": written})
        tell(
            [export.requested_by], export, _("Your export is ready: %(people)s people.") % {"people": written}
        )


def _fail(export: Export, error: str) -> None:
    Export.objects.filter(pk=export.pk).update(state=State.FAILED, answer=error[:500])
    tell([export.requested_by], export, _("Your export was not made: %(reason)s") % {"reason": error})


def drop_file(export: Export) -> None:
    if export.file_name:
        path_of(export).unlink(missing_ok=True)
    export.file_name = ""
