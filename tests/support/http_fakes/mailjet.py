"""Mailjet's `POST /v3.1/send`, and the question of a check.

Rules from "Send API v3.1" and the types of mailjet-rest 1.9.1: 50 messages, common properties in `Globals`,
each message with its own fate, errors with what they are related to, headers that are properties refused,
repeats of one campaign dropped by address. Links are changed unless tracking is disabled.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Mapping
from typing import Any

from tests.support.http_fakes.api import FakeApi, Refusal, Reply, Taken, ok, read_json

PROPERTIES = set(
    "From Sender To Cc Bcc ReplyTo Subject TextPart HTMLPart TemplateID TemplateLanguage Attachments"
    " TemplateErrorReporting TemplateErrorDeliver InlinedAttachments Priority CustomCampaign TrackOpens"
    " TrackClicks DeduplicateCampaign CustomID EventPayload URLTags Headers Variables".split()
)
RESERVED = set("from sender subject to cc bcc reply-to return-path dkim-signature received".split())
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NUMBERS = itertools.count(70_650_219_165_027_000)


class MailjetFake(FakeApi):
    wants_header = "authorization"

    def __init__(self, *, lean: bool = False) -> None:
        super().__init__(lean=lean)
        self.senders = ["*@example.org"]
        self.seen: set[tuple[str, str]] = set()
        self.blocked: list[str] = []  # second messages of one campaign to one address

    def ask_credentials(self, headers: Mapping[str, str], body: bytes) -> None:
        wanted = "Basic " + base64.b64encode(f"public:{self.key}".encode()).decode()
        if headers.get("authorization") != wanted:
            raise self.wrong_credentials()

    def wrong_credentials(self) -> Refusal:
        text = "API key authentication/authorization failure. You may be unauthorized to access the API."
        return _whole(401, "mj-0002", text)

    def asked(self, path: str) -> Reply:
        if self.suspended:
            raise _whole(403, "mj-0003", "Your account has been temporarily blocked")
        if path.partition("?")[0] == "/v3/REST/sender":
            return ok({"Count": 1, "Data": [{"Email": one, "Status": "Active"} for one in self.senders]})
        raise _whole(404, "mj-0001", "Not found")

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if path != "/v3.1/send":
            raise _whole(404, "mj-0001", "Not found")
        call = read_json(body, _whole(400, "mj-0031", "Malformed JSON"))
        if self.suspended:
            raise _whole(403, "mj-0003", "Your account has been temporarily blocked")
        if set(call) - {"Messages", "Globals", "SandboxMode", "AdvanceErrorHandling"}:
            raise _whole(400, "send-0001", "Unknown property")
        if not 0 < len(call["Messages"]) <= 50:
            raise _whole(400, "send-0004", "Messages must have 1 to 50 items")
        entries = [self._one({**call.get("Globals", {}), **message}) for message in call["Messages"]]
        failed = any(entry["Status"] == "error" for entry in entries)
        return ok({"Messages": entries}, 400 if failed else 200)

    def _one(self, message: dict[str, Any]) -> dict[str, Any]:
        if fault := self._fault(message):
            code, text, related = fault
            error = {"ErrorCode": code, "StatusCode": 400, "ErrorMessage": text, "ErrorRelatedTo": [related]}
            return {"Status": "error", "Errors": [{"ErrorIdentifier": "0", **error}]}
        number, address = next(_NUMBERS), message["To"][0]["Email"]
        if self.lean:
            self.count(1)
        elif message.get("DeduplicateCampaign") and (message["CustomCampaign"], address) in self.seen:
            self.blocked.append(address)
        else:
            self.seen.add((message.get("CustomCampaign", ""), address))
            self.take([_made(message, number)])
        to = {"Email": address, "MessageUUID": str(number), "MessageID": number, "MessageHref": ""}
        return {"Status": "success", "CustomID": message.get("CustomID", ""), "To": [to], "Cc": [], "Bcc": []}

    def _fault(self, message: dict[str, Any]) -> tuple[str, str, str] | None:
        if strangers := set(message) - PROPERTIES:
            return "send-0001", f"Unknown properties {strangers}", "Messages"
        sender, address = message["From"]["Email"], message["To"][0]["Email"]
        if sender in self.unverified:
            text = f'"{sender}" is not an authorized sender email address for your account.'
            return "send-0008", text, "From"
        if not _ADDRESS.fullmatch(address) or address in self.bad_recipients:
            return "mj-0013", f'"{address}" is an invalid email address.', "To[0].Email"
        if RESERVED & {name.lower() for name in message.get("Headers", {})}:
            return "send-0011", "Header cannot be customized", "Headers"
        if len(message.get("CustomID", "")) > 255:
            return "send-0012", "CustomID is too long", "CustomID"
        if not (message.get("HTMLPart") or message.get("TextPart")):
            return "send-0003", "At least HTMLPart or TextPart must be provided.", "HTMLPart"
        return None


def _whole(status: int, code: str, text: str) -> Refusal:
    return Refusal(
        status, {"ErrorIdentifier": "0", "ErrorCode": code, "StatusCode": status, "ErrorMessage": text}
    )


def _made(message: dict[str, Any], number: int) -> Taken:
    html = message.get("HTMLPart", "")
    if message.get("TrackClicks") != "disabled":
        html = html.replace('href="', 'href="https://tracked.example/')
    if message.get("TrackOpens") != "disabled":
        html += '<img src="https://tracked.example/open">'
    return Taken(
        recipient=message["To"][0]["Email"],
        key=message.get("CustomID", ""),
        sender=message["From"]["Email"],
        subject=message["Subject"],
        html=html,
        text=message.get("TextPart", ""),
        headers=message.get("Headers", {}),
        message_id=str(number),
    )
