"""SendGrid's v3 Mail Send: one call of `POST /v3/mail/send` with a personalization a recipient.

Values are put in by substitution tags of our own choosing, replaced as plain text: they hold a random part,
so that nothing in a text can look like one. Tracking and the subscription footer are off.
Source: Twilio SendGrid, "Mail Send", "Substitution Tags", "Personalizations"; models of `sendgrid` 6.12.5.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from messaging.providers.base import OutgoingMessage, Result, SharedContent
from messaging.providers.http.api import BatchApi
from messaging.providers.http.batches import Limits
from messaging.providers.http.config import HttpConfig
from messaging.providers.http.encoding import quoted, texts_json, to_json
from messaging.providers.http.metadata import KEY_NAME
from messaging.providers.http.provider import HttpProvider
from messaging.providers.http.template import SlotValues, Syntax, Template
from messaging.providers.http.transport import Answer, Request
from messaging.providers.sendgrid import answers

_OFF = {"enable": False}
TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": _OFF,
    "subscription_tracking": _OFF,
    "ganalytics": _OFF,
}
_SPECIAL = re.compile(r"<%|%>|\[%|%\]")  # marks of its footers and pixels, off here: literal either way


@dataclass(frozen=True)
class Prepared:
    values: SlotValues
    headers: dict[str, str]
    head: bytes  # a call up to its personalizations


class SendGridApi(BatchApi):
    # 1,000 personalizations, 10,000 bytes of substitutions each (another page: 50,000); 30 MB a message.
    limits = Limits(messages=1_000, call_bytes=15_000_000, message_bytes=10_000)

    def prepare(self, shared: SharedContent) -> Prepared:
        mark = secrets.token_hex(4)

        def tag(name: str) -> str:
            return f"-{mark}.{name}-"

        template = Template(shared, Syntax(tag, _SPECIAL))
        content = [("text/plain", template.text), ("text/html", template.html)]  # in this order
        head: dict[str, Any] = {
            "from": {"email": shared.from_address, "name": shared.from_name},
            "subject": template.subject,
            "content": [{"type": kind, "value": text} for kind, text in content if text],
            "tracking_settings": TRACKING,
        }
        if shared.reply_to:
            head["reply_to"] = {"email": shared.reply_to}
        values = SlotValues(shared, template.literals, tag)
        before = to_json(head)[:-1] + b',"personalizations":['
        return Prepared(values, dict(shared.headers), before)

    def fragment(self, prepared: Prepared, message: OutgoingMessage) -> bytes:
        headers = texts_json({**prepared.headers, **message.headers})
        values = f',"substitutions":{prepared.values.json(message)}' if prepared.values else ""
        return (
            f'{{"to":[{{"email":{quoted(message.recipient)}}}],"headers":{headers},'
            f'"custom_args":{{"{KEY_NAME}":{quoted(message.key)}}}{values}}}'
        ).encode()

    def request(
        self, prepared: Prepared, fragments: Sequence[bytes], messages: Sequence[OutgoingMessage]
    ) -> Request:
        body = prepared.head + b",".join(fragments) + b"]}"
        return Request("/v3/mail/send", body, {"Content-Type": "application/json"})

    def read(self, answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
        return answers.read(answer, messages)


class SendGridProvider(HttpProvider):
    kind = "sendgrid"

    def __init__(self, config: HttpConfig) -> None:
        super().__init__(SendGridApi(), config, headers={"Authorization": f"Bearer {config['api_key']}"})
