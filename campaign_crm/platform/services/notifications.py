"""Words to members of the team, and what they have read of them."""

from __future__ import annotations

from django.utils import timezone

from campaign_crm.platform.models import Notification, User


def mark_read(*, notification: Notification) -> None:
    """It was read, once: the first moment stays. Nobody's act but the reader's own, so no audit entry."""
    Notification.objects.filter(pk=notification.pk, read_at=None).update(read_at=timezone.now())


def mark_all_read(*, user: User, up_to: int) -> int:
    """All that the page showed, up to an id: what arrived since stays unread. Returns how many."""
    shown = Notification.objects.filter(user=user, read_at=None, pk__lte=up_to)
    return shown.update(read_at=timezone.now())
