"""Reading the caught mailbox: newest first, by page or by search, and one message with all its parts.

Nothing here trusts a message: headers may be malformed, sets of characters unknown, HTML hostile.
"""

from __future__ import annotations

import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from campaign_crm.platform.mail_catcher import storage
from campaign_crm.platform.mail_catcher.parts import (
    Attachment,
    Link,
    attachments_of,
    header_of,
    html_of,
    inline_images,
    links_of,
    text_of,
    unsubscribe_links,
)
from campaign_crm.platform.mail_catcher.safe_html import safe_document
from campaign_crm.platform.mail_catcher.storage import NoSuchMessage

__all__ = [
    "CaughtMessage",
    "MessageSummary",
    "NoSuchMessage",
    "count_messages",
    "delete_all",
    "delete_messages",
    "list_messages",
    "read_message",
]

HEADER_BYTES = 65_536  # of a file that are read for a summary


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """One line of the list. `sender` and `recipients` are the envelope's; the headers are what people see."""

    id: str
    received_at: datetime  # aware, UTC
    sender: str
    recipients: tuple[str, ...]
    from_header: str
    to_header: str
    subject: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class CaughtMessage:
    """One message, taken apart. `html` is untrusted; `safe_html` is a document for a sandboxed frame."""

    summary: MessageSummary
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    safe_html: str
    links: tuple[Link, ...]
    unsubscribe_links: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    raw: bytes


def list_messages(
    folder: Path, *, before: str | None = None, limit: int = 50, search: str = ""
) -> list[MessageSummary]:
    """At most `limit` messages, newest first, older than the id `before`, holding every word of `search`.

    A search looks at addresses, subject and the beginning of the text, whatever the accents and the case.
    """
    found: list[MessageSummary] = []
    for message_id in _matching(folder, storage.fold(search).split()):
        if before is not None and message_id >= before:
            continue
        try:
            found.append(_summary(folder, message_id))
        except NoSuchMessage:  # deleted meanwhile
            continue
        if len(found) >= limit:
            break
    return found


def count_messages(folder: Path) -> int:
    return len(storage.message_ids(folder))


def read_message(folder: Path, message_id: str) -> CaughtMessage:
    """One message in full; raises NoSuchMessage."""
    content = _content(folder, message_id)
    envelope, raw = _split(content)
    message = _parse(raw)
    html = html_of(message)
    text = text_of(message)
    safe_html = safe_document(html, inline_images(message)) if html else ""
    return CaughtMessage(
        summary=_summarise(message_id, envelope, message, len(raw)),
        headers=tuple((name, header_of(message, name, value)) for name, value in message.raw_items()),
        text=text,
        html=html,
        safe_html=safe_html,
        links=links_of(safe_html, text),
        unsubscribe_links=unsubscribe_links(message),
        attachments=attachments_of(message),
        raw=raw,
    )


def delete_messages(folder: Path, *ids: str) -> int:
    """Remove these messages; returns how many were there. Raises NoSuchMessage for what is no id."""
    return storage.delete(folder, ids)


def delete_all(folder: Path) -> int:
    """Empty the mailbox; returns how many messages it held."""
    return storage.delete(folder, storage.message_ids(folder))


def words_of(*, sender: str, recipients: list[str], raw: bytes) -> str:
    """What a search of this message looks at."""
    message = _parse(raw)
    text = text_of(message) or html_of(message)
    shown = " ".join(header_of(message, name) for name in ("From", "To", "Subject"))
    return f"{sender} {' '.join(recipients)} {shown} {text[: storage.INDEXED_TEXT]}"


def _matching(folder: Path, words: list[str]) -> Iterator[str]:
    ids = storage.message_ids(folder)
    if not words:
        yield from ids
        return
    index = storage.read_index(folder)
    for message_id in ids:
        known = index.get(message_id)
        try:
            folded = storage.fold(_read_words(folder, message_id)) if known is None else known
        except NoSuchMessage:
            continue
        if all(word in folded for word in words):
            yield message_id


def _read_words(folder: Path, message_id: str) -> str:
    envelope, raw = _split(_content(folder, message_id))
    return words_of(sender=envelope[0], recipients=list(envelope[1]), raw=raw)


def _content(folder: Path, message_id: str, size: int = -1) -> bytes:
    try:
        with storage.path_of(folder, message_id).open("rb") as file:
            return file.read(size)
    except FileNotFoundError:
        raise NoSuchMessage(message_id) from None


def _summary(folder: Path, message_id: str) -> MessageSummary:
    envelope, beginning = _split(_content(folder, message_id, HEADER_BYTES))
    message = BytesHeaderParser(policy=email.policy.default).parsebytes(beginning)
    size = len(beginning)
    if size >= HEADER_BYTES // 2:
        size = storage.path_of(folder, message_id).stat().st_size
    return _summarise(message_id, envelope, message, size)


def _summarise(
    message_id: str, envelope: tuple[str, tuple[str, ...]], message: EmailMessage, size: int
) -> MessageSummary:
    return MessageSummary(
        id=message_id,
        received_at=storage.moment_of(message_id),
        sender=envelope[0],
        recipients=envelope[1],
        from_header=header_of(message, "From"),
        to_header=header_of(message, "To"),
        subject=header_of(message, "Subject"),
        size=size,
    )


def _split(content: bytes) -> tuple[tuple[str, tuple[str, ...]], bytes]:
    """The envelope lines that the catcher put on top, and the message as it came."""
    sender, _, rest = content.partition(b"\r\n")
    recipients, _, raw = rest.partition(b"\r\n")
    return (
        sender.partition(b": ")[2].decode("utf-8", "replace"),
        tuple(recipients.partition(b": ")[2].decode("utf-8", "replace").split(", ")),
    ), raw


def _parse(raw: bytes) -> EmailMessage:
    return BytesParser(policy=email.policy.default).parsebytes(raw)
