"""Brevo's transactional API v3: one call of `POST /smtp/email` with a version a recipient.

Brevo escapes values for HTML unless told otherwise, and ours are escaped already: both texts are inside
`{% autoescape off %}`. A subject is written out in each version, so it depends on no variable. Every value
is in the version itself: with a single version Brevo ignored the values common to a call.
Sources: developers.brevo.com/docs/batch-send-transactional-emails and /heterogenous-versions-batch-emails
(idempotency), help.brevo.com "Disable auto-escaping".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import Header
from typing import Any

from messaging.providers.base import OutgoingMessage, Result, SharedContent
from messaging.providers.brevo import answers
from messaging.providers.http.api import BatchApi
from messaging.providers.http.batches import Limits
from messaging.providers.http.config import HttpConfig
from messaging.providers.http.encoding import quoted, texts_json, to_json
from messaging.providers.http.provider import HttpProvider
from messaging.providers.http.template import SlotValues, Syntax, Template, joined
from messaging.providers.http.transport import Answer, Request

KEY_HEADER = "X-Mailin-custom"
"""What Brevo gives back in each event. The reader can see it; it is opaque."""

SYNTAX = Syntax(
    placeholder=lambda name: "{{params." + name + "}}",
    special=re.compile(r"\{[{%#]|[}%#]\}"),
    edge="{}%#",
)
_RAW = "{% autoescape off %}", "{% endautoescape %}"
_SUBJECT = "subject"  # the value of a subject that looks like a template


@dataclass(frozen=True)
class Prepared:
    shared: SharedContent
    values: SlotValues
    head: bytes  # a call up to its own headers


class BrevoApi(BatchApi):
    # At most 1,000 versions; values at most 100 KB a version and 1,000 KB a call (KB of 1,000 bytes assumed).
    # What is counted here is a version's whole JSON, so the call stays below.
    limits = Limits(messages=1_000, call_bytes=990_000, message_bytes=95_000)
    repeats = 2  # the same `idempotencyKey` within its 15 minutes (30, says the newer page)

    def prepare(self, shared: SharedContent) -> Prepared:
        template = Template(shared, SYNTAX)
        head: dict[str, Any] = {
            "sender": {"name": _display_name(shared.from_name), "email": shared.from_address},
            # Each version has its own; Brevo asks for one here all the same.
            "subject": "".join(part for part in shared.subject if isinstance(part, str)).strip() or "-",
        }
        if shared.html:
            head["htmlContent"] = template.html.join(_RAW)
        if shared.text:
            head["textContent"] = template.text.join(_RAW)
        if shared.reply_to:
            head["replyTo"] = {"email": shared.reply_to}
        return Prepared(shared, SlotValues(shared, template.literals), to_json(head)[:-1])

    def fragment(self, prepared: Prepared, message: OutgoingMessage) -> bytes:
        values = prepared.values.json(message)
        subject = joined(prepared.shared.subject, message.slots)
        if SYNTAX.special.search(subject):
            own = f"{quoted(_SUBJECT)}:{quoted(subject)}"
            values = f"{values[:-1]},{own}}}" if prepared.values else f"{{{own}}}"
            subject = SYNTAX.placeholder(_SUBJECT).join(_RAW)
        headers = texts_json({**prepared.shared.headers, **message.headers, KEY_HEADER: message.key})
        return (
            f'{{"to":[{{"email":{quoted(message.recipient)}}}],"subject":{quoted(subject)},'
            f'"headers":{headers},"params":{values}}}'
        ).encode()

    def request(
        self, prepared: Prepared, fragments: Sequence[bytes], messages: Sequence[OutgoingMessage]
    ) -> Request:
        key = to_json({"idempotencyKey": str(uuid.uuid4())})
        body = b"".join(
            [prepared.head, b',"headers":', key, b',"messageVersions":[', b",".join(fragments), b"]}"]
        )
        return Request("/smtp/email", body, {"Content-Type": "application/json"})

    def read(self, answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
        return answers.read(answer, messages)

    def fixed_bytes(self, prepared: Prepared) -> int:
        """The limit is one of values: the texts are not counted."""
        return 0


class BrevoProvider(HttpProvider):
    kind = "brevo"

    def __init__(self, config: HttpConfig) -> None:
        super().__init__(BrevoApi(), config, headers={"api-key": config["api_key"]})


def _display_name(name: str) -> str:
    """Brevo drops a name with both accents and a comma (a finding of django-anymail): it is encoded here."""
    if name.isascii() or not re.search(r'[()<>@,;:\\".\[\]]', name):
        return name
    return Header(name, "utf-8", maxlinelen=10_000).encode()
