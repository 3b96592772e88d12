"""Amazon SES v2's SendBulkEmail, held to botocore's own service model.

Calls are checked by botocore's validator against the model's input shape (required members, lengths, enums)
and for members that the model does not have; signatures are made again with botocore's signer. Other limits:
50 entries a call, header values of printable ASCII. A missing value is a rendering failure after acceptance.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

from tests.support.http_fakes.api import FakeApi, Refusal, Reply, Taken, ok, read_json

PATH = "/v2/email/outbound-bulk-emails"
REGION = "eu-west-3"
KEY_ID = "AKIDEXAMPLE"
MOST_ENTRIES = 50
MOST_BYTES = 1_000_000
_TAG = re.compile(r"(\\*)(\{\{\{?)\s*([^{}]*?)\s*(\}\}\}?)", re.DOTALL)
_SIGNED = re.compile(r"Credential=([^/]+)/.*Signature=[0-9a-f]+")


class SesFake(FakeApi):
    def __init__(self, *, lean: bool = False) -> None:
        super().__init__(lean=lean)
        self.statuses: list[str] = []  # of the next entries, in place of SUCCESS
        self.lost: list[str] = []  # accepted, and never rendered
        self.identities = ["example.org"]

    def ask_credentials(self, headers: Mapping[str, str], body: bytes) -> None:
        found = _SIGNED.search(headers.get("authorization", ""))
        if found is None:
            raise error("MissingAuthenticationTokenException", 403, "Missing Authentication Token")
        if found[1] != KEY_ID or (self.key != type(self).key):
            raise self.wrong_credentials()

    def wrong_credentials(self) -> Refusal:
        return error(
            "UnrecognizedClientException", 403, "The security token included in the request is invalid."
        )

    def asked(self, path: str) -> Reply:
        if path == "/v2/email/account":
            quota = {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
            return ok(
                {
                    "SendingEnabled": not self.suspended,
                    "ProductionAccessEnabled": True,
                    "EnforcementStatus": "HEALTHY",
                    "SendQuota": quota,
                }
            )
        raise error("NotFoundException", 404, "Not found")

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if path == "/v2/email/list-identities":
            found = [
                {"IdentityType": "DOMAIN", "IdentityName": name, "SendingEnabled": True}
                for name in self.identities
            ]
            return ok({"EmailIdentities": found})
        if path != PATH:
            raise error("NotFoundException", 404, "Not found")
        self._check_signature(path, headers, body)
        call = read_json(body, error("BadRequestException", 400, "Malformed input"))
        self._check(call, len(body))
        entries = call["BulkEmailEntries"]
        ids = [f"{uuid.uuid4().hex[:16]}-{number:06d}" for number in range(len(entries))]
        if self.lean:
            self.count(len(entries))
            results = [{"Status": "SUCCESS", "MessageId": one} for one in ids]
        else:
            results = [self._take(call, entry, one) for entry, one in zip(entries, ids, strict=True)]
        return ok({"BulkEmailEntryResults": results})

    def _take(self, call: dict[str, Any], entry: dict[str, Any], message_id: str) -> dict[str, str]:
        status = self.statuses.pop(0) if self.statuses else "SUCCESS"
        recipient = entry["Destination"]["ToAddresses"][0]
        if recipient in self.bad_recipients:
            status = "INVALID_PARAMETER"
        if status != "SUCCESS":
            return {"Status": status, "Error": f"No message for {recipient}"}
        made = _made(call, entry, message_id)
        if made is None:
            self.lost.append(recipient)
        else:
            self.take([made])
        return {"Status": "SUCCESS", "MessageId": message_id}

    def _check(self, call: dict[str, Any], size: int) -> None:
        shape = operation().input_shape
        problems = ParamValidator().validate(call, shape)
        unknown = [] if self.lean else members_unknown_to(shape, call)
        if problems.has_errors() or unknown:
            raise error("BadRequestException", 400, f"{problems.generate_report()} {unknown}")
        if self.suspended:
            raise error("AccountSuspendedException", 400, "Your account is suspended")
        sender = call["FromEmailAddress"]
        if any(address in sender for address in self.unverified):
            text = f"Email address is not verified. The following identities failed the check: {sender}"
            raise error("MessageRejected", 400, text)
        if not 0 < len(call["BulkEmailEntries"]) <= MOST_ENTRIES:
            raise error("BadRequestException", 400, "Destination count should be 1 to 50")
        if size > MOST_BYTES:
            raise error("BadRequestException", 400, "The request is larger than 1 MB")
        headers = [one for entry in call["BulkEmailEntries"] for one in entry.get("ReplacementHeaders", [])]
        if any(not re.fullmatch(r"[ -~]*", one["Value"]) for one in headers):
            raise error("BadRequestException", 400, "Header values are printable ASCII")

    def _check_signature(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Sign the same call again, at the moment that it names."""
        signer = _SignerAt(Credentials(KEY_ID, self.key), "ses", REGION)
        signer.moment = headers.get("x-amz-date", "")
        again = AWSRequest(
            "POST",
            f"http://{headers['host']}{path}",
            data=body,
            headers={"Content-Type": headers["content-type"]},
        )
        signer.add_auth(again)
        if again.headers["Authorization"] != headers["authorization"]:
            raise error(
                "SignatureDoesNotMatch", 403, "The request signature we calculated does not match the key."
            )


class _SignerAt(SigV4Auth):
    moment = ""

    def _modify_request_before_signing(self, request: AWSRequest) -> None:
        request.context["timestamp"] = self.moment
        super()._modify_request_before_signing(request)


@lru_cache(maxsize=1)
def operation() -> OperationModel:
    return botocore.session.get_session().get_service_model("sesv2").operation_model("SendBulkEmail")


def members_unknown_to(shape: Shape, value: Any, path: str = "") -> list[str]:
    """Names in `value` that the model's shape does not have: botocore's validator lets them pass."""
    if shape.type_name == "list":
        return [found for one in value for found in members_unknown_to(shape.member, one, path)]
    if shape.type_name != "structure":
        return []
    strangers = [f"{path}.{name}" for name in value if name not in shape.members]
    for name, inner in value.items():
        if name in shape.members:
            strangers += members_unknown_to(shape.members[name], inner, f"{path}.{name}")
    return strangers


def error(name: str, status: int, message: str) -> Refusal:
    return Refusal(status, {"message": message}, {"x-amzn-ErrorType": name})


def _made(call: dict[str, Any], entry: dict[str, Any], message_id: str) -> Taken | None:
    template = call["DefaultContent"]["Template"]
    content, tracking = (
        template["TemplateContent"],
        call.get("ConfigurationOverrides", {}).get("Tracking", {}),
    )
    replaced = entry.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
    values = json.loads(template.get("TemplateData", "{}"))
    values |= json.loads(replaced.get("ReplacementTemplateData", "{}"))
    # Headers of an entry take the place of the template's.
    headers = {one["Name"]: one["Value"] for one in template.get("Headers", [])}
    headers |= {one["Name"]: one["Value"] for one in entry.get("ReplacementHeaders", [])}
    tags = {one["Name"]: one["Value"] for one in entry.get("ReplacementTags", [])}
    try:
        subject, html, text = (
            rendered(content.get(name, ""), values) for name in ("Subject", "Html", "Text")
        )
    except KeyError:
        return None
    if tracking.get("ClickTrackingEnabled") != "DISABLED":
        html = html.replace('href="', 'href="https://tracked.example/')
    return Taken(
        recipient=entry["Destination"]["ToAddresses"][0],
        key=tags.get("mid", ""),
        sender=call["FromEmailAddress"].rpartition("<")[2].rstrip(">"),
        subject=subject,
        html=html,
        text=text,
        headers=headers,
        message_id=message_id,
    )


def rendered(source: str, values: Mapping[str, str]) -> str:
    """Handlebars with simple substitution; raises KeyError on what is missing or is no plain name."""

    def value(found: re.Match[str]) -> str:
        slashes = found[1]
        if len(slashes) == 1:  # `\{{x}}` is `{{x}}`
            return found[0][1:]
        if len(found[2]) != len(found[4]):
            raise KeyError(found[0])
        return slashes[1:] + str(values[found[3]])

    return _TAG.sub(value, source)
