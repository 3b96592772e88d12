"""Formal notices: what mail servers say of a message (RFC 3464), and reports of spam (RFC 5965).

Servers that speak in plain words are understood as far as they can be, in doubt as a mailbox that does not
answer: what a text leaves open never stops an address. A notice counts only with the signed key of the
message that it is about, which only its reader and its servers have seen: who invents one harms himself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message

from messaging.providers.base import Event, EventKind, Fault
from messaging.providers.reports import blame, code_in, enhanced_in, event_id, key_in, words
from messaging.returns.parts import date_of, header, headers, parts_of, sender_of, text_in
from messaging.returns.verp import key_of

ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_ACTIONS = {
    "failed": EventKind.BOUNCED,
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "relayed": EventKind.ACCEPTED,
    "expanded": EventKind.DELIVERED,
}
_COMPLAINTS = {"abuse", "fraud", "virus", "other", "complaint"}
_DAEMON = re.compile(r"mailer-?daemon|postmaster|mail delivery (?:sub)?system|mdaemon", re.IGNORECASE)
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|incomplete)|returned mail|failure notice"
    r"|mail (?:delivery )?failed|delivery failed|could not be delivered|not delivered"
    r"|non (?:remis|distribu)|échec de (?:la )?(?:remise|distribution)|non délivr|unzustellbar"
    r"|warning: message .*delayed|delayed",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"(?:has not (?:yet )?been|could not yet be) delivered|still (?:being )?(?:tried|retried)|will be retried"
    r"|will (?:continue|keep) trying|this is a warning|only a warning|délai de remise|pas encore",
    re.IGNORECASE,
)
LONGEST_EXCERPT = 4_000


def events_of(message: Message, *, received_at: datetime) -> list[Event] | None:
    """What a notice says; None when the message is none. A notice about no message of ours says nothing."""
    key = key_of_notice(message)
    at = date_of(message, received_at)
    if any(True for _part in parts_of(message, "message/feedback-report")):
        return list(_complaints(message, key, at))
    reports = list(_reports(message))
    if reports:
        return [event for report in reports if (event := _event(report, key, at))] if key else []
    if _is_plain_notice(message):
        return [_plain(message, key, at)] if key else []
    return None


def key_of_notice(message: Message) -> str:
    """The key of the message that a notice or an answer is about, "" when it names none.

    First the address it was sent to, then the message it answers, then the copy that it holds.
    """
    for address in headers(message, *ENVELOPE):
        if key := next((found for one in address.split(",") if (found := key_of(one.strip(" <>")))), ""):
            return key
    if key := key_in(*headers(message, "In-Reply-To", "References", "X-MS-Exchange-Parent-Message-Id")):
        return key
    for part in message.walk():
        if part is not message and (key := key_in(*headers(part, "Message-ID", "X-Mid", "Return-Path"))):
            return key
    for part in (*parts_of(message, "text/rfc822-headers"), *parts_of(message, "text/plain")):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and (key := key_in(payload.decode("latin-1"))):
            return key
    return ""


def _reports(message: Message) -> Iterator[Message]:
    """The groups of a delivery status that are about a recipient."""
    for part in parts_of(message, "message/delivery-status"):
        payload = part.get_payload()
        for group in payload if isinstance(payload, list) else []:
            if isinstance(group, Message) and (group.get("Action") or group.get("Status")):
                yield group


def _event(report: Message, key: str, at: datetime) -> Event | None:
    status, diagnostic = header(report, "Status"), header(report, "Diagnostic-Code")
    action = header(report, "Action").lower().split(" ")[0] or ("failed" if status[:1] == "5" else "")
    kind = _ACTIONS.get(action)
    if kind is None:
        return None
    said = diagnostic.partition(";")[2].strip() or diagnostic
    recipient = header(report, "Final-Recipient").partition(";")[2].strip()
    # "5.0.0" says nothing; what the other server said is more exact than what ours made of it.
    enhanced = enhanced_in(said) or enhanced_in(status)
    code = code_in(said)
    return Event(
        kind=kind,
        event_id=event_id(key, action, status, said[:200]),
        at=at,
        key=key,
        recipient=recipient,
        code=code,
        enhanced=enhanced,
        text=words(said, recipient),
        fault=blame(said, enhanced=enhanced, code=code) if kind is EventKind.BOUNCED else Fault.NONE,
    )


def _complaints(message: Message, key: str, at: datetime) -> Iterator[Event]:
    for part in parts_of(message, "message/feedback-report"):
        payload = part.get_payload()
        report = payload[0] if isinstance(payload, list) and payload else part
        if not isinstance(report, Message) or not key:
            continue
        told = header(report, "Feedback-Type").lower()
        if told not in _COMPLAINTS and told != "opt-out":
            continue  # "not-spam", "auth-failure": nobody complains
        kind = EventKind.UNSUBSCRIBED if told == "opt-out" else EventKind.COMPLAINED
        yield Event(
            kind=kind,
            event_id=event_id(key, kind),
            at=at,
            key=key,
            recipient=header(report, "Original-Rcpt-To").strip("<>"),
            text=words(header(report, "User-Agent"), ""),
        )


def _is_plain_notice(message: Message) -> bool:
    name, address = sender_of(message)
    if message.get("X-Failed-Recipients"):  # Exim
        return True
    by_server = bool(_DAEMON.search(f"{name} {address}")) or header(message, "Return-Path") in ("<>",)
    return by_server and bool(_SUBJECT.search(header(message, "Subject")))


def _plain(message: Message, key: str, at: datetime) -> Event:
    text = text_in(message)[:LONGEST_EXCERPT]
    recipient = header(message, "X-Failed-Recipients")
    line = next((line for line in text.splitlines() if enhanced_in(line) or code_in(line)), "")
    enhanced, code = enhanced_in(line), code_in(line)
    is_final = not _NOT_YET.search(f"{header(message, 'Subject')}\n{text}")
    kind = EventKind.BOUNCED if is_final else EventKind.DEFERRED
    return Event(
        kind=kind,
        event_id=event_id(key, kind, line[:200]),
        at=at,
        key=key,
        recipient=recipient,
        code=code,
        enhanced=enhanced,
        text=words(line or header(message, "Subject"), recipient),
        fault=blame(line or text, enhanced=enhanced, code=code) if is_final else Fault.NONE,
    )
