"""Mailboxes outside the team that take tests: asked by the team, confirmed by their owners, taken away."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import Organisation, User
from campaign_crm.platform.rights import Right
from contacts.enums import Channel
from contacts.services.addresses import normalise_email
from contacts.services.suppressions import address_hash_for
from messaging.errors import MessagingError, SendingIsOff
from messaging.models import MailboxForTests
from messaging.services.rights import ask_right
from messaging.services.service_messages import send_service_message
from messaging.services.test_addresses import want_no_politics

LINK_LASTS = timedelta(days=7)
MOST = 30  # of one installation: enough to look at every kind of mailbox
_signer = TimestampSigner(salt="messaging.test-mailbox")


class MailboxRefused(MessagingError):
    """Why an address is not asked to take tests, or not confirmed; the message is for people."""


@transaction.atomic
def ask_mailbox(*, address: str, by: User) -> MailboxForTests:
    """Ask the owner of an address to take tests, by a message with a link; asked again, after a day.

    Raises MailboxRefused, InvalidAddress, SendingIsOff.
    """
    ask_right(by, Right.EDIT_CAMPAIGN)
    if not Organisation.current().sending_enabled:
        raise SendingIsOff(_("Sending is switched off on this installation. Switch it on in Settings first."))
    normalised = normalise_email(address).lower()
    if want_no_politics([normalised]):
        raise MailboxRefused(
            _("This address is on the do-not-contact list: only its owner can take it off there.")
        )
    found = MailboxForTests.objects.select_for_update().filter(address=normalised).first()
    if found is not None and (
        found.confirmed_at is not None or found.asked_at > timezone.now() - timedelta(days=1)
    ):
        raise MailboxRefused(_("This address was asked already."))
    if found is None and MailboxForTests.objects.count() >= MOST:
        raise MailboxRefused(
            _("There are %(most)d test mailboxes already: remove one first.") % {"most": MOST}
        )
    mailbox, _new = MailboxForTests.objects.update_or_create(
        address=normalised,
        defaults={
            "address_hash": address_hash_for(Channel.EMAIL, normalised),
            "asked_by": by,
            "asked_at": timezone.now(),
        },
    )
    audit.record(action="test_mailbox.ask", on=mailbox, by=by)
    organisation = Organisation.current().name
    send_service_message(
        standing_for="test-mailbox",
        occasion=f"{mailbox.pk}-{timezone.localdate():%Y%m%d}",
        subject=_("Will you take tests of our messages?"),
        paragraphs=[
            _(
                "%(name)s asks whether this mailbox may get tests of messages of %(organisation)s, before "
                "they leave to anybody. If not, you need to do nothing."
            )
            % {"name": by, "organisation": organisation}
        ],
        button=(_("Look and confirm"), confirm_url(mailbox)),
        address=normalised,
        language=by.language,
    )
    return mailbox


def confirm_url(mailbox: MailboxForTests) -> str:
    """What its owner opens; good for a week."""
    path = reverse("messaging:confirm_test_mailbox", args=[_signer.sign(str(mailbox.pk))])
    return f"{settings.PUBLIC_URL}{path}"


def mailbox_of(token: str) -> MailboxForTests:
    """The mailbox of a link; raises MailboxRefused for one that has expired or was never made."""
    try:
        pk = _signer.unsign(token, max_age=LINK_LASTS)
    except SignatureExpired as error:
        raise MailboxRefused(_("This link has expired: ask whoever sent it for another.")) from error
    except BadSignature as error:
        raise MailboxRefused(_("This link is not complete: open it from the message itself.")) from error
    found = MailboxForTests.objects.filter(pk=pk).first()
    if found is None:
        raise MailboxRefused(_("This mailbox is no longer asked to take tests."))
    return found


@transaction.atomic
def confirm_mailbox(*, token: str) -> MailboxForTests:
    """Its owner agrees; raises MailboxRefused."""
    mailbox = mailbox_of(token)
    if mailbox.confirmed_at is None:
        mailbox.confirmed_at = timezone.now()
        mailbox.save(update_fields=["confirmed_at"])
        audit.record(action="test_mailbox.confirm", on=mailbox, by=None)
    return mailbox


@transaction.atomic
def remove_mailbox(*, mailbox: MailboxForTests, by: User) -> None:
    """It takes no test any more."""
    ask_right(by, Right.EDIT_CAMPAIGN)
    audit.record(action="test_mailbox.remove", on=mailbox, by=by)
    mailbox.delete()
