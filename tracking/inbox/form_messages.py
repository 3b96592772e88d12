"""Contact requests and reports of wrong data, sent by a form, as a source of conversations."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tracking.enums import FormKind, SubmissionState
from tracking.inbox.sources import Arrival, ConversationSource
from tracking.models import ConversationMessage, Submission
from tracking.services.applying import said_in

KEY = "form"
KINDS = (FormKind.CONTACT, FormKind.WRONG_DATA)
LOOKED_BACK = timedelta(days=30)


def waiting_messages(limit: int) -> list[Arrival]:
    """What was accepted and is in no conversation yet, oldest first."""
    filed = ConversationMessage.objects.filter(
        source=KEY, source_key=Cast(OuterRef("pk"), CharField(max_length=64))
    )
    found = Submission.objects.filter(
        ~Exists(filed),
        form__kind__in=KINDS,
        state=SubmissionState.ACCEPTED,
        at__gte=timezone.now() - LOOKED_BACK,
    )
    rows = found.select_related("form", "version").order_by("at")[:limit]
    return [_arrival(row) for row in rows]


def _arrival(sent: Submission) -> Arrival:
    values = sent.data.get("values", {})
    return Arrival(
        key=str(sent.pk),
        at=sent.at,
        contact=sent.contact_id,
        address=str(values.get("email", ""))[:254],
        name=f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()[:200],
        subject=sent.form.title[:300],
        text=said_in(sent),
    )


SOURCE = ConversationSource(KEY, _("Form"), "clipboard-pen", waiting_messages)
