"""Taking a message apart without trusting it."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from email.message import EmailMessage, Message
from html.parser import HTMLParser

MAX_INLINE_IMAGE = 1_000_000  # bytes
# What the standard parser lets through on malformed headers and unknown sets of characters.
_MALFORMED = (ValueError, LookupError, AttributeError, TypeError)
_URL = re.compile(r"https?://[^\s<>\"]+")
_BRACKETED = re.compile(r"<([^<>\s]+)>")


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    text: str  # "" for a picture or a bare address


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    type: str
    size: int  # bytes


def header_of(message: EmailMessage, name: str, raw: object = None) -> str:
    """A header decoded for reading, or as it stands when it cannot be decoded."""
    try:
        value = message[name] if raw is None else message.policy.header_fetch_parse(name, str(raw))
    except _MALFORMED:
        value = raw if raw is not None else dict(message.raw_items()).get(name, "")
    return "" if value is None else _readable(" ".join(str(value).split()))


def text_of(message: EmailMessage) -> str:
    return _body(message, "plain")


def html_of(message: EmailMessage) -> str:
    return _body(message, "html")


def attachments_of(message: EmailMessage) -> tuple[Attachment, ...]:
    """Files joined to the message, pictures shown inside it too."""
    found = []
    for part in message.walk():
        if part.is_multipart() or part.get_content_type() in ("text/plain", "text/html"):
            continue
        size = len(_bytes(part))
        found.append(Attachment(part.get_filename() or "", part.get_content_type(), size))
    return tuple(found)


def inline_images(message: EmailMessage) -> dict[str, str]:
    """`data:` addresses of the pictures that the HTML names by Content-ID."""
    found = {}
    for part in message.walk():
        name = header_of(part, "Content-ID").strip("<> ")
        if not name or part.get_content_maintype() != "image":
            continue
        content = _bytes(part)
        if len(content) <= MAX_INLINE_IMAGE:
            encoded = base64.b64encode(content).decode("ascii")
            found[name] = f"data:{part.get_content_type()};base64,{encoded}"
    return found


def links_of(html: str, text: str) -> tuple[Link, ...]:
    """Web links in the order they appear, from the (well-formed) HTML or, without one, from the text."""
    if not html:
        return tuple(Link(found.rstrip(".,;:!?)"), "") for found in _URL.findall(text))
    reader = _LinkReader()
    reader.feed(html)
    reader.close()
    return tuple(reader.links)


def unsubscribe_links(message: EmailMessage) -> tuple[str, ...]:
    """Addresses in List-Unsubscribe (RFC 2369)."""
    return tuple(_BRACKETED.findall(header_of(message, "List-Unsubscribe")))


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body(preferencelist=(kind,))
    except _MALFORMED:
        return ""
    if part is None:
        return ""
    try:
        return _readable(str(part.get_content()))
    except _MALFORMED:
        return _bytes(part).decode("utf-8", "replace")


def _readable(text: str) -> str:
    """The parser stands bytes it cannot read for lone surrogates, which no file or page can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


class _LinkReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[Link] = []
        self._url = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._finish()
            url = (dict(attributes).get("href") or "").strip()
            self._url = url if url.startswith(("http://", "https://")) else ""

    def handle_data(self, data: str) -> None:
        if self._url:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._finish()

    def _finish(self) -> None:
        if self._url:
            self.links.append(Link(self._url, " ".join("".join(self._text).split())))
        self._url, self._text = "", []

    def close(self) -> None:
        super().close()
        self._finish()
