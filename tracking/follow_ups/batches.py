"""People of a list or a segment given to one member: a follow-up each, made by a worker in one statement."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import JobFailed, RunningJob, enqueue, handler
from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Right
from campaign_crm.platform.walls import acting_within
from contacts.errors import ContactsError
from contacts.segments.audience import resolve_audience
from tracking.follow_ups.service import TaskRefused, check
from tracking.models import Task, TaskBatch
from tracking.whose import people_seen_by

MOST = 500
"""Nobody follows up more people by hand: beyond, several members share them."""
GIVE_JOB = "tracking.give_people"


@transaction.atomic
def give_people(
    *, audience: dict[str, Any], most: int, title: str, due_on: date, owner: User, by: User
) -> TaskBatch:
    """Have up to `most` people of an audience given to a member; a worker does it.

    Those are left out whom the member may not see, and those who have an open follow-up of the same name.
    Raises TaskRefused.
    """
    check(title=title, due_on=due_on)
    if not 0 < most <= MOST:
        raise TaskRefused(_("Give 1 to %(most)d people to one member.") % {"most": MOST})
    if not owner.holds(Right.VIEW_PEOPLE):
        raise TaskRefused(_("%(who)s may not see people.") % {"who": owner})
    if audience.get("type") not in ("segment", "list"):
        raise TaskRefused(_("Choose a segment or a fixed list."))
    batch = TaskBatch.objects.create(
        name=" ".join(title.split())[:150],
        audience=audience,
        wanted=most,
        owner=owner,
        due_on=due_on,
        created_by=by,
    )
    audit.record(action="task.give_people", on=batch, by=by, detail={"to": owner.pk, "people": most})
    enqueue(kind=GIVE_JOB, payload={"batch": batch.pk}, by=by)
    return batch


@handler(GIVE_JOB)
def make_tasks(job: RunningJob) -> None:
    """Make the follow-ups of a batch, seeing no more than whoever asked; once more makes none more."""
    batch = TaskBatch.objects.select_related("owner", "created_by").get(pk=job.payload["batch"])
    giver, owner = batch.created_by, batch.owner
    if giver is None or owner is None:
        return
    try:
        with acting_within(giver.scope_of(Right.EDIT_PEOPLE)):
            made = _make(batch, owner)
    except ContactsError as error:
        raise JobFailed(str(error)) from error
    TaskBatch.objects.filter(pk=batch.pk).update(made=made)
    _tell(owner, giver, batch, made)


def _make(batch: TaskBatch, owner: User) -> int:
    people = resolve_audience(batch.audience).queryset.filter(people_seen_by(owner, Right.VIEW_PEOPLE))
    followed = Task.objects.open().filter(title=batch.name).values("contact")
    held = Task.objects.filter(batch=batch).count()
    chosen = people.exclude(pk__in=followed).order_by("bucket", "pk").values_list("pk", flat=True)
    Task.objects.bulk_create(
        [
            Task(
                contact_id=pk,
                title=batch.name,
                due_on=batch.due_on,
                owner=owner,
                batch=batch,
                created_by_id=batch.created_by_id,
            )
            for pk in chosen[: max(batch.wanted - held, 0)]
        ],
        ignore_conflicts=True,
    )
    return Task.objects.filter(batch=batch).count()


def _tell(owner: User, giver: User, batch: TaskBatch, made: int) -> None:
    url = reverse("tracking:follow_ups")
    for member in {owner, giver}:
        with override(member.language or None):
            words = ngettext(
                "%(n)d person to follow up: %(name)s", "%(n)d people to follow up: %(name)s", made
            )
            Notification.objects.create(
                user=member,
                kind="task.given",
                message=(words % {"n": made, "name": batch.name})[:300],
                url=url if member == owner else f"{url}?show=team",
            )
