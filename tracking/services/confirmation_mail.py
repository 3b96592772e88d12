"""The message with the link: a welcome that asks for a tap, a confirmation that must be given, a reminder."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from contacts.models import Contact
from messaging.content.tokens import ConfirmToken, sign_confirm
from messaging.services.service_messages import send_service_message
from tracking.models import Submission


def send_link(submission: Submission, contact: Contact | None, *, is_welcome: bool) -> None:
    """Queue the message of an answer; `contact` None: the address is nobody's yet, and may be another's."""
    with override(_language(submission)):
        title = submission.form.content.say("title", _language(submission))
        if is_welcome:
            subject = _("Welcome!")
            paragraphs = [
                _("You signed up on our page “{form}”: thank you, and welcome.").format(form=title),
                _("One tap says that this address is yours, and nothing is left to chance:"),
            ]
            closing = _("If it was not you, say so on the same page: you will receive nothing more.")
        else:
            subject = _("Please confirm your sign-up")
            paragraphs = [
                _("You signed up on our page “{form}”.").format(form=title),
                _("Confirm that this is your address, and your choices take effect:"),
            ]
            closing = _("If it was not you, do nothing: you will receive nothing more.")
        _send(submission, contact, "confirmation", str(submission.pk), subject, paragraphs, closing)


def send_reminder(submission: Submission, contact: Contact | None, *, last: bool) -> None:
    """Ask again of somebody who has not answered the link."""
    with override(_language(submission)):
        title = submission.form.content.say("title", _language(submission))
        again = _("You signed up on our page “{form}”, and one tap is missing.").format(form=title)
        only = _("This is our last reminder.") if last else _("Without it, your choices do not take effect.")
        closing = _("If it was not you, do nothing: you will receive nothing more.")
        occasion = f"{submission.pk}:{submission.reminders}"
        _send(submission, contact, "reminder", occasion, _("Is this your address?"), [again, only], closing)


def _send(
    submission: Submission,
    contact: Contact | None,
    standing_for: str,
    occasion: str,
    subject: str,
    paragraphs: list[str],
    closing: str,
) -> None:
    address_hash = bytes(submission.address_hash or b"")
    token = sign_confirm(ConfirmToken(submission.pk, address_hash, timezone.now()))
    send_service_message(
        standing_for=standing_for,
        contact=contact,
        address=submission.data["values"]["email"],
        occasion=occasion,
        subject=subject,
        paragraphs=paragraphs,
        button=(_("I confirm"), f"{settings.PUBLIC_URL}/k/{token}"),
        closing=closing,
    )


def _language(submission: Submission) -> str:
    return submission.language or submission.form.language
