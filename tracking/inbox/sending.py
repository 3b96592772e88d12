"""The worker's part: what somebody wrote goes into the ledger, once, and what became of it is told.

Standing campaigns belong to the whole country: a page of a territory writes the message down, and a worker
sends it.
"""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.jobs import RunningJob, handler
from campaign_crm.platform.models import Notification
from contacts.services.addresses import InvalidAddress
from messaging.enums import SHOWN_AS, DeliveryState
from messaging.models import Delivery
from messaging.services.personal_mail import MayNotBeWrittenTo, send_personal_message
from tracking.inbox.service import SEND_JOB
from tracking.models import Conversation, ConversationMessage


def occasion_of(message: ConversationMessage) -> str:
    return f"written-{message.pk}"


@handler(SEND_JOB)
def send_written(job: RunningJob) -> None:
    """Queue the message that the job names, unless an earlier attempt did."""
    with transaction.atomic():
        message = (
            ConversationMessage.objects.select_for_update(of=("self",))
            .select_related("contact", "author", "conversation__contact")
            .filter(pk=job.payload["message"], pending=True)
            .first()
        )
        if message is None:  # sent before, or its person was erased meanwhile
            return
        try:
            with transaction.atomic():
                delivery = send_personal_message(
                    contact=message.contact,
                    address=message.address if message.contact is None else "",
                    occasion=occasion_of(message),
                    subject=message.subject,
                    text=message.text,
                    answers=message.answers,
                    in_reply_to=message.in_reply_to,
                )
        except (MayNotBeWrittenTo, InvalidAddress, ValueError) as error:
            _refuse(message, str(error))
            return
        message.pending, message.campaign_id = False, delivery.campaign_id
        message.save(update_fields=["pending", "campaign"])


def states_of(messages: list[ConversationMessage]) -> dict[int, tuple[str, str]]:
    """What became of messages of the team: by id, the word that people read and what was answered."""
    sent = {occasion_of(one): one for one in messages if one.campaign_id is not None}
    rows = Delivery.objects.filter(
        campaign_id__in={one.campaign_id for one in sent.values()}, occasion__in=list(sent)
    )
    return {
        sent[row.occasion].pk: (str(SHOWN_AS[DeliveryState(row.state)].label), row.answer) for row in rows
    }


def _refuse(message: ConversationMessage, reason: str) -> None:
    """It did not leave: the conversation waits again, and its author is told."""
    message.pending, message.refusal = False, reason[:300]
    message.save(update_fields=["pending", "refusal"])
    conversation = message.conversation
    if conversation is None:
        return
    Conversation.objects.filter(pk=conversation.pk).update(
        state=Conversation.State.OPEN, awaits=True, snoozed_until=None
    )
    if message.author is not None:
        with override(message.author.language or None):
            Notification.objects.create(
                user=message.author,
                kind="inbox.refused",
                message=_("Your message to %(who)s did not leave.") % {"who": conversation.who},
                url=reverse("tracking:conversation", args=[conversation.pk]),
            )
