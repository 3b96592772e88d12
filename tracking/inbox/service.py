"""What the team does with a conversation: take it, put it off, answer it, be done with it."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform import audit
from campaign_crm.platform.jobs import enqueue
from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Right
from contacts.models import Contact
from messaging.services.personal_mail import MayNotBeWrittenTo, why_not_written_to
from tracking.errors import TrackingError
from tracking.inbox.threads import thread_of
from tracking.models import Conversation, ConversationMessage
from tracking.whose import may_see

SEND_JOB = "tracking.send_written"
WRITTEN = "written"
LONGEST_TEXT = 20_000


class NothingToSay(TrackingError):
    """A message needs a subject and a text."""


class CannotAssign(TrackingError):
    """The member could not read the conversation."""


@transaction.atomic
def assign(*, conversation: Conversation, to: User | None, by: User) -> None:
    """Give a conversation to a member of the team, or to nobody; whoever gets it is told.

    Raises CannotAssign for somebody who could not open it.
    """
    if to is not None and not may_see(to, Right.USE_INBOX, conversation.contact_id):
        raise CannotAssign(_("This member of the team may not open this conversation."))
    if conversation.assignee_id == (to.pk if to is not None else None):
        return
    conversation.assignee = to
    conversation.save(update_fields=["assignee"])
    detail = {"to": to.pk if to is not None else None}
    audit.record(action="inbox.assign", on=conversation, by=by, detail=detail)
    if to is not None and to != by:
        with override(to.language or None):
            Notification.objects.create(
                user=to,
                kind="inbox.assigned",
                message=_("A conversation was given to you: %(who)s.") % {"who": conversation.who},
                url=reverse("tracking:conversation", args=[conversation.pk]),
            )


@transaction.atomic
def snooze(*, conversation: Conversation, until: datetime, by: User) -> None:
    """Put a conversation off until a moment; it comes back by itself, or when the person writes."""
    if until <= timezone.now():
        raise TrackingError(_("Choose a moment that is still to come."))
    conversation.snoozed_until, conversation.state = until, Conversation.State.OPEN
    conversation.save(update_fields=["snoozed_until", "state"])
    audit.record(action="inbox.snooze", on=conversation, by=by)


@transaction.atomic
def finish(*, conversation: Conversation, by: User) -> None:
    """Nothing is left to do."""
    conversation.state, conversation.snoozed_until = Conversation.State.DONE, None
    conversation.save(update_fields=["state", "snoozed_until"])
    audit.record(action="inbox.done", on=conversation, by=by)


@transaction.atomic
def reopen(*, conversation: Conversation, by: User) -> None:
    """There is something to do after all, now."""
    conversation.state, conversation.snoozed_until = Conversation.State.OPEN, None
    conversation.save(update_fields=["state", "snoozed_until"])
    audit.record(action="inbox.reopen", on=conversation, by=by)


@transaction.atomic
def answer(
    *, conversation: Conversation, subject: str, text: str, by: User, done: bool = False
) -> ConversationMessage:
    """Write to the person of a conversation; a worker sends it within seconds.

    It is an answer while the person has written in it; otherwise it is one more message to them, for which
    they must have agreed. Raises NothingToSay or MayNotBeWrittenTo.
    """
    theirs = conversation.messages.filter(direction=ConversationMessage.Direction.IN).order_by("-at").first()
    contact = conversation.contact
    if contact is not None and (reason := why_not_written_to(contact, answers=theirs is not None)):
        raise MayNotBeWrittenTo(_("This person cannot be written to: %(reason)s") % {"reason": reason})
    message = _write(conversation, subject, text, answers=theirs, by=by)
    conversation.awaits, conversation.last_at = False, message.at
    conversation.assignee = conversation.assignee or by
    if done:
        conversation.state, conversation.snoozed_until = Conversation.State.DONE, None
    conversation.save(update_fields=["awaits", "last_at", "assignee", "state", "snoozed_until"])
    audit.record(action="inbox.answer", on=conversation, by=by)
    return message


@transaction.atomic
def write_to(*, contact: Contact, subject: str, text: str, by: User) -> Conversation:
    """Begin a conversation with one plain e-mail; raises NothingToSay or MayNotBeWrittenTo."""
    conversation = Conversation.objects.create(
        contact=contact,
        subject=" ".join(subject.split())[:300],
        thread=thread_of(subject),
        state=Conversation.State.DONE,
        assignee=by,
        awaits=False,
        last_at=timezone.now(),
    )
    answer(conversation=conversation, subject=subject, text=text, by=by)
    return conversation


def _write(
    conversation: Conversation, subject: str, text: str, *, answers: ConversationMessage | None, by: User
) -> ConversationMessage:
    subject, text = " ".join(subject.split())[:200], text.replace("\x00", "").strip()[:LONGEST_TEXT]
    if not subject or not text:
        raise NothingToSay(_("Write a subject and a text."))
    message = ConversationMessage.objects.create(
        conversation=conversation,
        contact=conversation.contact,
        direction=ConversationMessage.Direction.OUT,
        source=WRITTEN,
        source_key=uuid.uuid4().hex,
        at=timezone.now(),
        author=by,
        address=answers.address if answers is not None else "",
        subject=subject,
        text=text,
        in_reply_to=answers.message_id if answers is not None else "",
        answers=answers is not None,
        pending=True,
    )
    enqueue(kind=SEND_JOB, payload={"message": message.pk}, by=by)
    return message
