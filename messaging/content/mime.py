"""Messages as bytes: serialised once a campaign, then a few values a recipient.

multipart/alternative, both parts quoted-printable; in a multipart/mixed where files go with it. Static text
is encoded when the builder is made; a message is a join of those pieces and of its encoded values. Headers
are written per message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from messaging.content.attachments import Attachment
from messaging.content.compile import CompiledMessage
from messaging.content.dkim import Signer
from messaging.content.headers import checked_address, date_line, mailbox, thread_fields, unstructured
from messaging.content.quoted_printable import encode_end, encode_piece
from messaging.content.rendering import MessageValues, message_template
from messaging.content.slots import SlotTemplate

_TOKEN = re.compile(r"[A-Za-z0-9._+-]{1,64}")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_URL = re.compile(r"https?://[!-;=?-~]+")  # printable ASCII without < and >
_PART = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_OWN_HEADERS = frozenset(
    "bcc cc content-type content-transfer-encoding date from list-unsubscribe list-unsubscribe-post"
    " message-id mime-version reply-to return-path sender subject to".split()
)


@dataclass(frozen=True, slots=True)
class SenderData:
    """Who a message is from; `reply_to` is an address, empty when answers come back to `address`."""

    name: str
    address: str
    reply_to: str = ""

    @property
    def domain(self) -> str:
        return checked_address(self.address).rpartition("@")[2]


class MessageBuilder:
    """Builds the messages of one campaign, or of one variant of it.

    `service`: not a mailing but a confirmation, a ticket (RFC 3834 Auto-Submitted instead of Precedence).
    `by_hand`: what a person wrote to another says neither. `feedback_id`: Gmail's Feedback-ID, such as
    "42:mailing:example". All are the same for every message of the builder. `signer`: signs each message
    (DKIM); None where the relay does it. Raises `BadAddress` on the sender's.
    """

    def __init__(
        self,
        compiled: CompiledMessage,
        sender: SenderData,
        *,
        service: bool = False,
        by_hand: bool = False,
        feedback_id: str = "",
        signer: Signer | None = None,
    ) -> None:
        template = message_template(compiled)
        self._domain = sender.domain
        boundary = f"=_{compiled.version}"  # "=_" cannot occur in quoted-printable (RFC 2045 §6.7)
        self._signer = signer
        self._static_fields = [
            *_static_fields(sender, service=service, by_hand=by_hand, feedback_id=feedback_id),
            b"MIME-Version: 1.0\r\n",
        ]
        self._alternative = _multipart("alternative", boundary)
        self._outer = f"=_m{compiled.version}"
        separator = f"--{boundary}\r\n"
        text = _pieces(template.text, before=separator + _PART.format("plain"), after=f"\r\n{separator}")
        html = _pieces(template.html, before=_PART.format("html"), after=f"\r\n--{boundary}--\r\n")
        self._text_order, self._html_order = template.text.order, template.html.order
        self._body = [*text[:-1], text[-1] + html[0], *html[1:]]

    def build(
        self,
        values: MessageValues,
        *,
        to: str,
        message_token: str,
        date: datetime,
        to_name: str = "",
        unsubscribe_url: str = "",
        unsubscribe_address: str = "",
        in_reply_to: str = "",
        headers: Mapping[str, str] | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> bytes:
        """One message, with CRLF line ends, ready for SMTP's DATA (no line begins with a dot).

        `message_token`: the delivery's `sign_return` token; with the sender's domain it is the Message-ID,
        the same each time this delivery is built. `date` has a time zone. `unsubscribe_url`: https, per
        recipient (RFC 8058); `unsubscribe_address`: an optional mailbox besides. `in_reply_to`: the
        Message-ID that it answers. `headers`: more fields, such as X-Campaign. Raises `BadAddress`
        (permanent), or ValueError on a header of the caller's own making.
        """
        if not _TOKEN.fullmatch(message_token):
            raise ValueError("A message token is 1 to 64 letters, digits, dots, dashes or underscores.")
        fields = [
            date_line(date.replace(microsecond=0)),
            f"Message-ID: <{message_token}@{self._domain}>\r\n".encode("ascii"),
            mailbox("To", to, to_name),
            unstructured("Subject", values.subject),
        ]
        if unsubscribe_url:
            fields += _unsubscribe(unsubscribe_url, unsubscribe_address)
        if in_reply_to:
            fields += thread_fields(in_reply_to)
        for name, value in (headers or {}).items():
            fields.append(_extra(name, value))
        fields += self._static_fields
        body = self._filled(values)
        if attachments:
            fields.append(_multipart("mixed", self._outer))
            body = self._with(attachments, body)
        else:
            fields.append(self._alternative)
        if self._signer is None:
            return b"".join([*fields, b"\r\n", *body])
        whole = b"".join(body)
        signatures = self._signer.signatures(fields, whole, at=int(date.timestamp()))
        return b"".join([signatures, *fields, b"\r\n", whole])

    def _with(self, attachments: Sequence[Attachment], body: list[bytes]) -> list[bytes]:
        """The message as the first part, then the files."""
        separator = f"--{self._outer}\r\n".encode("ascii")
        parts = [piece for one in attachments for piece in (separator, one.part())]
        end = f"--{self._outer}--\r\n".encode("ascii")
        return [separator, self._alternative, b"\r\n", *body, *parts, end]

    def _filled(self, values: MessageValues) -> list[bytes]:
        # Addresses are the same in both parts: each distinct value is encoded once.
        encoded = {value: encode_piece(value) for value in {*values.text, *values.html}}
        text = [encoded[values.text[number]] for number in self._text_order]
        html = [encoded[values.html[number]] for number in self._html_order]
        body = [b""] * (2 * len(self._body) - 1)
        body[::2] = self._body
        body[1::2] = text + html
        return body


def _multipart(kind: str, boundary: str) -> bytes:
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n'.encode("ascii")


def _pieces(template: SlotTemplate, *, before: str, after: str) -> list[bytes]:
    *segments, last = template.segments
    pieces = [encode_piece(segment) for segment in segments] + [encode_end(last)]
    pieces[0] = before.encode("ascii") + pieces[0]
    pieces[-1] += after.encode("ascii")
    return pieces


def _static_fields(sender: SenderData, *, service: bool, by_hand: bool, feedback_id: str) -> list[bytes]:
    parts = [mailbox("From", sender.address, sender.name)]
    if sender.reply_to:
        parts.append(mailbox("Reply-To", sender.reply_to))
    if not by_hand:
        parts.append(b"Auto-Submitted: auto-generated\r\n" if service else b"Precedence: bulk\r\n")
        parts.append(b"X-Auto-Response-Suppress: OOF, AutoReply\r\n")  # Exchange's absence notices
    if feedback_id:
        parts.append(unstructured("Feedback-ID", feedback_id))
    return parts


def _unsubscribe(url: str, address: str) -> list[bytes]:
    if not _URL.fullmatch(url):
        raise ValueError("An unsubscribe address is an http or https address in ASCII.")
    ways = f"<{url}>"
    if address:
        ways += f",\r\n <mailto:{checked_address(address)}>"
    return [
        f"List-Unsubscribe: {ways}\r\n".encode("ascii"),
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
    ]


def _extra(name: str, value: str) -> bytes:
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
        raise ValueError(f"{name!r} is not a header that can be added.")
    return unstructured(name, value)
