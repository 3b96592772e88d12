"""Mailgun's v3 messages: one call of `POST /v3/{domain}/messages` with `recipient-variables`.

`%recipient.s0%` works in texts, in headers (`h:`) and in the data that events give back (`v:`), so that each
recipient has headers of their own. Tracking is off. The form is written here, to count its bytes.
Source: Mailgun, "Batch sending" and "Sending messages"; that variables reach headers: django-anymail 15.2.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formataddr
from functools import lru_cache
from urllib.parse import quote

from messaging.providers.base import OutgoingMessage, Result, SharedContent
from messaging.providers.http.api import BatchApi
from messaging.providers.http.batches import Limits
from messaging.providers.http.config import HttpConfig
from messaging.providers.http.encoding import quoted, texts_json
from messaging.providers.http.metadata import KEY_NAME
from messaging.providers.http.provider import HttpProvider
from messaging.providers.http.template import SlotValues, Syntax, Template
from messaging.providers.http.transport import Answer, Request
from messaging.providers.mailgun import answers

SYNTAX = Syntax(
    placeholder=lambda name: f"%recipient.{name}%",
    special=re.compile(r"%(?=recipient|unsubscribe|mailing_list|tag_unsubscribe)", re.IGNORECASE),
    edge="%",
)
OPTIONS = (("o:tracking", "no"), ("o:tracking-clicks", "no"), ("o:tracking-opens", "no"))

Form = list[tuple[str, str]]


@dataclass(frozen=True)
class Prepared:
    values: SlotValues
    form: Form


class MailgunApi(BatchApi):
    # 1,000 recipients; 25 MB a message. How much a recipient's variables may hold is not documented.
    limits = Limits(messages=1_000, call_bytes=20_000_000, message_bytes=50_000)

    def __init__(self, config: HttpConfig) -> None:
        self._path = f"/v3/{quote(config['domain'], safe='')}/messages"

    def prepare(self, shared: SharedContent) -> Prepared:
        template = Template(shared, SYNTAX)
        form: Form = [
            ("from", formataddr((shared.from_name, shared.from_address))),
            ("subject", template.subject),
            ("text", template.text),
            ("html", template.html),
            ("h:Reply-To", shared.reply_to),
            *((f"h:{name}", value) for name, value in shared.headers.items()),
            *OPTIONS,
            (f"v:{KEY_NAME}", SYNTAX.placeholder(KEY_NAME)),
        ]
        values = SlotValues(shared, template.literals)
        return Prepared(values, [field for field in form if field[1]])

    def fragment(self, prepared: Prepared, message: OutgoingMessage) -> bytes:
        own = {KEY_NAME: message.key}
        own |= {_header_name(name): value for name, value in message.headers.items()}
        values = f"{prepared.values.json(message)[1:-1]}," if prepared.values else ""
        return f"{quoted(message.recipient)}:{{{values}{texts_json(own)[1:]}".encode()

    def request(
        self, prepared: Prepared, fragments: Sequence[bytes], messages: Sequence[OutgoingMessage]
    ) -> Request:
        # All messages of a mailing have the same header fields; a missing value would show its placeholder.
        names = {name: None for message in messages for name in message.headers}
        head = [
            *prepared.form,
            *((f"h:{name}", SYNTAX.placeholder(_header_name(name))) for name in names),
            # Commas separate recipients; with variables, each gets a message that names nobody else.
            ("to", ",".join([message.recipient for message in messages])),
        ]
        boundary = uuid.uuid4().hex
        parts = [_field(boundary, name, value.encode()) for name, value in head]
        variables = b"{" + b",".join(fragments) + b"}"
        body = b"".join(
            [*parts, _field(boundary, "recipient-variables", variables), f"--{boundary}--\r\n".encode()]
        )
        return Request(self._path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def read(self, answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
        return answers.read(answer, messages)


class MailgunProvider(HttpProvider):
    kind = "mailgun"

    def __init__(self, config: HttpConfig) -> None:
        super().__init__(MailgunApi(config), config, basic=("api", config["api_key"]))


@lru_cache(maxsize=64)
def _header_name(name: str) -> str:
    """The variable of a header's value."""
    return "h_" + name.lower().replace("-", "_")


def _field(boundary: str, name: str, value: bytes) -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    return head.encode() + value + b"\r\n"
