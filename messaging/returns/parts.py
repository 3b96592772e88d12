"""Reading mail with the standard library, whatever it looks like: nothing here raises."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

LONGEST_HEADER = 2_000
LONGEST_TEXT = 20_000
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<br\s*/?>|</p>|</div>|<[^>]*>", re.I | re.S)
_SPACES = re.compile(r"[ \t\u00a0]+")
_EMPTY_LINES = re.compile(r"\n\s*\n\s*\n+")


def header(message: Message, name: str) -> str:
    """A header as people read it, one line; "" when it is missing."""
    told = next((_plain(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        text = str(make_header(decode_header(told)))
    except (LookupError, ValueError, UnicodeError):
        text = told
    return " ".join(text.replace("\x00", "").split())[:LONGEST_HEADER]


def headers(message: Message, *names: str) -> list[str]:
    """Every value of these headers, undecoded."""
    wanted = {name.lower() for name in names}
    return [_plain(value)[:LONGEST_HEADER] for key, value in message.raw_items() if key.lower() in wanted]


def sender_of(message: Message) -> tuple[str, str]:
    """Name and address of the first From, each possibly empty."""
    found = getaddresses([header(message, "From")])
    name, address = found[0] if found else ("", "")
    return name[:200], address[:254] if "@" in address else ""


def recipients_of(message: Message) -> tuple[str, ...]:
    """Addresses of To and Cc, in order, each once."""
    found = getaddresses([*headers(message, "To"), *headers(message, "Cc")])
    return tuple(dict.fromkeys(address[:254] for _name, address in found if "@" in address))


def date_of(message: Message, received_at: datetime) -> datetime:
    """When it says it was written; when it came in if it does not, or if that is still to come."""
    try:
        at = parsedate_to_datetime(str(message.get("Date", "")))
    except (TypeError, ValueError, IndexError, OverflowError):
        return received_at
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(at, received_at)


def parts_of(message: Message, kind: str) -> Iterator[Message]:
    """Parts of one content type, outermost first."""
    return (part for part in message.walk() if part.get_content_type() == kind)


def text_in(message: Message) -> str:
    """The text a person would read: the first plain part, else the first HTML one without its tags."""
    for part in message.walk():
        if part.get_content_type() == "text/plain" and not part.is_multipart():
            return _tidy(_decoded(part))
    for part in parts_of(message, "text/html"):
        if not part.is_multipart():
            return _tidy(html.unescape(_TAG.sub(_break_or_nothing, _decoded(part))))
    return ""


def _plain(value: object) -> str:
    """A header's text; bytes beyond ASCII, which have no business there, as UTF-8 or Latin-1."""
    raw = str(value).encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _break_or_nothing(tag: re.Match[str]) -> str:
    return "\n" if tag[0].lower().startswith(("<br", "</p", "</div")) else ""


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else str(part.get_payload()).encode("utf-8", "replace")
    try:
        return raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return raw.decode("latin-1")


def _tidy(text: str) -> str:
    lines = (_SPACES.sub(" ", line).rstrip() for line in text.replace("\x00", "").splitlines())
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()[:LONGEST_TEXT]
