"""Mail of signing in (forgotten passwords, warnings) leaves by the way out of service messages.

At once, on a connection of its own: no mailing stands before it, and no secret link is in the ledger. Without
a sender for service messages, or when its way out fails, it takes the server of `EMAIL_HOST`: somebody who
cannot sign in cannot mend a way out.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from messaging.content.headers import BadAddress
from messaging.dispatch.ways_out import service_sender
from messaging.models import SenderIdentity
from messaging.providers.base import Outcome
from messaging.providers.errors import ProviderError
from messaging.services.direct import DirectMessage, send_directly

logger = logging.getLogger(__name__)

TAKEN = (Outcome.ACCEPTED, Outcome.UNKNOWN)
"""An answer that never came: it may have arrived, and another asks for a new link anyway."""


class SignInMail(BaseEmailBackend):
    """Django's `EMAIL_BACKEND`."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sender = service_sender()
        left = [one for one in email_messages if sender is None or not _sent(sender, one)]
        if left:
            fallback = EmailBackend(fail_silently=self.fail_silently)
            return len(email_messages) - len(left) + (fallback.send_messages(left) or 0)
        return len(email_messages)


def _sent(sender: SenderIdentity, message: EmailMessage) -> bool:
    """Give it to every recipient; False when one of them did not get it."""
    account = sender.provider_account
    for to in message.recipients():
        direct = DirectMessage(to, message.subject, str(message.body))
        try:
            result = send_directly(account, sender, direct, patience=settings.EMAIL_TIMEOUT)
        except (ProviderError, BadAddress, ValueError) as error:
            logger.warning("Sign-in mail not sent by account %s: %s", account.pk, type(error).__name__)
            return False
        if result.outcome not in TAKEN:
            logger.warning("Sign-in mail refused by account %s: %s", account.pk, result.code)
            return False
    return True
