"""What every SMTP answer means for one message: accepted, refused, retry, or openly unknown.

| Moment | Answer | Outcome | Why it is certain, or not |
|---|---|---|---|
| connecting, greeting, EHLO, TLS, sign-in | any failure | an error, or `retry` | nothing was offered |
| MAIL, RCPT, DATA | 4xx | `retry` | RFC 5321 §4.2.1: the action did not occur |
| MAIL, RCPT, DATA | 5xx | `refused` | same, and a repeat is useless |
| MAIL, RCPT, DATA | 421, or 503 to MAIL | another connection, then `retry` | not about the message |
| MAIL, RCPT, DATA | no answer, link lost, no SMTP | `retry` | the payload was never sent |
| payload | link lost before the final dot was written | `retry` | without its end no server may deliver it |
| final dot | 2xx | `accepted` | responsibility was taken (RFC 5321 §6.1) |
| final dot | 4xx, 421 too | `retry` | the server says that it did not take it |
| final dot | 5xx | `refused` | same, for good |
| final dot | no answer in time, link lost, no SMTP | `unknown` | it may have been taken |
| before anything | bad address, too large, needs a missing extension | `refused` | never offered |
"""

from __future__ import annotations

import re
from enum import IntEnum

from django.utils.translation import gettext_noop

from messaging.providers.base import Fault, Outcome, Result

MAX_TEXT = 200  # characters of a server's text that are kept


class Stage(IntEnum):
    """The command an answer belongs to."""

    MAIL = 1
    RCPT = 2
    DATA = 3
    DOT = 4  # after the final dot
    RSET = 5
    QUIT = 6
    LONE_DOT = 7  # the empty end sent when DATA was allowed although nobody was left to receive


_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?:\s+|$)")
_ADDRESS = re.compile(r"<?[^\s<>()\[\]\",;:]+@[^\s<>()\[\]\",;]*[^\s<>()\[\]\",;:.]>?")
_QUEUE_ID = re.compile(
    r"queued as <?([^\s<>]+)"  # Postfix, Mailjet, Brevo
    r"|\bid=([\w.-]+)"  # Exim
    r"|^([\w.-]+) Message accepted"  # sendmail
    r"|^Ok ([0-9a-f]{8,}-[0-9a-f-]+)$"  # Amazon SES: the id that its events carry
)
_WAIT_CLOCK = re.compile(r"\b(\d{1,2}):(\d{2}):(\d{2})\b")
_WAIT_WORDS = re.compile(r"\b(\d{1,5}) ?(s|sec|secs|seconds?|m|min|mins|minutes?)\b", re.IGNORECASE)
_NO_SUCH_USER = re.compile(
    r"user unknown|unknown user|no such (?:user|mailbox|recipient|address)|does ?n[o']t exist"
    r"|mailbox (?:not found|unavailable: no)|recipient (?:unknown|not found)|invalid (?:mailbox|recipient)",
    re.IGNORECASE,
)

# The same words about us: a server that calls the sender back ("No such user here. Sender verify failed"), or
# finds no domain behind our address.
_ABOUT_SENDER = re.compile(
    r"\bsender|\bmail from\b|\bfrom (?:address|domain)|\breturn[- ]?path|\bhelo\b|\behlo\b|\breverse\b"
    r"|\byour (?:domain|host|server|ip)\b",
    re.IGNORECASE,
)
# RFC 3463 subject and detail → whom it is about. Exact codes first, then the subject alone.
_FAULT_BY_CODE = {
    "1.0": Fault.OTHER,  # says only "an address": some servers mean the sender's
    "1.7": Fault.SENDER,  # bad sender's address syntax
    "1.8": Fault.SENDER,  # bad sender's system
    "1.9": Fault.ACCOUNT,
    "2.1": Fault.MAILBOX,  # disabled: it may come back
    "3.4": Fault.MESSAGE,  # too big for the system
    "4.4": Fault.RECIPIENT,  # the domain leads nowhere
    "4.6": Fault.OTHER,
    "7.13": Fault.MAILBOX,  # account disabled (RFC 5248)
}
_FAULT_BY_SUBJECT = {
    "1": Fault.RECIPIENT,
    "2": Fault.MAILBOX,
    "3": Fault.ACCOUNT,
    "4": Fault.ACCOUNT,
    "5": Fault.ACCOUNT,
    "6": Fault.MESSAGE,
    "7": Fault.SENDER,  # policy: reputation, authentication, spam. Never a reason to suppress an address
}
_FAULT_BY_STAGE = {Stage.MAIL: Fault.SENDER, Stage.DATA: Fault.ACCOUNT, Stage.DOT: Fault.MESSAGE}

LOST_BEFORE = gettext_noop("The connection was lost before the message was handed over")
LOST_AFTER = gettext_noop("The connection was lost after the message was handed over, before any answer")
LATE_BEFORE = gettext_noop("The server did not answer in time; the message was not handed over")
LATE_AFTER = gettext_noop("The message was handed over and the server did not answer in time")
NONSENSE_BEFORE = gettext_noop("The server's answer made no sense; the message was not handed over")
NONSENSE_AFTER = gettext_noop("The message was handed over and the server's answer made no sense")
OUT_OF_TIME = gettext_noop("The batch ran out of time before this message was begun")
BAD_RECIPIENT = gettext_noop("The address cannot be written in an SMTP command")
BAD_SENDER = gettext_noop("The sender's address cannot be written in an SMTP command")
NEEDS_SMTPUTF8 = gettext_noop("The server does not take addresses or headers outside ASCII (SMTPUTF8)")
NEEDS_EIGHT_BIT = gettext_noop("The server takes 7-bit text only, and the message holds more (8BITMIME)")
TOO_LARGE = gettext_noop("The message is larger than the server takes")


def result_of(stage: Stage, code: int, text: str, recipient: str) -> Result:
    """The outcome that a server's answer makes certain. `stage` is MAIL, RCPT, DATA or DOT."""
    if stage is Stage.DOT and 200 <= code < 300:
        return _accepted(code, text)
    if 400 <= code < 600:
        enhanced, words = _split(text, code)
        outcome = Outcome.RETRY if code < 500 else Outcome.REFUSED
        return Result(
            outcome,
            "",
            code,
            enhanced,
            without_addresses(words, recipient),
            _seconds_to_wait(words) if code < 500 else None,
            fault_of(stage, code, enhanced, words),
        )
    if stage is Stage.DOT:
        return unknown(NONSENSE_AFTER, code)
    return not_handed(NONSENSE_BEFORE, code)


def not_handed(text: str, code: int = 0) -> Result:
    """Surely not accepted, by our own account: the payload's end was never written."""
    return Result(Outcome.RETRY, "", code, "4.4.2", text, None, Fault.ACCOUNT)


def unknown(text: str, code: int = 0) -> Result:
    return Result(Outcome.UNKNOWN, "", code, "", text, None, Fault.ACCOUNT)


def never_offered(text: str, enhanced: str, fault: Fault) -> Result:
    """Refused here: no server can take it as it is."""
    return Result(Outcome.REFUSED, "", 0, enhanced, text, None, fault)


def fault_of(stage: Stage, code: int, enhanced: str, text: str) -> Fault:
    """Whom a refusal is about. Doubt never ends as RECIPIENT: that one may suppress an address."""
    if enhanced:
        subject, detail = enhanced.split(".")[1:]
        if stage is Stage.MAIL and subject == "1":
            return Fault.SENDER
        by_code = _FAULT_BY_CODE.get(f"{subject}.{detail}")
        if by_code is not None:
            return by_code
        if subject in _FAULT_BY_SUBJECT:
            return _FAULT_BY_SUBJECT[subject]
    if code in (421, 454, 503, 530, 535):
        return Fault.ACCOUNT
    if stage is Stage.RCPT:
        if _NO_SUCH_USER.search(text):
            return Fault.OTHER if _ABOUT_SENDER.search(text) else Fault.RECIPIENT
        return Fault.MAILBOX if code in (452, 552) else Fault.OTHER
    return _FAULT_BY_STAGE.get(stage, Fault.OTHER)


def without_addresses(text: str, recipient: str = "") -> str:
    """One trimmed line with every e-mail address, and the recipient's local part, taken out."""
    text = " ".join(text.split())
    if "@" in text:
        text = _ADDRESS.sub("<…>", text)
    local = recipient.rpartition("@")[0]
    if len(local) > 2 and local.lower() in text.lower():
        text = re.sub(rf"(?<!\w){re.escape(local)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _accepted(code: int, text: str) -> Result:
    enhanced, words = _split(text, code)
    found = _QUEUE_ID.search(words)
    queue_id = found[found.lastindex or 0] if found else ""
    return Result(Outcome.ACCEPTED, queue_id, code, enhanced, without_addresses(words))


def _split(text: str, code: int) -> tuple[str, str]:
    """The enhanced code (RFC 2034: first word of each line) and the rest. Another class is not believed."""
    found = _ENHANCED.match(text)
    if found is None or found[1] != str(code)[0]:
        return "", text
    enhanced = found[0].rstrip()
    if "\n" not in text:
        return enhanced, text[len(found[0]) :]
    return enhanced, "\n".join(line.removeprefix(enhanced).strip() for line in text.split("\n"))


def _seconds_to_wait(text: str) -> float | None:
    """Greylisting often says how long: "in 300 seconds", "in 5 minutes", "in 00:04:30"."""
    if clock := _WAIT_CLOCK.search(text):
        hours, minutes, seconds = (int(part) for part in clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    if words := _WAIT_WORDS.search(text):
        return float(int(words[1]) * (60 if words[2][0].lower() == "m" else 1))
    return None
