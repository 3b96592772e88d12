"""Whom an export concerns: who must agree to it, may stop it, and is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone

from campaign_crm.platform import walls
from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Right
from contacts.errors import ContactsError
from contacts.exports.errors import ExportRefused
from contacts.exports.silent import check_file
from contacts.models import Export

ADDED_UP = timedelta(days=1)
CONCERNED = (Right.APPROVE_EXPORT, Right.CHANGE_RULES, Right.MANAGE_SETTINGS)
State = Export.State


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
    return [other for other in others if may(other, Right.APPROVE_EXPORT, territories)]


def may_decide(export: Export, user: User) -> bool:
    return user.pk != export.requested_by_id and may(user, Right.APPROVE_EXPORT, export.territories)


def may_stop(export: Export, user: User) -> bool:
    if not (export.is_undecided or export.state == State.READY):
        return False
    return user.pk == export.requested_by_id or any(may(user, one, export.territories) for one in CONCERNED)


def may_see(export: Export, user: User) -> bool:
    return user.pk == export.requested_by_id or any(may(user, one, export.territories) for one in CONCERNED)


def may(user: User, right: str, territories: Sequence[int] | None) -> bool:
    wanted = None if territories is None else frozenset(territories)
    return walls.covers(user.scope_of(right), wanted)


def concerned(export: Export) -> list[User]:
    team = User.objects.filter(is_active=True).order_by("pk")
    return [user for user in team if any(may(user, right, export.territories) for right in CONCERNED)]


def locked(export: Export) -> Export:
    return Export.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=export.pk)


def tell(users: Sequence[User], export: Export, message: str) -> None:
    url = reverse("contacts:export", args=[export.pk])
    Notification.objects.bulk_create(
        Notification(user=user, kind=f"export.{export.state}", message=message[:300], url=url)
        for user in users
    )


def about(export: Export) -> dict[str, object]:
    return {"name": export.requested_by, "people": export.rows}


def ask_not_silent(**asked: Any) -> None:
    """Raise ExportRefused while somebody in a file is muted: `contacts.exports.silent`."""
    try:
        check_file(**asked)
    except ContactsError as error:
        raise ExportRefused(str(error)) from error
