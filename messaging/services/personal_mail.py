"""One plain e-mail to one person, written by a member of the team: through the ledger, once an occasion.

What answers somebody is a service. Anything else is political: it goes only to whoever political messages may
go to, and carries the way out. Both wait for the polls to close: nobody approved their words beforehand.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from campaign_crm.platform.models import Organisation
from contacts.enums import Channel, MessageKind
from contacts.models import Contact
from contacts.segments.reachability import why_not_person
from messaging.dispatch.outbox import IN_REPLY_TO
from messaging.errors import MessagingError
from messaging.models import Delivery
from messaging.models.campaign import PERSONAL_PREFIX
from messaging.services.compiling import brand_of
from messaging.services.one_by_one import add_reachable
from messaging.services.service_messages import (
    MAX_PARAGRAPHS,
    NOBODY,
    add_to_ledger,
    compile_words,
    main_address,
    standing_campaign,
    supported_language,
)


class MayNotBeWrittenTo(MessagingError):
    """The person did not allow it, or cannot be reached; the message says why."""

    permanent = True


def why_not_written_to(contact: Contact, *, answers: bool) -> str:
    """Why no e-mail may go to a person now, in the active language; empty when it may."""
    kind = MessageKind.SERVICE if answers else MessageKind.POLITICAL
    reason = why_not_person(contact, channel=Channel.EMAIL, kind=kind, targeted=False)
    return str(reason.label) if reason is not None else ""


@transaction.atomic
def send_personal_message(
    *,
    contact: Contact | None,
    occasion: str,
    subject: str,
    text: str,
    answers: bool,
    address: str = "",
    in_reply_to: str = "",
) -> Delivery:
    """Queue it; asked again for the same occasion, nothing more leaves.

    `answers`: the person wrote first. `address`: where an answer goes, the person's main one if empty.
    `in_reply_to`: the Message-ID that it answers, so that mail programs show both together. Raises
    MayNotBeWrittenTo, InvalidAddress, or ValueError for nobody without an address.
    """
    if contact is not None and (reason := why_not_written_to(contact, answers=answers)):
        raise MayNotBeWrittenTo(_("This person cannot be written to: %(reason)s") % {"reason": reason})
    paragraphs = paragraphs_of(text)
    language = supported_language(contact.language if contact is not None else "")
    context = {"subject": subject} | {f"p{at}": words for at, words in enumerate(paragraphs, start=1)}
    if in_reply_to:
        context[IN_REPLY_TO] = in_reply_to
    kind = MessageKind.SERVICE if answers else MessageKind.POLITICAL
    with override(language):
        campaign = standing_campaign(
            key=f"{PERSONAL_PREFIX}{kind.value}:{language}:{len(paragraphs)}",
            name=_("Messages written by hand"),
            kind=kind,
            compile_content=lambda: compile_words(
                language, brand_of(Organisation.current()), paragraphs=len(paragraphs)
            ),
        )
    if not answers and contact is not None:
        added = add_reachable(campaign, {contact.pk: context}, occasion=occasion).get(contact.pk)
        if added is None:  # somebody wrote down a refusal this very moment
            raise MayNotBeWrittenTo(_("This person cannot be written to any more."))
        return added
    return add_to_ledger(
        campaign=campaign,
        contact_id=contact.pk if contact is not None else NOBODY,
        address=address or main_address(contact),
        occasion=occasion,
        language=language,
        context=context,
    )


def paragraphs_of(text: str) -> list[str]:
    """Its paragraphs, as many as a message has room for: the last one holds what is left."""
    parts = [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    first, rest = parts[: MAX_PARAGRAPHS - 1], parts[MAX_PARAGRAPHS - 1 :]
    return [*first, "\n\n".join(rest)] if rest else first
