"""Mailgun's `POST /v3/{domain}/messages` with recipient variables, and the question of a check.

Rules from "Batch sending" and "Sending messages": 1,000 recipients, one bad address fails the call, options,
headers and variables (`o:`, `h:`, `v:`) of 16 kB, one id for all. Without variables every recipient would see
the others; links are changed unless tracking is off. The form is read by the standard library's parser.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qs

from tests.support.http_fakes.api import FakeApi, Refusal, Reply, Taken, ok

DOMAIN = "mg.example.org"
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s.,]+")
_VARIABLE = re.compile(
    r"%recipient\.([\w:-]+)%|%recipient(?:_\w+)?%|%(?:unsubscribe|mailing_list_unsubscribe|tag_unsubscribe)\w*%",
    re.IGNORECASE,
)

Form = dict[str, list[str]]


class MailgunFake(FakeApi):
    def __init__(self, *, lean: bool = False) -> None:
        super().__init__(lean=lean)
        self.state = "active"

    def ask_credentials(self, headers: Mapping[str, str], body: bytes) -> None:
        wanted = "Basic " + base64.b64encode(f"api:{self.key}".encode()).decode()
        if headers.get("authorization") != wanted:
            raise self.wrong_credentials()

    def wrong_credentials(self) -> Refusal:
        return Refusal(401, {"message": "Invalid private key"})

    def asked(self, path: str) -> Reply:
        if path != f"/v3/domains/{DOMAIN}":
            raise Refusal(404, {"message": "Domain not found"})
        domain = {"name": DOMAIN, "state": "disabled" if self.suspended else self.state}
        return ok({"domain": domain, "sending_dns_records": [{"record_type": "TXT", "valid": "valid"}]})

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if path != f"/v3/{DOMAIN}/messages":
            raise Refusal(404, {"message": "Domain not found"})
        form = read_form(headers["content-type"], body)
        recipients = [one.strip() for field in form.get("to", []) for one in field.split(",")]
        variables = json.loads(form.get("recipient-variables", ["{}"])[0])
        self._check(form, recipients, variables)
        message_id = f"<{uuid.uuid4().hex}@{DOMAIN}>"
        if self.lean:
            self.count(len(recipients))
        else:
            self.take([_made(form, one, variables.get(one, {}), message_id) for one in recipients])
        return ok({"id": message_id, "message": "Queued. Thank you."})

    def _check(self, form: Form, recipients: list[str], variables: Mapping[str, object]) -> None:
        if self.suspended:
            raise Refusal(403, {"message": "Your account has been temporarily disabled"})
        sender = form.get("from", [""])[0]
        if not sender:
            raise Refusal(400, {"message": "from parameter is missing"})
        if any(address in sender for address in self.unverified):
            text = (
                f"Domain {DOMAIN} is not allowed to send: The domain is unverified and requires DNS set up."
            )
            raise Refusal(403, {"message": text})
        if not form.get("html") and not form.get("text"):
            raise Refusal(400, {"message": "Need at least one of 'text', 'html' parameters specified"})
        if not 0 < len(recipients) <= 1_000:
            raise Refusal(400, {"message": "to parameter must have 1 to 1000 recipients"})
        if any(not _ADDRESS.fullmatch(one) or one in self.bad_recipients for one in recipients):
            raise Refusal(400, {"message": "to parameter is not a valid address. please check documentation"})
        if len(recipients) > 1 and set(recipients) != set(variables):
            raise AssertionError("A recipient without variables would see the others.")
        extra = [(name, values) for name, values in form.items() if name[:2] in ("o:", "h:", "v:")]
        if sum(len(name) + sum(map(len, values)) for name, values in extra) > 16_000:
            raise Refusal(400, {"message": "o:, h:, v: and t: parameters may have 16 kB together"})


def read_form(content_type: str, body: bytes) -> Form:
    """Fields of a multipart or a URL-encoded form."""
    if content_type.startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode(), keep_blank_values=True)
    parser = BytesParser(policy=HTTP)
    message = parser.parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    form: Form = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(value, bytes)
        form.setdefault(name, []).append(value.decode())
    return form


def _made(form: Form, recipient: str, values: Mapping[str, str], message_id: str) -> Taken:
    def filled(name: str) -> str:
        return _VARIABLE.sub(value, form.get(name, [""])[0])

    def value(found: re.Match[str]) -> str:
        return str(values.get(found[1], "")) if found[1] else "put in by Mailgun"

    html = filled("html")
    if form.get("o:tracking", ["yes"])[0] != "no" and form.get("o:tracking-clicks", ["yes"])[0] != "no":
        html = html.replace('href="', 'href="https://tracked.example/')
    return Taken(
        recipient=recipient,
        key=filled("v:mid"),
        sender=form["from"][0].rpartition("<")[2].rstrip(">"),
        subject=filled("subject"),
        html=html,
        text=filled("text"),
        headers={name[2:]: filled(name) for name in form if name.startswith("h:")},
        message_id=message_id,
    )
