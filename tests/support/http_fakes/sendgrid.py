"""SendGrid's `POST /v3/mail/send`, and the questions of a check.

Rules from "Mail Send" and its OpenAPI description (twilio/sendgrid-oai): 1,000 personalizations, each address
once, substitutions of 10,000 bytes, text/plain before text/html, reserved headers. Content is also given to
the validators of the `sendgrid` package. Its own tracking would change links unless it is switched off.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from sendgrid.helpers.mail.validators import ValidateApiKey

from tests.support.http_fakes.api import FakeApi, Refusal, Reply, Taken, ok, read_json

RESERVED = set(
    "x-sg-id x-sg-eid received dkim-signature content-type content-transfer-encoding to from subject reply-to"
    " cc bcc".split()
)
KNOWN = set(
    "personalizations from reply_to reply_to_list subject content attachments template_id headers categories"
    " custom_args send_at batch_id asm ip_pool_name mail_settings tracking_settings".split()
)
KNOWN_INSIDE = set(
    "from to cc bcc subject headers substitutions dynamic_template_data custom_args send_at".split()
)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class SendGridFake(FakeApi):
    wants_header = "authorization"
    wants_value = f"Bearer {FakeApi.key}"

    def __init__(self, *, lean: bool = False) -> None:
        super().__init__(lean=lean)
        self.scopes = ["mail.send"]
        self.domains = ["example.org"]

    def wrong_credentials(self) -> Refusal:
        return _bad("The provided authorization grant is invalid, expired, or revoked", status=401)

    def asked(self, path: str) -> Reply:
        if self.suspended:
            raise _bad("access forbidden", status=403)
        match path:
            case "/v3/scopes":
                return ok({"scopes": self.scopes})
            case "/v3/whitelabel/domains":
                return ok([{"domain": name, "valid": True} for name in self.domains])
            case "/v3/verified_senders":
                return ok({"results": [{"from_email": "news@example.org", "verified": True}]})
        raise _bad("not found", status=404)

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if path != "/v3/mail/send":
            raise _bad("not found", status=404)
        if len(body) > 30_000_000:
            raise _bad("content too large", status=413)
        call = read_json(body, _bad("Bad Request"))
        self._check(call)
        message_id = uuid.uuid4().hex[:22]
        found = call["personalizations"]
        if self.lean:
            self.count(len(found))
        else:
            ValidateApiKey().validate_message_dict(call)
            self.take([_made(call, one, message_id) for one in found])
        return Reply(202, b"", {"X-Message-Id": message_id})

    def _check(self, call: dict[str, Any]) -> None:
        if strangers := set(call) - KNOWN:
            raise _bad(f"Additional properties are not allowed: {strangers}")
        if self.suspended:
            raise _bad("access forbidden", status=403)
        sender = call.get("from", {}).get("email", "")
        if not _ADDRESS.fullmatch(sender):
            raise _bad("The from object must be provided for every email send", "from.email")
        if sender in self.unverified:
            raise _bad("The from address does not match a verified Sender Identity.", "from", status=403)
        kinds = [one["type"] for one in call.get("content", [])]
        if not kinds or kinds != sorted(kinds, key=["text/plain", "text/html"].index):
            raise _bad("The content value must be given, text/plain first", "content")
        found = call.get("personalizations") or []
        if not 0 < len(found) <= 1_000:
            raise _bad("There must be 1 to 1000 personalizations", "personalizations")
        seen: set[str] = set()
        for number, one in enumerate(found):
            self._check_one(number, one, seen)

    def _check_one(self, number: int, one: dict[str, Any], seen: set[str]) -> None:
        field = f"personalizations.{number}"
        if strangers := set(one) - KNOWN_INSIDE:
            raise _bad(f"Additional properties are not allowed: {strangers}", field)
        for place, to in enumerate(one["to"]):
            address = to["email"]
            if not _ADDRESS.fullmatch(address) or address in self.bad_recipients:
                raise _bad("Does not contain a valid address.", f"{field}.to.{place}.email")
            if address.lower() in seen:
                raise _bad("Each email address in the personalization block should be unique.", field)
            seen.add(address.lower())
        values = one.get("substitutions", {})
        if sum(len(name.encode()) + len(value.encode()) for name, value in values.items()) > 10_000:
            raise _bad("substitutions may hold 10000 bytes", f"{field}.substitutions")
        if RESERVED & {name.lower() for name in one.get("headers", {})}:
            raise _bad("a reserved header was given", f"{field}.headers")


def _bad(message: str, field: str | None = None, *, status: int = 400) -> Refusal:
    return Refusal(status, {"errors": [{"message": message, "field": field, "help": None}]})


def _made(call: dict[str, Any], one: dict[str, Any], message_id: str) -> Taken:
    values = one.get("substitutions", {})
    content = {part["type"]: part["value"] for part in call["content"]}
    tracking = call.get("tracking_settings", {})
    html = rendered(content.get("text/html", ""), values)
    if tracking.get("click_tracking", {}).get("enable", True):
        html = html.replace('href="', 'href="https://tracked.example/')
    if tracking.get("open_tracking", {}).get("enable", True):
        html += '<img src="https://tracked.example/open">'
    return Taken(
        recipient=one["to"][0]["email"],
        key=one.get("custom_args", {}).get("mid", ""),
        sender=call["from"]["email"],
        subject=rendered(one.get("subject") or call["subject"], values),
        html=html,
        text=rendered(content.get("text/plain", ""), values),
        headers={**call.get("headers", {}), **one.get("headers", {})},
        message_id=message_id,
    )


def rendered(source: str, values: Mapping[str, str]) -> str:
    """Tags replaced one after the other, in values too: the worst that a replacement may do."""
    for tag, value in values.items():
        source = source.replace(tag, value)
    return source
