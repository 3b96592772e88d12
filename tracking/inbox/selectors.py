"""The inbox as a list: filters, counts, what each row shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaign_crm.platform.models import User
from campaign_crm.platform.typed import moment_of, number_of
from contacts.folding import fold
from tracking.models import Conversation, ConversationMessage

PAGE = 40
LATER_SHOWN = 200  # put off: the next to come back first, on one page
COUNTED_AT_MOST = 1000
FILTERS: dict[str, Any] = {
    "open": pgettext_lazy("of conversations", "To do"),
    "mine": pgettext_lazy("of conversations", "Mine"),
    "nobodys": _("Nobody has taken"),
    "later": pgettext_lazy("of conversations", "Put off"),
    "done": pgettext_lazy("of conversations", "Done"),
}


@dataclass(frozen=True)
class Chip:
    """One filter of the list; `count` is None where nobody counts."""

    name: str
    label: Any
    count: int | None
    is_current: bool


def conversations(show: str, *, user: User, words: str = "") -> QuerySet[Conversation]:
    """Conversations of one filter, with their last message as `excerpt`; `page_of` puts them in order."""
    now = timezone.now()
    found = _of(show, user, now)
    if words:
        found = found.filter(
            Q(contact__search_text__contains=fold(words))
            | Q(thread__contains=fold(words))
            | Q(address__icontains=words)
        )
    last = ConversationMessage.objects.filter(conversation=OuterRef("pk")).order_by("-at").values("text")[:1]
    return found.annotate(excerpt=Subquery(last)).select_related("contact", "assignee")


def page_of(found: QuerySet[Conversation], *, show: str, before: str) -> tuple[list[Conversation], str]:
    """One page, and where the next one begins ("" at the end). `before`: as an earlier page said it."""
    if show == "later":
        return list(found.order_by("snoozed_until", "pk")[:LATER_SHOWN]), ""
    moment, _dash, number = before.partition("_")
    at, pk = moment_of(moment), number_of(number)
    if at is not None and pk is not None:
        found = found.filter(Q(last_at__lt=at) | Q(last_at=at, pk__lt=pk))
    rows = list(found.order_by("-last_at", "-pk")[: PAGE + 1])
    if len(rows) <= PAGE:
        return rows, ""
    last = rows[PAGE - 1]
    return rows[:PAGE], f"{last.last_at.isoformat()}_{last.pk}"


def chips(current: str, *, user: User) -> list[Chip]:
    """The filters, with how many wait in those that ask for work."""
    now = timezone.now()
    return [
        Chip(name, label, None if name == "done" else _counted(_of(name, user, now)), name == current)
        for name, label in FILTERS.items()
    ]


def waiting_for(user: User) -> int:
    """How many conversations a member has taken that are to do now."""
    return _counted(_of("mine", user, timezone.now()))


def _of(show: str, user: User, now: datetime) -> QuerySet[Conversation]:
    shown = Conversation.objects.all().shown()
    match show:
        case "mine":
            return shown.to_do(now).filter(assignee=user)
        case "nobodys":
            return shown.to_do(now).filter(assignee=None)
        case "later":
            return shown.snoozed(now)
        case "done":
            return shown.done()
    return shown.to_do(now)


def _counted(found: QuerySet[Conversation]) -> int:
    return len(found.order_by().values_list("pk")[:COUNTED_AT_MOST])
