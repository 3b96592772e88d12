"""Brevo's `POST /smtp/email` with message versions, and the questions of a check.

Rules from developers.brevo.com: "Batch send transactional emails", "Batch email idempotency", "Rate limits",
and the descriptions in brevo-python 5.1.0 (1,000 versions, 2,000 recipients, 99 a version, values 100 KB a
version and 1,000 KB a call). Values are escaped for HTML outside `{% autoescape off %}`.
"""

from __future__ import annotations

import html
import json
import re
import time
import uuid
from collections.abc import Mapping
from typing import Any

from tests.support.http_fakes.api import FakeApi, Refusal, Reply, Taken, ok, read_json

TTL = 15 * 60
_TOKENS = re.compile(
    r"\{\{\s*params\.(\w+)\s*\}\}|\{%\s*(\w+)\s*(\w*)\s*%\}|\{#.*?#\}|\{\{.*?\}\}", re.DOTALL
)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class BrevoFake(FakeApi):
    wants_header = "api-key"
    wants_value = FakeApi.key

    def __init__(self, *, lean: bool = False) -> None:
        super().__init__(lean=lean)
        self.keys: dict[str, float] = {}
        self.credits = 50_000
        self.domains = ["example.org"]

    def start_over(self) -> int:
        self.keys.clear()
        return super().start_over()

    def wrong_credentials(self) -> Refusal:
        return Refusal(401, {"message": "Key not found", "code": "unauthorized"})

    def asked(self, path: str) -> Reply:
        match path:
            case "/account":
                relay = {"enabled": not self.suspended}
                plan = [{"type": "payAsYouGo", "creditsType": "sendLimit", "credits": self.credits}]
                return ok({"email": "campaign@example.org", "plan": plan, "relay": relay})
            case "/senders/domains":
                return ok(
                    {"domains": [{"domain_name": name, "authenticated": True} for name in self.domains]}
                )
            case "/senders":
                return ok({"senders": [{"email": "news@example.org", "active": True}]})
        raise Refusal(404, {"code": "document_not_found", "message": "Path not found"})

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if path != "/smtp/email":
            raise Refusal(404, {"code": "document_not_found", "message": "Path not found"})
        call = read_json(body, _bad("Input must be a valid JSON object"))
        self._check(call)
        self._ask_key(call.get("headers") or {})
        versions = call["messageVersions"]
        ids = [f"<{uuid.uuid4().hex}.{number}@smtp-relay.mailin.fr>" for number in range(len(versions))]
        if self.lean:
            self.count(len(versions))
        else:
            self.take([_made(call, version, one) for version, one in zip(versions, ids, strict=True)])
        return ok({"messageId": ids[0]} if len(ids) == 1 else {"messageIds": ids}, 201)

    def _check(self, call: dict[str, Any]) -> None:
        if self.suspended:
            raise Refusal(403, {"code": "permission_denied", "message": "Your account is under validation"})
        if not self.credits:
            raise Refusal(402, {"code": "not_enough_credits", "message": "Not enough credits"})
        sender = (call.get("sender") or {}).get("email", "")
        if not _ADDRESS.fullmatch(sender):
            raise _bad("valid sender email is missing")
        if sender in self.unverified:
            raise _bad(f"Sending has been rejected because the sender you used {sender} is not valid")
        if not call.get("subject") or not (call.get("htmlContent") or call.get("textContent")):
            raise _bad("subject and htmlContent or textContent are missing", "missing_parameter")
        versions = call.get("messageVersions") or []
        if not 0 < len(versions) <= 1_000:
            raise _bad("messageVersions must have 1 to 1000 items")
        values = 0
        for number, version in enumerate(versions):
            values += self._check_version(number, version)
        if values > 1_000_000:
            raise _bad("cumulative params of messageVersions exceed 1000 KB")

    def _check_version(self, number: int, version: dict[str, Any]) -> int:
        to = version.get("to") or []
        if not 0 < len(to) <= 99:
            raise _bad(f"messageVersions[{number}].to must have 1 to 99 items")
        for one in to:
            if not _ADDRESS.fullmatch(one["email"]) or one["email"] in self.bad_recipients:
                raise _bad(f"email is not valid in messageVersions[{number}].to")
        for name, value in (version.get("headers") or {}).items():
            if not isinstance(value, str) or not value.isascii():
                raise _bad(f"header {name} of messageVersions[{number}] is not valid")
        size = len(json.dumps(version.get("params") or {}, ensure_ascii=False).encode())
        if size > 100_000:
            raise _bad(f"params of messageVersions[{number}] exceed 100 KB")
        return size

    def _ask_key(self, headers: Mapping[str, str]) -> None:
        key = headers.get("idempotencyKey")
        if key is None:
            return
        uuid.UUID(key)
        if self.keys.get(key, 0.0) > time.monotonic():
            raise _bad("idempotencyKey was used already", "duplicate_parameter")
        self.keys[key] = time.monotonic() + TTL


def _bad(message: str, code: str = "invalid_parameter") -> Refusal:
    return Refusal(400, {"code": code, "message": message})


def _made(call: dict[str, Any], version: dict[str, Any], message_id: str) -> Taken:
    values = version.get("params") or {}
    headers = {**(call.get("headers") or {}), **(version.get("headers") or {})}
    headers.pop("idempotencyKey", None)
    return Taken(
        recipient=version["to"][0]["email"],
        key=headers.pop("X-Mailin-custom", ""),
        sender=call["sender"]["email"],
        subject=rendered(version.get("subject") or call["subject"], values),
        html=rendered(version.get("htmlContent") or call.get("htmlContent", ""), values),
        text=rendered(version.get("textContent") or call.get("textContent", ""), values),
        headers=headers,
        message_id=message_id,
    )


def rendered(source: str, values: Mapping[str, str]) -> str:
    """Brevo's template language, as much as may meet our texts: what it does not know becomes nothing."""
    escaping = [True]

    def value(found: re.Match[str]) -> str:
        if found[1]:
            told = str(values.get(found[1], ""))
            return html.escape(told) if escaping[-1] else told
        if found[2] == "autoescape":
            escaping.append(found[3] != "off")
        if found[2] == "endautoescape":
            escaping.pop()
        return ""

    return _TOKENS.sub(value, source)
