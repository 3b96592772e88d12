"""Words to whoever handles requests: after 15, 25 and 28 days, and once it is too late."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Right
from contacts.models import PersonRequest
from contacts.requests.clock import reminder_days

LONGEST = 300  # characters of Notification.message
AT_A_TIME = 500


def remind() -> int:
    """Tell what became due since the last look; returns how many requests somebody was reminded of."""
    told = 0
    open_ones = PersonRequest.objects.unanswered().select_related("handled_by").order_by("due_on", "pk")
    for request in open_ones.iterator(chunk_size=AT_A_TIME):
        told += _remind_of(request)
    return told


def handlers() -> list[User]:
    """Who may handle requests."""
    return [user for user in User.objects.filter(is_active=True) if user.has_right(Right.HANDLE_REQUESTS)]


def tell_of_arrival(request: PersonRequest) -> None:
    """A request came in: whoever handles them is told."""
    for user in handlers():
        with override(user.language or settings.LANGUAGE_CODE):
            message = _("A person asks: %(kind)s. The answer is due on %(day)s.") % {
                "kind": request.get_kind_display().lower(),
                "day": request.due_on.strftime("%d/%m/%Y"),
            }
        _tell([user], "request.new", message, request)


@transaction.atomic
def _remind_of(request: PersonRequest) -> bool:
    today = timezone.localdate()
    days = reminder_days(request, timezone.localtime(request.received_at).date())
    passed = sum(day <= today for day in days)
    mine = PersonRequest.objects.filter(pk=request.pk, reminded__lt=passed, state=PersonRequest.State.OPEN)
    if not passed or not mine.update(reminded=passed):
        return False
    readers = [request.handled_by] if _may_still(request.handled_by) else handlers()
    for user in readers:
        assert user is not None  # noqa: S101 - `_may_still` says so
        with override(user.language or settings.LANGUAGE_CODE):
            message = _words(request)
        _tell([user], "request.overdue" if passed == len(days) else "request.due", message, request)
    return True


def _may_still(user: User | None) -> bool:
    return user is not None and user.has_right(Right.HANDLE_REQUESTS)


def _words(request: PersonRequest) -> str:
    left = request.days_left
    told = {"kind": request.get_kind_display().lower(), "n": abs(left), "id": request.pk}
    if left < 0:
        return _("Request %(id)s (%(kind)s) is overdue: answer it today.") % told
    return (
        ngettext(
            "Request %(id)s (%(kind)s): %(n)s day left to answer.",
            "Request %(id)s (%(kind)s): %(n)s days left to answer.",
            left,
        )
        % told
    )


def _tell(users: Iterable[User], kind: str, message: str, request: PersonRequest) -> None:
    url = reverse("contacts:request", args=[request.pk])
    Notification.objects.bulk_create(
        Notification(user=user, kind=kind, message=message[:LONGEST], url=url) for user in users
    )
