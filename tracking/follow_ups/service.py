"""Making, giving, postponing and ending follow-ups."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform import audit
from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Right
from contacts.models import Contact, SilenceWindow
from tracking.errors import TrackingError
from tracking.models import Task
from tracking.whose import may_see

FURTHEST = timedelta(days=730)


class TaskRefused(TrackingError):
    """It cannot be given like that; the message says why."""


@transaction.atomic
def create_task(*, contact: Contact, title: str, due_on: date, owner: User, by: User, note: str = "") -> Task:
    """Write down what somebody has to do about a person; raises TaskRefused."""
    check(title=title, due_on=due_on)
    check_owner(owner, contact.pk)
    task = Task.objects.create(
        contact=contact,
        title=" ".join(title.split())[:150],
        note=note.strip()[:2000],
        due_on=due_on,
        owner=owner,
        created_by=by,
    )
    audit.record(action="task.create", on=task, by=by, detail={"to": owner.pk})
    if owner != by:
        _tell_owner(owner)
    return task


@transaction.atomic
def end_task(*, task: Task, state: Task.State, by: User) -> None:
    """It is done, or given up; one that has ended already stays as it is."""
    if state == Task.State.OPEN:
        raise TaskRefused(_("Say whether it is done or given up."))
    ended = Task.objects.filter(pk=task.pk, state=Task.State.OPEN).update(
        state=state, ended_by=by, ended_at=timezone.now()
    )
    if ended:
        audit.record(action=f"task.{state.value}", on=task, by=by)


@transaction.atomic
def reopen_task(*, task: Task, by: User) -> None:
    """It is to do after all."""
    again = Task.objects.filter(pk=task.pk).exclude(state=Task.State.OPEN)
    if again.update(state=Task.State.OPEN, ended_by=None, ended_at=None):
        audit.record(action="task.reopen", on=task, by=by)


@transaction.atomic
def postpone_task(*, task: Task, until: date, by: User) -> None:
    """Another day; raises TaskRefused for one that has passed."""
    check(title=task.title, due_on=until)
    Task.objects.filter(pk=task.pk, state=Task.State.OPEN).update(due_on=until)
    audit.record(action="task.postpone", on=task, by=by, detail={"day": until.isoformat()})


@transaction.atomic
def give_task(*, task: Task, to: User, by: User) -> None:
    """Somebody else does it; raises TaskRefused for whoever may not see the person."""
    check_owner(to, task.contact_id)
    Task.objects.filter(pk=task.pk).update(owner=to)
    audit.record(action="task.give", on=task, by=by, detail={"to": to.pk})
    if to != by:
        _tell_owner(to)


def check(*, title: str, due_on: date) -> None:
    """Raise TaskRefused for nothing to do, or a day that has passed, is years away or muted by a vote."""
    today = timezone.localdate()
    if not title.strip():
        raise TaskRefused(_("Say what is to do."))
    if not today <= due_on <= today + FURTHEST:
        raise TaskRefused(_("Choose a day from today on, within two years."))
    if is_silent(due_on):
        raise TaskRefused(_("Nobody is called or visited on that day: it lies in the silence before a vote."))


def is_silent(day: date) -> bool:
    """Whether a vote of the whole country mutes that day (Code électoral, art. L49)."""
    everywhere = SilenceWindow.objects.filter(areas=[], territory=None)
    return everywhere.filter(begins_at__date__lte=day, ends_at__date__gte=day).exists()


def check_owner(owner: User, contact_id: int) -> None:
    """Raise TaskRefused for somebody who may not see the person."""
    if not may_see(owner, Right.VIEW_PEOPLE, contact_id):
        raise TaskRefused(_("%(who)s may not see this person.") % {"who": owner})


def _tell_owner(owner: User) -> None:
    with override(owner.language or None):
        Notification.objects.create(
            user=owner,
            kind="task.given",
            message=_("A follow-up was given to you."),
            url=reverse("tracking:follow_ups"),
        )
