"""One message as SMTP wants it: MAIL and RCPT commands, and the payload with its dots doubled."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from messaging.providers.base import Fault, OutgoingMessage, Result
from messaging.providers.smtp import answers
from messaging.providers.smtp.handshake import Extensions

END_OF_DATA = b".\r\n"
# Segments at least this long are taken for shared ones, and what was found out about them is kept.
SHARED_SEGMENT = 256
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,189}", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f<>]")
_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")


class Envelope(NamedTuple):
    mail: bytes  # commands, CRLF included
    rcpt: bytes


def envelope_for(message: OutgoingMessage, extensions: Extensions) -> Envelope | Result:
    """The two commands, or the refusal that this server makes certain before anything is sent."""
    try:
        sender, sender_is_ascii = _mailbox(message.sender) if message.sender else ("", True)
    except ValueError:
        return answers.never_offered(answers.BAD_SENDER, "5.1.7", Fault.SENDER)
    try:
        recipient, recipient_is_ascii = _mailbox(message.recipient)
    except ValueError:
        return answers.never_offered(answers.BAD_RECIPIENT, "5.1.3", Fault.RECIPIENT)
    segments = message.content if isinstance(message.content, tuple) else (message.content,)
    size = sum(map(len, segments))
    if extensions.max_size and size > extensions.max_size:
        return answers.never_offered(answers.TOO_LARGE, "5.3.4", Fault.MESSAGE)
    parameters = f" SIZE={size}" if extensions.size else ""
    international = not (sender_is_ascii and recipient_is_ascii)
    if not all(map(bytes.isascii, segments)):
        if not extensions.eight_bit:
            return answers.never_offered(answers.NEEDS_EIGHT_BIT, "5.6.3", Fault.MESSAGE)
        parameters += " BODY=8BITMIME"
        international = international or not _headers(segments).isascii()
    if international:
        if not extensions.smtputf8:
            fault = Fault.RECIPIENT if not recipient_is_ascii else Fault.MESSAGE
            return answers.never_offered(answers.NEEDS_SMTPUTF8, "5.6.7", fault)
        parameters += " SMTPUTF8"
    return Envelope(
        f"MAIL FROM:<{sender}>{parameters}\r\n".encode(),
        f"RCPT TO:<{recipient}>\r\n".encode(),
    )


def payload_for(message: OutgoingMessage) -> list[bytes]:
    """The message as it goes on the wire, without the final dot; read once more unless it is `wire_ready`."""
    content = message.content
    if not message.wire_ready:
        return payload_of(content)
    return _ended([content] if isinstance(content, bytes) else list(content), b"")


def payload_of(content: bytes | tuple[bytes, ...]) -> list[bytes]:
    """The message with leading dots doubled (RFC 5321 §4.5.2), ending in CRLF, without the final dot.

    Every line end is CRLF afterwards: a bare LF or CR before a dot would let a value end the message early
    and start commands of its own on careless servers (SMTP smuggling).
    """
    if isinstance(content, bytes):
        return _ended([_stuffed(content) or _rebuilt(content)], content[:1])
    parts: list[bytes] = []
    at_line_start = False
    for segment in content:
        if not segment:
            continue
        ready = _shared(segment) if len(segment) >= SHARED_SEGMENT else _stuffed(segment)
        if ready is None:
            whole = b"".join(content)
            return _ended([_rebuilt(whole)], whole[:1])
        if at_line_start and segment[:1] == b".":
            parts.append(b".")
        parts.append(ready)
        at_line_start = segment[-1:] == b"\n"
    return _ended(parts, parts[0][:1] if parts else b"")


def _ended(parts: list[bytes], first: bytes) -> list[bytes]:
    if first == b".":
        parts.insert(0, b".")
    if not parts or not parts[-1].endswith(b"\r\n"):
        parts.append(b"\r\n")
    return parts


def _stuffed(segment: bytes) -> bytes | None:
    """The segment with inner leading dots doubled; None if a line end in it is not a whole CRLF."""
    ends = segment.count(b"\r\n")
    if segment.count(b"\n") != ends or segment.count(b"\r") != ends:
        return None
    return segment.replace(b"\r\n.", b"\r\n..") if ends else segment


# Static segments of a campaign are the same objects for every message: their hash is computed once.
_shared = lru_cache(maxsize=512)(_stuffed)


def _rebuilt(whole: bytes) -> bytes:
    return _ANY_LINE_END.sub(b"\r\n", whole).replace(b"\r\n.", b"\r\n..")


def _headers(segments: tuple[bytes, ...]) -> bytes:
    return b"".join(segments).partition(b"\r\n\r\n")[0]


def _mailbox(address: str) -> tuple[str, bool]:
    """The address as it may stand between < and >, and whether it is ASCII; raises ValueError.

    A domain outside ASCII is written in its ASCII form (RFC 5891), so that only the local part ever needs
    SMTPUTF8. Labels are lower-cased and NFC-normalised, never mapped: "ß" stays itself (IDNA 2008).
    """
    if _PLAIN_ADDRESS.fullmatch(address):
        return address, True
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or _FORBIDDEN.search(address):
        raise ValueError("not an address")
    if len(local.encode()) > 64:
        raise ValueError("local part too long")
    domain = ".".join(_ascii_label(label) for label in domain.split("."))
    if len(domain) > 189 or not domain.strip("."):
        raise ValueError("domain too long or empty")
    return f"{local}@{domain}", local.isascii()


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    label = unicodedata.normalize("NFC", label.lower())
    return "xn--" + label.encode("punycode").decode("ascii")
