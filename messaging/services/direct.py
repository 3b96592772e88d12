"""One message through one account at once, outside the ledger: checks of an account, sign-in mail.

Nothing waits in a queue, and nothing is sent again by itself. Mailings and confirmations never take this way.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr

from django.utils import timezone
from django.utils.html import escape

from messaging.content.dkim import Signer
from messaging.content.headers import checked_address
from messaging.dispatch.accounts import make_provider
from messaging.models import ProviderAccount, SenderIdentity
from messaging.providers.base import Batch, Content, OutgoingMessage, Result, SharedContent
from messaging.providers.smtp.sources import Stream
from messaging.services.sender_trust import trust_of

_FIELD = re.compile(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*")
_POLICY = SMTP.clone(cte_type="7bit", max_line_length=76)


@dataclass(frozen=True, slots=True)
class DirectMessage:
    """What is said; plain text, an HTML part is made of it."""

    to: str
    subject: str
    text: str


PATIENCE = 20
"""Seconds of each wait: a person waits for the page."""


def send_directly(
    account: ProviderAccount, sender: SenderIdentity, message: DirectMessage, *, patience: int = PATIENCE
) -> Result:
    """Send one message and say what became of it; raises a ProviderError if it could not be offered, or
    BadAddress. `patience`: seconds of each wait.
    """
    with make_provider(account, Stream.SERVICE, patience=patience) as provider:
        key = secrets.token_hex(16)
        if provider.capabilities.content is Content.RENDERED:
            raw = rendered(account, sender, message, key)
            batch = Batch([OutgoingMessage(key, sender.address, checked_address(message.to), raw)])
        else:
            batch = _slotted(sender, message, key)
        return provider.send(batch)[0]


def rendered(account: ProviderAccount, sender: SenderIdentity, message: DirectMessage, key: str) -> bytes:
    """The message as bytes, signed where the account's messages are signed here."""
    made = EmailMessage(policy=_POLICY)
    made["From"] = formataddr((sender.from_name, checked_address(sender.address)))
    made["To"] = checked_address(message.to)
    if sender.reply_to:
        made["Reply-To"] = checked_address(sender.reply_to)
    made["Subject"] = " ".join(message.subject.split())
    made["Date"] = timezone.now()
    made["Message-ID"] = f"<{key}@{checked_address(sender.address).rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(message.text, cte="quoted-printable")
    raw = made.as_bytes()
    keys = trust_of(sender, account).keys
    return _signed(raw, Signer(keys)) if keys else raw


def _signed(raw: bytes, signer: Signer) -> bytes:
    head, _empty, body = raw.partition(b"\r\n\r\n")
    fields: Sequence[bytes] = _FIELD.findall(head + b"\r\n")
    return signer.signatures(fields, body, at=int(timezone.now().timestamp())) + raw


def _slotted(sender: SenderIdentity, message: DirectMessage, key: str) -> Batch:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in message.text.split("\n\n") if part.strip())
    shared = SharedContent(
        from_name=sender.from_name,
        from_address=checked_address(sender.address),
        subject=(" ".join(message.subject.split()),),
        html=(paragraphs.replace("\n", "<br>"),),
        text=(message.text,),
        reply_to=checked_address(sender.reply_to) if sender.reply_to else "",
        headers={"Auto-Submitted": "auto-generated"},
    )
    return Batch([OutgoingMessage(key, sender.address, checked_address(message.to))], shared)
