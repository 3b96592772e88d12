"""Mailjet's Send API v3.1: `POST /v3.1/send` with a whole message a recipient, 50 a call.

Its variables do not reach the subject, so messages are put together here; its template language is off by
default, and nothing in a text means anything to it. The pieces that messages share are escaped once.
Source: Mailjet, "Send API v3.1"; the types of mailjet-rest 1.9.1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from messaging.providers.base import OutgoingMessage, Result, SharedContent
from messaging.providers.http.api import BatchApi
from messaging.providers.http.batches import Limits
from messaging.providers.http.config import HttpConfig
from messaging.providers.http.encoding import to_json
from messaging.providers.http.provider import HttpProvider
from messaging.providers.http.template import joined, merged
from messaging.providers.http.transport import Answer, Request
from messaging.providers.mailjet import answers

_escaped = json.JSONEncoder(ensure_ascii=False).encode


def _inside(text: str) -> bytes:
    """A text as it stands inside a JSON string."""
    return _escaped(text)[1:-1].encode()


@dataclass(frozen=True)
class Prepared:
    shared: SharedContent
    html: Pieces
    text: Pieces
    head: bytes


class Pieces:
    """A text whose shared pieces are bytes of JSON already."""

    def __init__(self, parts: Sequence[str | int]) -> None:
        self._parts = [part if isinstance(part, int) else _inside(part) for part in merged(parts)]

    def __bool__(self) -> bool:
        return bool(self._parts)

    def filled(self, escaped: Sequence[bytes]) -> list[bytes]:
        """The pieces of the whole text for values that are JSON already, between quotes."""
        return [escaped[part] if isinstance(part, int) else part for part in self._parts]


class MailjetApi(BatchApi):
    # 50 messages; 15 MB each. Values are bounded by that alone.
    limits = Limits(messages=50, call_bytes=15_000_000, message_bytes=14_000_000)
    whole_messages = True

    def prepare(self, shared: SharedContent) -> Prepared:
        common: dict[str, Any] = {
            "From": {"Email": shared.from_address, "Name": shared.from_name},
            "TrackOpens": "disabled",
            "TrackClicks": "disabled",
        }
        if shared.reply_to:
            common["ReplyTo"] = {"Email": shared.reply_to}
        if shared.mailing:
            common |= {"CustomCampaign": shared.mailing, "DeduplicateCampaign": True}
        head = to_json({"Globals": common})[:-1] + b',"Messages":['
        return Prepared(shared, Pieces(shared.html), Pieces(shared.text), head)

    def fragment(self, prepared: Prepared, message: OutgoingMessage) -> bytes:
        own = {
            "To": [{"Email": message.recipient}],
            "Subject": joined(prepared.shared.subject, message.slots),
            # Whether common ones are added or replaced is not documented: all are here.
            "Headers": {**prepared.shared.headers, **message.headers},
            "CustomID": message.key,
        }
        escaped = [_inside(value) for value in message.slots]
        pieces = [to_json(own)[:-1]]
        for name, text in ((b',"TextPart":"', prepared.text), (b',"HTMLPart":"', prepared.html)):
            if text:
                pieces += [name, *text.filled(escaped), b'"']
        pieces.append(b"}")
        return b"".join(pieces)  # once: a message is tens of thousands of bytes

    def request(
        self, prepared: Prepared, fragments: Sequence[bytes], messages: Sequence[OutgoingMessage]
    ) -> Request:
        body = prepared.head + b",".join(fragments) + b"]}"
        return Request("/v3.1/send", body, {"Content-Type": "application/json"})

    def read(self, answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
        return answers.read(answer, messages)


class MailjetProvider(HttpProvider):
    kind = "mailjet"

    def __init__(self, config: HttpConfig) -> None:
        super().__init__(MailjetApi(), config, basic=(config["api_key"], config["secret_key"]))
