"""What a message that came back is: a formal notice, an automatic answer, or somebody's words."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import Message

from messaging.content.headers import MESSAGE_ID
from messaging.providers.base import Event
from messaging.returns.drops import drop_token_in
from messaging.returns.notices import ENVELOPE, events_of, key_of_notice
from messaging.returns.parts import date_of, header, headers, recipients_of, sender_of, text_in

LONGEST_SUBJECT = 300
_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply", "X-AutoReply-From")
_AUTOMATIC_PRECEDENCE = {"auto_reply", "auto-reply", "bulk", "junk", "list"}
_AUTOMATIC_SUBJECT = re.compile(
    r"^(?:(?:re|tr|fwd?|réf)\s*:\s*)*(?:\[?auto(?:matic|mated)?[ -]?(?:reply|response|answer)\b"
    r"|out of (?:the )?office\b|on (?:vacation|holiday|annual leave|parental leave)\b"
    r"|away from (?:the|my) \w+"
    r"|r[ée]ponse automatique\b|message automatique\b|(?:message|avis|notification) d[’']absence\b"
    r"|absence(?: du bureau)?\s*(?::|$|du\b|jusqu)|absente?s?\b.{0,30}\b(?:bureau|jusqu|cong[ée])"
    r"|(?:je suis )?(?:actuellement )?en (?:cong[ée]s?|vacances)\b|accus[ée] de r[ée]ception\b"
    r"|abwesenheit|automatische antwort)",
    re.IGNORECASE,
)
# Where what somebody answers ends and what they answer to begins.
_QUOTE = re.compile(
    r"^(?:>|-{2,}\s*(?:original message|message d[’']origine|message transféré)|_{10,}"
    r"|(?:le|on|am)\b.{4,200}\b(?:a écrit|wrote|schrieb)\s*:\s*$|(?:de|from|von)\s?:\s.+@.+$)",
    re.IGNORECASE,
)
_SPLIT_INTRODUCTION = re.compile(r"^(?:le|on)\b.{4,200}$", re.IGNORECASE)
_END_OF_INTRODUCTION = re.compile(r"(?:a écrit|wrote)\s*:\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NewReply:
    """A message that somebody, or their mail program, wrote back. `key` may be empty."""

    account: int
    key: str
    digest: bytes
    at: datetime
    from_name: str
    from_address: str
    subject: str
    text: str
    is_automatic: bool
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class DroppedMail:
    """A message of the team's own mail program, of which a copy came to somebody's drop address."""

    token: str
    digest: bytes
    at: datetime
    from_address: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Sorted:
    events: list[Event] = field(default_factory=list)
    replies: list[NewReply] = field(default_factory=list)
    dropped: list[DroppedMail] = field(default_factory=list)


def sort_message(raw: bytes, *, account: int, received_at: datetime) -> Sorted:
    """Read one message; `raw` may be its beginning only."""
    message = message_from_bytes(raw)
    events = events_of(message, received_at=received_at)
    if events is not None:
        return Sorted(events=events)
    name, address = sender_of(message)
    told = header(message, "Message-ID")
    digest = hashlib.sha256(told.encode() if told else raw).digest()
    if token := drop_token_in(*headers(message, *ENVELOPE, "Cc", "Bcc")):
        return Sorted(dropped=[_dropped(message, token, digest, address, told, received_at)])
    reply = NewReply(
        account=account,
        key=key_of_notice(message),
        digest=digest,
        at=date_of(message, received_at),
        from_name=name,
        from_address=address,
        subject=header(message, "Subject")[:LONGEST_SUBJECT],
        text=without_quotes(text_in(message)),
        is_automatic=is_automatic(message),
        message_id=told if MESSAGE_ID.fullmatch(told) else "",
    )
    return Sorted(replies=[reply])


def _dropped(
    message: Message, token: str, digest: bytes, address: str, told: str, received_at: datetime
) -> DroppedMail:
    return DroppedMail(
        token=token,
        digest=digest,
        at=date_of(message, received_at),
        from_address=address,
        recipients=recipients_of(message),
        subject=header(message, "Subject")[:LONGEST_SUBJECT],
        text=without_quotes(text_in(message)),
        message_id=told if MESSAGE_ID.fullmatch(told) else "",
    )


def is_automatic(message: Message) -> bool:
    """True for what no person wrote: RFC 3834 first, then what programs do instead, then words."""
    submitted = header(message, "Auto-Submitted").lower().split(";")[0].strip()
    if submitted and submitted != "no":
        return True
    if any(message.get(name) for name in _AUTOMATIC_HEADERS):
        return True
    if header(message, "Precedence").lower() in _AUTOMATIC_PRECEDENCE:
        return True
    return bool(_AUTOMATIC_SUBJECT.match(header(message, "Subject")))


def without_quotes(text: str) -> str:
    """What was written, up to the message that it answers; all of it when nothing stands before."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        next_line = lines[number + 1] if number + 1 < len(lines) else ""
        is_split = _SPLIT_INTRODUCTION.match(line) and _END_OF_INTRODUCTION.search(next_line)
        if _QUOTE.match(line.strip()) or is_split:
            return "\n".join(lines[:number]).strip() or text
    return text
