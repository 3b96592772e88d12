"""Copies that members of the team send to their drop address: filed on the timeline of whoever they wrote to.

A copy counts only with the member's own secret and from the member's own address; of whoever it went to,
people of the base are found by their addresses. One that names nobody known is kept as "not filed", and its
author is told.
"""

from __future__ import annotations

import secrets
from base64 import b32encode
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform import audit
from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Right
from contacts.models import Contact, EmailAddress
from contacts.services.addresses import InvalidAddress, normalise_email
from messaging.dispatch.ways_out import service_sender
from messaging.models import Mailbox, SenderIdentity
from messaging.returns.drops import TOKEN_LETTERS, drop_address
from messaging.returns.sorting import DroppedMail
from tracking.inbox.filing import conversations_at, place_of
from tracking.inbox.threads import thread_of
from tracking.models import Conversation, ConversationMessage, DropAddress
from tracking.whose import people_seen_by

KEY = "copy"
PEOPLE_AT_MOST = 20
"""Of one message: whoever writes to more people at once uses a mailing."""


def address_of(user: User) -> str:
    """The member's drop address, "" while they have none or no mailbox of answers is read."""
    held = DropAddress.objects.filter(user=user).first()
    mailbox = answers_mailbox()
    return drop_address(held.token, mailbox) if held is not None and mailbox else ""


def answers_mailbox() -> str:
    """The address at which answers come in, "" while no mailbox of answers is read."""
    boxes = Mailbox.objects.filter(purpose=Mailbox.Purpose.REPLIES, is_active=True).order_by("pk")
    box = boxes.first()
    if box is None:
        return ""
    if "@" in box.username:
        return box.username
    senders = SenderIdentity.objects.filter(provider_account=box.account_id, is_active=True)
    sender = senders.exclude(reply_to="").order_by("pk").first() or service_sender()
    return (sender.reply_to or sender.address) if sender is not None else ""


@transaction.atomic
def renew_address(*, user: User) -> DropAddress:
    """Make the member's address, or another one: what comes to the old one is filed no more."""
    token = b32encode(secrets.token_bytes(17)).decode("ascii").lower()[:TOKEN_LETTERS]
    held, _made = DropAddress.objects.update_or_create(user=user, defaults={"token": token})
    audit.record(action="inbox.drop_address", on=user, by=user)
    return held


def file_dropped(mails: Sequence[DroppedMail]) -> None:
    """File copies, each once; those from anybody but the owner of the secret are dropped."""
    owners = {
        one.token: one.user
        for one in DropAddress.objects.filter(token__in={mail.token for mail in mails}).select_related("user")
    }
    for mail in mails:
        owner = owners.get(mail.token)
        if owner is not None and owner.is_active and _is_from(mail, owner):
            _file(mail, owner)


@transaction.atomic
def file_to(*, message: ConversationMessage, contact: Contact, by: User) -> None:
    """Put a copy that named nobody on a person's timeline."""
    conversation = _conversation(contact.pk, message)
    ConversationMessage.objects.filter(pk=message.pk, conversation=None).update(
        conversation=conversation, contact=contact
    )
    audit.record(action="inbox.file", on=conversation, by=by)


def _is_from(mail: DroppedMail, owner: User) -> bool:
    return mail.from_address.casefold() == owner.email.casefold()


def _file(mail: DroppedMail, owner: User) -> None:
    key = mail.digest.hex()
    if ConversationMessage.objects.filter(source=KEY, source_key__startswith=key[:48]).exists():
        return
    people = _people(mail, owner)
    messages = [_message(mail, owner, contact, f"{key[:48]}-{at}") for at, contact in enumerate(people)]
    for message in messages:
        message.conversation = _conversation(message.contact_id, message)
    if not messages:
        messages = [_message(mail, owner, None, f"{key[:48]}-none")]
        _tell_not_filed(owner)
    ConversationMessage.objects.bulk_create(messages, ignore_conflicts=True)


def _people(mail: DroppedMail, owner: User) -> list[int]:
    """Whom the member wrote to, of those whom they may see; an address that several share names nobody."""
    addresses = set()
    for written in mail.recipients:
        try:
            addresses.add(normalise_email(written))
        except InvalidAddress:
            continue
    alone = (
        EmailAddress.objects.filter(normalised__in=addresses)
        .values("normalised")
        .annotate(people=Count("contact", distinct=True), contact=Min("contact"))
        .filter(people=1)
    )
    people = Contact.objects.visible().filter(people_seen_by(owner, Right.VIEW_PEOPLE))
    found = people.filter(pk__in=alone.values_list("contact", flat=True))
    return list(found.order_by("pk").values_list("pk", flat=True)[:PEOPLE_AT_MOST])


def _message(mail: DroppedMail, owner: User, contact: int | None, key: str) -> ConversationMessage:
    return ConversationMessage(
        contact_id=contact,
        direction=ConversationMessage.Direction.FILED,
        source=KEY,
        source_key=key,
        at=mail.at,
        author=owner,
        address=", ".join(mail.recipients)[:254] if contact is None else "",
        subject=mail.subject,
        text=mail.text,
        message_id=mail.message_id,
    )


def _conversation(contact_id: int | None, message: ConversationMessage) -> Conversation:
    """The person's conversation on that subject; a new one asks nobody to do anything."""
    place = place_of(contact_id, "", thread_of(message.subject))
    held = conversations_at([place]).get(place)
    if held is None:
        return Conversation.objects.create(
            contact_id=contact_id,
            subject=message.subject,
            thread=place[2],
            state=Conversation.State.DONE,
            awaits=False,
            last_at=message.at,
        )
    Conversation.objects.filter(pk=held.pk, last_at__lt=message.at).update(last_at=message.at, awaits=False)
    return held


def _tell_not_filed(owner: User) -> None:
    with override(owner.language or None):
        Notification.objects.create(
            user=owner,
            kind="inbox.not_filed",
            message=_("A copy was not filed: none of its addresses is known, or it is shared by several."),
            url=reverse("tracking:drop_address"),
        )
