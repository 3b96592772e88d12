"""Amazon SES v2: SendBulkEmail with the template in the call and values, headers and tags an entry.

SES does not escape values, and knows simple substitution only where the template is in the call. A value that
lacks makes it accept a message and lose it (Rendering Failure), so every entry has every value.

The call is signed with botocore and made over our own connections, because boto3's errors do not tell
whether the request had left; nothing is ever repeated. `check` asks through boto3, with its retries off.
Source: Amazon SES API v2 Reference (SendBulkEmail, BulkEmailEntry, Template); botocore's model of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from messaging.providers.base import OutgoingMessage, Result, SharedContent
from messaging.providers.http.api import BatchApi
from messaging.providers.http.batches import Limits
from messaging.providers.http.config import HttpConfig
from messaging.providers.http.encoding import quoted, to_json
from messaging.providers.http.metadata import KEY_NAME
from messaging.providers.http.provider import HttpProvider
from messaging.providers.http.template import SlotValues, Syntax, Template
from messaging.providers.http.transport import Answer, Request
from messaging.providers.ses import answers

PATH = "/v2/email/outbound-bulk-emails"
SERVICE = "ses"

SYNTAX = Syntax(
    placeholder=lambda name: "{{" + name + "}}",
    special=re.compile(r"\{\{|\}\}"),
    edge="{}\\",  # three braces mean something else, and a backslash before two takes their meaning away
)


@dataclass(frozen=True)
class Prepared:
    values: SlotValues
    head: bytes  # a call up to its entries


class SesApi(BatchApi):
    # 50 entries; a call with its own template may have 1 MB, an entry's values 262,144 characters.
    limits = Limits(messages=50, call_bytes=980_000, message_bytes=250_000)

    def __init__(self, config: HttpConfig) -> None:
        self._url = config.base + PATH
        self._configuration_set = config["configuration_set"]
        credentials = Credentials(config["access_key_id"], config["secret_access_key"])
        self._signer = SigV4Auth(credentials, SERVICE, config["region"])

    def prepare(self, shared: SharedContent) -> Prepared:
        template = Template(shared, SYNTAX)
        content = {"Subject": template.subject, "Html": template.html, "Text": template.text}
        head: dict[str, Any] = {
            "FromEmailAddress": formataddr((shared.from_name, shared.from_address)),
            "DefaultContent": {
                "Template": {
                    "TemplateContent": {name: text for name, text in content.items() if text},
                    "TemplateData": "{}",
                    # What an entry does not replace is added from here.
                    "Headers": _headers(shared.headers),
                }
            },
        }
        # Whatever the account or its configuration set has on.
        off = {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
        head["ConfigurationOverrides"] = {"Tracking": off}
        if shared.reply_to:
            head["ReplyToAddresses"] = [shared.reply_to]
        if self._configuration_set:
            head["ConfigurationSetName"] = self._configuration_set
        before = to_json(head)[:-1] + b',"BulkEmailEntries":['
        return Prepared(SlotValues(shared, template.literals), before)

    def fragment(self, prepared: Prepared, message: OutgoingMessage) -> bytes:
        values = quoted(prepared.values.json(message))  # JSON as a text
        headers = ",".join(
            [f'{{"Name":{quoted(name)},"Value":{quoted(value)}}}' for name, value in message.headers.items()]
        )
        return (
            f'{{"Destination":{{"ToAddresses":[{quoted(message.recipient)}]}},'
            f'"ReplacementTags":[{{"Name":"{KEY_NAME}","Value":{quoted(message.key)}}}],'
            f'"ReplacementEmailContent":{{"ReplacementTemplate":{{"ReplacementTemplateData":{values}}}}},'
            f'"ReplacementHeaders":[{headers}]}}'
        ).encode()

    def request(
        self, prepared: Prepared, fragments: Sequence[bytes], messages: Sequence[OutgoingMessage]
    ) -> Request:
        body = prepared.head + b",".join(fragments) + b"]}"
        signed = AWSRequest("POST", self._url, data=body, headers={"Content-Type": "application/json"})
        self._signer.add_auth(signed)
        return Request(PATH, body, dict(signed.headers.items()))

    def read(self, answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
        return answers.read(answer, messages)


class SesProvider(HttpProvider):
    kind = "ses"

    def __init__(self, config: HttpConfig) -> None:
        super().__init__(SesApi(config), config)


def _headers(headers: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in headers.items()]
