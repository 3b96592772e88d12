"""Amazon SES events through SNS: an envelope signed with RSA, whose text is one event.

Source: AWS, "Verifying the signatures of Amazon SNS messages" and "Contents of event data that Amazon SES
publishes to Amazon SNS". Only the configured topic is listened to, in signature version 2 (SHA-256); the
certificate and the confirmation are asked of SNS's own host in the topic's region, and of nobody else.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.utils.translation import gettext_lazy, gettext_noop

from messaging.providers import hooks
from messaging.providers.base import Event, EventKind, Fault
from messaging.providers.errors import WebhookRefused, WebhookUnreadable
from messaging.providers.hooks import CannotVerifyYet, HookCall, HookKind
from messaging.providers.registry import SettingField, Settings
from messaging.providers.reports import (
    UNKNOWN_MOMENT,
    Report,
    blame,
    code_in,
    enhanced_in,
    event_id,
    key_in,
    moment,
    part,
    reports_in,
    text_of,
    words,
)

FETCH_SECONDS = 5.0
LARGEST_CERTIFICATE = 64 * 1024  # bytes
CERTIFICATES_KEPT = 16
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]

OTHER_TOPIC = gettext_noop("The call is of another topic than the one written on the page of the way out")
OTHER_VERSION = gettext_noop("Set the topic's signature version to 2: calls signed with SHA-1 are not taken")
OTHER_HOST = gettext_noop("The call names a certificate or an address that is not of Amazon SNS")
NO_ANSWER = gettext_noop("Amazon SNS could not be asked for its certificate or the confirmation")

KINDS = {
    "Send": EventKind.ACCEPTED,
    "Delivery": EventKind.DELIVERED,
    "DeliveryDelay": EventKind.DEFERRED,
    "Bounce": EventKind.BOUNCED,
    "Complaint": EventKind.COMPLAINED,
    "Reject": EventKind.REFUSED,
    "Rendering Failure": EventKind.REFUSED,
    "Open": EventKind.OPENED,
    "Click": EventKind.CLICKED,
    "Subscription": EventKind.UNSUBSCRIBED,
}
# bounceType and bounceSubType.
FAULTS = {
    ("Permanent", "NoEmail"): Fault.RECIPIENT,
    ("Permanent", "General"): Fault.RECIPIENT,
    ("Permanent", "Suppressed"): Fault.RECIPIENT,
    ("Permanent", "OnAccountSuppressionList"): Fault.OTHER,
    ("Transient", "MailboxFull"): Fault.MAILBOX,
    ("Transient", "General"): Fault.MAILBOX,
    ("Transient", "MessageTooLarge"): Fault.MESSAGE,
    ("Transient", "ContentRejected"): Fault.MESSAGE,
    ("Transient", "AttachmentRejected"): Fault.MESSAGE,
}

Fetch = Callable[[str], bytes]


def fetch(url: str) -> bytes:
    """Ask SNS; raises CannotVerifyYet when it does not answer, WebhookRefused when it says no."""
    try:
        with requests.get(url, timeout=FETCH_SECONDS, allow_redirects=False, stream=True) as answer:
            if answer.status_code >= 500 or answer.status_code == 429:
                raise CannotVerifyYet(NO_ANSWER, code=answer.status_code)
            if answer.status_code != 200:
                raise WebhookRefused(NO_ANSWER, code=answer.status_code)
            body: bytes = answer.raw.read(LARGEST_CERTIFICATE, decode_content=True)
            return body
    except requests.RequestException as error:
        raise CannotVerifyYet(NO_ANSWER, detail=type(error).__name__) from error


class _Certificates:
    """Certificates by address, kept by this process: each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, x509.Certificate] = {}

    def of(self, url: str, at: datetime) -> x509.Certificate:
        found = self._known.get(url)
        if found is None:
            try:
                found = x509.load_pem_x509_certificate(fetch(url))
            except ValueError:
                raise WebhookRefused(OTHER_HOST) from None
            if len(self._known) >= CERTIFICATES_KEPT:
                self._known.clear()
            self._known[url] = found
        if not found.not_valid_before_utc <= at <= found.not_valid_after_utc:
            raise WebhookRefused(hooks.WRONG_SIGNATURE)
        return found

    def forget(self) -> None:
        self._known.clear()


CERTIFICATES = _Certificates()


def verify(call: HookCall, settings: Settings) -> str:
    envelope = _envelope(call.raw)
    topic = str(settings.get("hook_topic", ""))
    if not topic:
        raise WebhookRefused(hooks.NOT_SET_UP)
    if text_of(envelope, "TopicArn") != topic:
        raise WebhookRefused(OTHER_TOPIC)
    if text_of(envelope, "SignatureVersion") != "2":
        raise WebhookRefused(OTHER_VERSION)
    url = text_of(envelope, "SigningCertURL")
    if not _is_of_sns(url, topic) or not urlsplit(url).path.endswith(".pem") or urlsplit(url).query:
        raise WebhookRefused(OTHER_HOST)
    key = CERTIFICATES.of(url, call.received_at).public_key()
    try:
        signature = base64.b64decode(text_of(envelope, "Signature"), validate=True)
        if not isinstance(key, rsa.RSAPublicKey):
            raise WebhookRefused(hooks.WRONG_SIGNATURE)
        key.verify(signature, _signed_text(envelope), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        raise WebhookRefused(hooks.WRONG_SIGNATURE) from None
    return ""


def confirm(call: HookCall, settings: Settings) -> None:
    """Say yes when SNS asks whether the configured topic's subscription is wanted; fetches nothing else."""
    envelope = _envelope(call.raw)
    if text_of(envelope, "Type") != "SubscriptionConfirmation":
        return
    topic, url = str(settings.get("hook_topic", "")), text_of(envelope, "SubscribeURL")
    asked = parse_qs(urlsplit(url).query)
    if (
        not _is_of_sns(url, topic)
        or asked.get("Action") != ["ConfirmSubscription"]
        or asked.get("TopicArn") != [topic]
    ):
        raise WebhookRefused(OTHER_HOST)
    fetch(url)


def parse(raw: bytes) -> Iterator[Event]:
    envelope = _envelope(raw)
    if text_of(envelope, "Type") != "Notification":
        return
    try:
        report = json.loads(text_of(envelope, "Message"))
    except ValueError:
        return  # SES says in plain words that a topic was set: no event
    if not isinstance(report, dict):
        return
    kind = KINDS.get(text_of(report, "eventType") or text_of(report, "notificationType"))
    if kind is not None:
        yield from _events(kind, report)


def _events(kind: EventKind, report: Report) -> Iterator[Event]:
    mail, detail = part(report, "mail"), _detail(report)
    if kind is EventKind.COMPLAINED and text_of(detail, "complaintFeedbackType") == "not-spam":
        return
    if kind is EventKind.UNSUBSCRIBED and not _leaves_everything(detail):
        return
    if text_of(detail, "complaintSubType") == "OnAccountSuppressionList":
        kind = EventKind.REFUSED  # not sent: the complaint is an older one
    message, at = text_of(mail, "messageId"), moment(detail.get("timestamp") or mail.get("timestamp"))
    for recipient, reason, status in _recipients(mail, detail):
        enhanced = enhanced_in(status, reason)
        yield Event(
            kind=kind,
            event_id=event_id(message, kind, recipient.lower(), at, text_of(detail, "link")),
            at=at or UNKNOWN_MOMENT,
            key=_key(mail),
            message_id=message,
            recipient=recipient,
            code=code_in(reason),
            enhanced=enhanced,
            text=words(reason, recipient),
            fault=_fault(kind, detail, reason, enhanced),
        )


def _detail(report: Report) -> Report:
    for name in ("bounce", "complaint", "delivery", "deliveryDelay", "reject", "failure", "open", "click"):
        if found := part(report, name):
            return found
    return part(report, "subscription")


def _recipients(mail: Report, detail: Report) -> Iterator[tuple[str, str, str]]:
    """Address, what was said of it, and its status."""
    for name in ("bouncedRecipients", "complainedRecipients", "delayedRecipients"):
        found = detail.get(name)
        if isinstance(found, list):
            for one in found:
                if isinstance(one, dict):
                    yield (
                        text_of(one, "emailAddress"),
                        text_of(one, "diagnosticCode"),
                        text_of(one, "status"),
                    )
            return
    reason = text_of(detail, "reason") or text_of(detail, "errorMessage") or text_of(detail, "smtpResponse")
    told = detail.get("recipients") or mail.get("destination")
    for address in told if isinstance(told, list) else []:
        yield str(address), reason, ""


def _key(mail: Report) -> str:
    tags = part(mail, "tags").get("mid")
    headers = mail.get("headers")
    told = [
        text_of(one, "value")
        for one in (headers if isinstance(headers, list) else [])
        if isinstance(one, dict) and text_of(one, "name").lower() in ("message-id", "x-mid")
    ]
    return key_in(*(tags if isinstance(tags, list) else []), *told)


def _fault(kind: EventKind, detail: Report, reason: str, enhanced: str) -> Fault:
    if kind is EventKind.REFUSED:
        return Fault.MESSAGE if not detail.get("complaintSubType") else Fault.OTHER
    if kind is not EventKind.BOUNCED:
        return Fault.NONE
    judged = FAULTS.get((text_of(detail, "bounceType"), text_of(detail, "bounceSubType")), Fault.OTHER)
    if text_of(detail, "bounceSubType") in ("NoEmail", "Suppressed", "OnAccountSuppressionList"):
        return judged
    found = blame(reason, enhanced=enhanced, code=code_in(reason), otherwise=judged)
    is_final = text_of(detail, "bounceType") == "Permanent"
    return Fault.MAILBOX if found is Fault.RECIPIENT and not is_final else found


def _leaves_everything(detail: Report) -> bool:
    return part(detail, "newTopicPreferences").get("unsubscribeAll") in (True, "true")


def _envelope(raw: bytes) -> Report:
    try:
        found = next(reports_in(raw), None)
    except WebhookUnreadable:
        found = None
    if found is None or text_of(found, "Type") not in _SIGNED:
        raise WebhookRefused(hooks.WRONG_SIGNATURE)
    return found


def _signed_text(envelope: Report) -> bytes:
    """The text that SNS signs: name and value of each field that is there, a line each."""
    names = _SIGNED[text_of(envelope, "Type")]
    lines = [f"{name}\n{text_of(envelope, name)}\n" for name in names if name in envelope]
    return "".join(lines).encode()


def _is_of_sns(url: str, topic: str) -> bool:
    """True for an https address of SNS in the region of this topic."""
    region = _TOPIC.fullmatch(topic)
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme == "https" and parts.port is None and not parts.username
    except ValueError:
        return False
    if region is None or not is_plain:
        return False
    host = f"sns.{region[1]}.amazonaws.com"
    return parts.hostname in (host, f"{host}.cn") and parts.netloc == parts.hostname


HOOK = HookKind(
    name="ses",
    label="Amazon SES",
    fields=(
        SettingField(
            "hook_topic",
            gettext_lazy("ARN of the SNS topic"),
            required=True,
            help=gettext_lazy("For example arn:aws:sns:eu-west-3:123456789012:ses-events"),
        ),
    ),
    verify=verify,
    parse=parse,
    confirm=confirm,
    steps=(
        gettext_lazy("In Amazon SNS make a topic, and set its signature version to 2."),
        gettext_lazy("In Amazon SES let the configuration set publish every event type to it."),
        gettext_lazy(
            "Write the topic’s ARN here and save; then subscribe the address above to it, by HTTPS, without"
            " raw message delivery. The subscription is confirmed by itself."
        ),
    ),
)
