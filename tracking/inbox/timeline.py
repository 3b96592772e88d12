"""What the team wrote to a person by hand, on their timeline; what they wrote stands there already."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.registry import TimelineEntry
from tracking.models import Conversation, ConversationMessage

SHOWN = 160  # characters
Direction = ConversationMessage.Direction


def written(contact_id: int, before: datetime | None, limit: int) -> list[TimelineEntry]:
    """Messages of the team, sent from here or filed from their mail programs; of contact requests, theirs."""
    found = ConversationMessage.objects.filter(contact_id=contact_id).exclude(source="reply")
    if before is not None:
        found = found.filter(at__lt=before)
    return [
        TimelineEntry(
            at=one.at,
            kind=f"conversation_{one.direction}",
            title=_title(one),
            detail=" ".join(one.text.split())[:SHOWN],
            url=reverse("tracking:conversation", args=[one.conversation_id]) if one.conversation_id else "",
            icon="message-square" if one.direction == Direction.IN else "send",
        )
        for one in found.select_related("author").order_by("-at")[:limit]
    ]


def with_conversations(contact_ids: list[int]) -> set[int]:
    """Those of some people who are in a conversation."""
    talking = Conversation.objects.filter(contact_id__in=contact_ids).values_list("contact_id", flat=True)
    said = ConversationMessage.objects.filter(contact_id__in=contact_ids)
    return {*talking.distinct(), *said.values_list("contact_id", flat=True).distinct()}  # type: ignore[arg-type]


def _title(message: ConversationMessage) -> str:
    words = {"who": message.author or _("the team"), "subject": message.subject or _("no subject")}
    if message.direction == Direction.IN:
        return _("Wrote to us: “%(subject)s”") % words
    if message.refusal:
        return _("Message of %(who)s that did not leave: “%(subject)s”") % words
    return _("Message of %(who)s: “%(subject)s”") % words
