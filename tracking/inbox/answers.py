"""Answers by e-mail as a source of conversations; what mail programs answer by themselves stays outside."""

from __future__ import annotations

from django.db.models import CharField, Exists, Max, OuterRef
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from messaging.models import Reply
from tracking.inbox.sources import Arrival, ConversationSource
from tracking.models import ConversationMessage

KEY = "reply"
LOOKED_BACK = 5_000
"""Only so many of the newest answers are looked through: the others have been filed."""


def waiting_answers(limit: int) -> list[Arrival]:
    """Answers of people that are in no conversation yet, oldest first."""
    newest = Reply.objects.aggregate(pk=Max("pk"))["pk"] or 0
    filed = ConversationMessage.objects.filter(
        source=KEY, source_key=Cast(OuterRef("pk"), CharField(max_length=64))
    )
    found = Reply.objects.filter(~Exists(filed), is_automatic=False, pk__gt=newest - LOOKED_BACK)
    return [
        Arrival(
            key=str(reply.pk),
            at=reply.at,
            contact=reply.contact_id,
            address=reply.from_address,
            name=reply.from_name,
            subject=reply.subject,
            text=reply.text,
            message_id=reply.message_id,
        )
        for reply in found.order_by("pk")[:limit]
    ]


SOURCE = ConversationSource(KEY, _("E-mail"), "mail", waiting_answers)
