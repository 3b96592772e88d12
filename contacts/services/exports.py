"""Exports: asked for, approved by a second person or left to cool off, made by a job, taken by who asked.

What is small and has a usual purpose leaves at once; above EXPORT_APPROVAL_ABOVE people a day somebody else
agrees, or, where nobody else could, a reason and ten minutes in which anybody concerned can stop it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaign_crm.platform import audit, walls
from campaign_crm.platform.jobs import JobFailed, RunningJob, enqueue, handler, on_abandoned
from campaign_crm.platform.models import Job, Notification, User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.sealed_files import opened_blocks
from contacts.errors import ContactsError
from contacts.exports.columns import COLUMNS
from contacts.exports.making import folder, holds, path_of, write_file
from contacts.exports.scopes import people_in
from contacts.exports.silent import check_file
from contacts.letters import LetterChoice
from contacts.models import Export
from contacts.requests.traces import Traces
from contacts.services.letters import letter_scope

JOB = "contacts.export"
COOL_OFF = timedelta(minutes=10)
ADDED_UP = timedelta(days=1)
UNANSWERED = timedelta(days=7)
CONCERNED = (Right.APPROVE_EXPORT, Right.CHANGE_RULES, Right.MANAGE_SETTINGS)
State = Export.State
_signer = TimestampSigner(salt="contacts.export")


class ExportRefused(ContactsError):
    """Why a file does not leave; the message is for whoever asked."""


def needs_approval(rows: int, by: User) -> bool:
    """True above EXPORT_APPROVAL_ABOVE people: of this file and of those that left unseen within a day."""
    return rows + taken_unseen(by) > settings.EXPORT_APPROVAL_ABOVE


def taken_unseen(by: User) -> int:
    """People whom a member exported in the last day without anybody's agreement or a time to stop it."""
    lately = Export.objects.filter(requested_by=by, requested_at__gt=timezone.now() - ADDED_UP)
    unseen = Q(leaves_at=None) & (Q(decided_by=None) | Q(state=State.CANCELLED))
    left = Q(state__in=[State.MAKING, State.READY], decided_by=None) | Q(downloads__gt=0)
    left |= Q(state=State.EXPIRED, written__isnull=False)
    return lately.filter(unseen & left).aggregate(people=Sum("rows"))["people"] or 0


def approvers_beside(user: User, territories: Sequence[int] | None) -> list[User]:
    """Who else may approve an export of people of these territories (None: of the whole country)."""
    others = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("pk")
    return [other for other in others if _may(other, Right.APPROVE_EXPORT, territories)]


@transaction.atomic
def ask_people(
    *, scope: dict[str, Any], columns: Sequence[str], purpose: str, words: str = "", by: User
) -> Export:
    """Ask for a file of people; raises ExportRefused, ScopeGone."""
    chosen = [column for column in COLUMNS if column in columns]
    if not chosen:
        raise ExportRefused(_("Choose what the file says of each person."))
    _ask_not_silent(kind=Export.Kind.PEOPLE, scope=scope, purpose=purpose)
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
    _ask_not_silent(kind=Export.Kind.LETTERS, scope=letters, purpose=Export.Purpose.POST)
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
        _tell(approvers, export, _("%(name)s asks to export %(people)s people.") % _about(export))
    else:
        _begin(export)
    if state == State.COOLING:
        told = _("%(name)s exports %(people)s people in ten minutes, unless somebody stops it.")
        _tell([one for one in _concerned(export) if one != by], export, told % _about(export))
    return export


@transaction.atomic
def approve(*, export: Export, by: User) -> None:
    """A second person agrees; raises ExportRefused."""
    found = _locked(export)
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
    found = _locked(export)
    if found.state != State.WAITING or not may_decide(found, by):
        raise ExportRefused(_("This export is no longer waiting for approval."))
    if not reason.strip():
        raise ExportRefused(_("Write why: whoever asked reads it."))
    _decide(found, State.DECLINED, by, answer=reason.strip())
    audit.record(action="export.decline", on=found, by=by, reason=reason.strip())
    _tell(
        [found.requested_by],
        found,
        _("Your export was not approved: %(reason)s") % {"reason": reason.strip()},
    )


@transaction.atomic
def stop(*, export: Export, by: User) -> None:
    """Whoever asked, or anybody concerned, stops it: also a file that is made is deleted."""
    found = _locked(export)
    if not may_stop(found, by):
        raise ExportRefused(_("This export can no longer be stopped."))
    _drop_file(found)
    _decide(found, State.CANCELLED, by)
    audit.record(action="export.stop", on=found, by=by, detail={"downloads": found.downloads})
    if by != found.requested_by:
        _tell([found.requested_by], found, _("Your export was stopped by %(name)s.") % {"name": by})


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
            found = _locked(ready)
            if found.state != State.READY or not holds(found, traces):
                continue
            _drop_file(found)
            found.state = State.CANCELLED
            with translation.override(found.requested_by.language or settings.LANGUAGE_CODE):
                found.answer = _("Somebody in this file was erased: ask for it again.")
                told = _("Your export was withdrawn: somebody in it was erased. Ask for it again.")
            found.save(update_fields=["state", "answer", "file_name"])
            audit.record(action="export.withdraw", on=found, by=None, detail={"downloads": found.downloads})
            _tell([found.requested_by], found, told)
            withdrawn += 1
    return withdrawn


def may_decide(export: Export, user: User) -> bool:
    return user.pk != export.requested_by_id and _may(user, Right.APPROVE_EXPORT, export.territories)


def may_stop(export: Export, user: User) -> bool:
    if not (export.is_undecided or export.state == State.READY):
        return False
    return user.pk == export.requested_by_id or any(_may(user, one, export.territories) for one in CONCERNED)


def may_see(export: Export, user: User) -> bool:
    return user.pk == export.requested_by_id or any(_may(user, one, export.territories) for one in CONCERNED)


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
    found = _locked(export)
    if not is_theirs or by.pk != found.requested_by_id or not found.can_be_taken:
        raise ExportRefused(
            _("This link is no longer good. Only whoever asked can take the file, for a time.")
        )
    _ask_not_silent(kind=found.kind, scope=found.scope, purpose=found.purpose)
    if not _may(by, Right.EXPORT_PEOPLE, found.territories):
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
            if not _may(asker, Right.EXPORT_PEOPLE, export.territories):
                raise ExportRefused(_("Your role no longer includes exports of these people."))
            walls_of = None if export.territories is None else frozenset(export.territories)
            with walls.acting_within(walls_of):
                _ask_not_silent(kind=export.kind, scope=export.scope, purpose=export.purpose)
                name, written = write_file(export)
        except ContactsError as problem:
            _fail(export, str(problem))
            raise JobFailed(str(problem)) from problem
        _ready(export, name, written)


def _ask_not_silent(**asked: Any) -> None:
    """Raise ExportRefused while somebody in a file is muted: `contacts.exports.silent`."""
    try:
        check_file(**asked)
    except ContactsError as error:
        raise ExportRefused(str(error)) from error


def _ready(export: Export, name: str, written: int) -> None:
    with transaction.atomic():
        expires = timezone.now() + timedelta(hours=settings.EXPORT_KEPT_HOURS)
        made = Export.objects.filter(pk=export.pk, state=State.MAKING)
        if not made.update(state=State.READY, file_name=name, written=written, expires_at=expires):
            (folder() / name).unlink(missing_ok=True)  # stopped while it was written
            return
        export.state = State.READY
        audit.record(action="export.make", on=export, by=export.requested_by, detail={"people": written})
        _tell(
            [export.requested_by], export, _("Your export is ready: %(people)s people.") % {"people": written}
        )


@on_abandoned(JOB)
def give_up(job: Job, error: str) -> None:
    export = Export.objects.select_related("requested_by").get(pk=job.payload["export"])
    with translation.override(export.requested_by.language or settings.LANGUAGE_CODE):
        _fail(export, error)


def expire_old() -> int:
    """Delete files whose time is over, and what nobody answered; returns how many."""
    now, ended = timezone.now(), 0
    with transaction.atomic():
        old = Export.objects.filter(state=State.READY, expires_at__lt=now)
        unanswered = Export.objects.filter(state=State.WAITING, requested_at__lt=now - UNANSWERED)
        for export in (old | unanswered).select_for_update():
            _drop_file(export)
            export.state = State.EXPIRED
            export.save(update_fields=["state", "file_name"])
            ended += 1
    known = set(Export.objects.filter(state=State.READY).values_list("file_name", flat=True))
    oldest = (now - timedelta(days=1)).timestamp()
    for path in folder().iterdir():  # of a worker that was killed
        if path.name not in known and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    return ended


def _begin(export: Export) -> None:
    job = enqueue(kind=JOB, payload={"export": export.pk}, by=export.requested_by)
    if export.leaves_at is not None:
        Job.objects.filter(pk=job.pk).update(run_after=export.leaves_at)
    Export.objects.filter(pk=export.pk).update(job=job)


def _fail(export: Export, error: str) -> None:
    Export.objects.filter(pk=export.pk).update(state=State.FAILED, answer=error[:500])
    _tell([export.requested_by], export, _("Your export was not made: %(reason)s") % {"reason": error})


def _decide(export: Export, state: str, by: User, *, answer: str = "") -> None:
    export.state, export.decided_by, export.decided_at, export.answer = (
        state,
        by,
        timezone.now(),
        answer[:500],
    )
    export.save(update_fields=["state", "decided_by", "decided_at", "answer", "file_name"])


def _drop_file(export: Export) -> None:
    if export.file_name:
        path_of(export).unlink(missing_ok=True)
    export.file_name = ""


def _locked(export: Export) -> Export:
    return Export.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=export.pk)


def _may(user: User, right: str, territories: Sequence[int] | None) -> bool:
    wanted = None if territories is None else frozenset(territories)
    return walls.covers(user.scope_of(right), wanted)


def _concerned(export: Export) -> list[User]:
    team = User.objects.filter(is_active=True).order_by("pk")
    return [user for user in team if any(_may(user, right, export.territories) for right in CONCERNED)]


def _tell(users: Sequence[User], export: Export, message: str) -> None:
    url = reverse("contacts:export", args=[export.pk])
    Notification.objects.bulk_create(
        Notification(user=user, kind=f"export.{export.state}", message=message[:300], url=url)
        for user in users
    )


def _about(export: Export) -> dict[str, object]:
    return {"name": export.requested_by, "people": export.rows}
