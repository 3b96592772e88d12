"""SendGrid's Event Webhook: signed with ECDSA over timestamp and raw body, a JSON list of events.

Source: Twilio SendGrid, "Event Webhook Reference" and "Event Webhook Security Features". The signature's
timestamp may be a day old (retries), so that age says nothing; a body told twice is kept once.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.utils.translation import gettext_lazy

from messaging.providers import hooks
from messaging.providers.base import Event, EventKind, Fault
from messaging.providers.errors import WebhookRefused
from messaging.providers.hooks import HookCall, HookKind
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
    reports_in,
    text_of,
    words,
)

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

KINDS = {
    "processed": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "dropped": EventKind.REFUSED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
# `bounce_classification`, SendGrid's own judgement of a bounce.
FAULTS = {
    "invalid address": Fault.RECIPIENT,
    "mailbox unavailable": Fault.MAILBOX,
    "content": Fault.MESSAGE,
    "reputation": Fault.SENDER,
    "frequency or volume too high": Fault.SENDER,
    "technical": Fault.ACCOUNT,
}
# `reason` of a message that SendGrid did not try to deliver.
DROPPED = {"bounced address": Fault.RECIPIENT, "invalid": Fault.RECIPIENT, "spam content": Fault.MESSAGE}


def verify(call: HookCall, settings: Settings) -> str:
    key = _public_key(str(settings.get("hook_public_key", "")))
    try:
        signature = base64.b64decode(call.headers.get(SIGNATURE, ""), validate=True)
        signed = call.headers.get(TIMESTAMP, "").encode() + call.raw
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError):
        raise WebhookRefused(hooks.WRONG_SIGNATURE) from None
    return ""


def parse(raw: bytes) -> Iterator[Event]:
    for report in reports_in(raw):
        kind = KINDS.get(text_of(report, "event"))
        if kind is not None:
            yield _event(kind, report)


def _event(kind: EventKind, report: Report) -> Event:
    recipient, reason = text_of(report, "email"), text_of(report, "reason") or text_of(report, "response")
    status = text_of(report, "status")
    enhanced = enhanced_in(status, reason)
    name, at = text_of(report, "event"), moment(report.get("timestamp"))
    message = text_of(report, "sg_message_id").partition(".")[0]
    return Event(
        kind=kind,
        event_id=text_of(report, "sg_event_id") or event_id(message, name, recipient, at),
        at=at or UNKNOWN_MOMENT,
        key=key_in(report.get("mid"), report.get("smtp-id")),
        message_id=message,
        recipient=recipient,
        code=code_in(reason),
        enhanced=enhanced,
        text=words(reason, recipient),
        fault=_fault(kind, report, reason, enhanced),
        machine=bool(report.get("sg_machine_open")),
    )


def _fault(kind: EventKind, report: Report, reason: str, enhanced: str) -> Fault:
    if kind is EventKind.REFUSED:
        return DROPPED.get(reason.lower(), Fault.OTHER)
    if kind is not EventKind.BOUNCED:
        return Fault.NONE
    judged = FAULTS.get(text_of(report, "bounce_classification").lower(), Fault.OTHER)
    # "blocked": refused for now, or for what we are; never because the address is wrong.
    if text_of(report, "type") == "blocked" and judged is Fault.RECIPIENT:
        judged = Fault.OTHER
    found = blame(reason, enhanced=enhanced, code=code_in(reason), otherwise=judged)
    return Fault.MAILBOX if found is Fault.RECIPIENT and text_of(report, "type") == "blocked" else found


@lru_cache(maxsize=16)
def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key as SendGrid shows it: base64 of its DER form, with or without PEM lines."""
    bare = "".join(line for line in text.split() if "-----" not in line and line not in ("PUBLIC", "KEY"))
    try:
        key = load_der_public_key(base64.b64decode(bare, validate=True)) if bare else None
    except (ValueError, UnsupportedAlgorithm, binascii.Error):
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise WebhookRefused(hooks.NOT_SET_UP)
    return key


HOOK = HookKind(
    name="sendgrid",
    label="SendGrid",
    fields=(
        SettingField(
            "hook_public_key",
            gettext_lazy("Verification key"),
            type="text",
            required=True,
            help=gettext_lazy("Shown by SendGrid once signed events are switched on. It is not secret."),
        ),
    ),
    verify=verify,
    parse=parse,
    steps=(
        gettext_lazy("In SendGrid: Settings, Mail Settings, Event Webhooks, Create new webhook."),
        gettext_lazy("Put the address above as Post URL and choose every delivery event, spam reports too."),
        gettext_lazy("Switch Signature Verification on and copy its key here."),
    ),
)
