"""Mailgun's webhooks: one event a call, with an HMAC over a timestamp and a token used once.

Source: Mailgun, "Webhooks" and "Securing webhooks". The signature does not cover the event: who saw one call
could put another event beside its signature. So a token belongs to the first body that it came with.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext_lazy

from messaging.providers import hooks
from messaging.providers.base import Event, EventKind, Fault
from messaging.providers.errors import WebhookRefused, WebhookUnreadable
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
    part,
    reports_in,
    text_of,
    words,
)

OLDEST = timedelta(hours=24)
"""Mailgun tries again for eight hours, perhaps with the first signature."""
CLOCKS_DIFFER = timedelta(minutes=5)
LONGEST_TOKEN = 64

KINDS = {
    "accepted": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "rejected": EventKind.REFUSED,
    "complained": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "opened": EventKind.OPENED,
    "clicked": EventKind.CLICKED,
}
# `reason` of a permanent failure; the "suppress-" ones were not tried: the address is on Mailgun's own list.
FAULTS = {
    "suppress-bounce": Fault.RECIPIENT,
    "suppress-complaint": Fault.OTHER,
    "suppress-unsubscribe": Fault.OTHER,
    "espblock": Fault.SENDER,
    "greylisted": Fault.MAILBOX,
    "old": Fault.MAILBOX,
}


def verify(call: HookCall, settings: Settings) -> str:
    secret = str(settings.get("hook_signing_key", ""))
    if not secret:
        raise WebhookRefused(hooks.NOT_SET_UP)
    try:
        signature = part(next(reports_in(call.raw), {}), "signature")
    except WebhookUnreadable:
        raise WebhookRefused(hooks.WRONG_SIGNATURE) from None
    timestamp, token = text_of(signature, "timestamp"), text_of(signature, "token")
    wanted = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    given = text_of(signature, "signature")
    if not token or len(token) > LONGEST_TOKEN or not hmac.compare_digest(wanted.encode(), given.encode()):
        raise WebhookRefused(hooks.WRONG_SIGNATURE)
    signed_at = moment(timestamp)
    if signed_at is None or not -CLOCKS_DIFFER <= call.received_at - signed_at <= OLDEST:
        raise WebhookRefused(hooks.TOO_OLD)
    return token


def parse(raw: bytes) -> Iterator[Event]:
    for body in reports_in(raw):
        report = part(body, "event-data")
        kind = _kind(report)
        if kind is not None:
            yield _event(kind, report)


def _kind(report: Report) -> EventKind | None:
    name = text_of(report, "event")
    if name == "failed":
        is_final = text_of(report, "severity") == "permanent"
        return EventKind.BOUNCED if is_final else EventKind.DEFERRED
    return KINDS.get(name)


def _event(kind: EventKind, report: Report) -> Event:
    recipient, status = text_of(report, "recipient"), part(report, "delivery-status")
    reason = text_of(status, "message") or text_of(status, "description") or text_of(report, "reason")
    enhanced = enhanced_in(text_of(status, "enhanced-code"), reason)
    code = _whole(status.get("code"))
    message = text_of(part(part(report, "message"), "headers"), "message-id").strip("<>")
    at = moment(report.get("timestamp"))
    return Event(
        kind=kind,
        event_id=text_of(report, "id") or event_id(message, kind, recipient, report.get("timestamp")),
        at=at or UNKNOWN_MOMENT,
        key=key_in(part(report, "user-variables").get("mid"), message),
        message_id=message,
        recipient=recipient,
        code=code if 200 <= code < 600 else code_in(reason),
        enhanced=enhanced,
        text=words(reason, recipient),
        fault=_fault(kind, report, reason, enhanced, code),
        machine=bool(text_of(part(report, "client-info"), "bot")),
    )


def _fault(kind: EventKind, report: Report, reason: str, enhanced: str, code: int) -> Fault:
    if kind is EventKind.REFUSED:
        return Fault.MESSAGE
    if kind is not EventKind.BOUNCED:
        return Fault.NONE
    judged = FAULTS.get(text_of(report, "reason"))
    if judged is not None:
        return judged
    return blame(reason, enhanced=enhanced, code=code)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


HOOK = HookKind(
    name="mailgun",
    label="Mailgun",
    fields=(
        SettingField(
            "hook_signing_key", gettext_lazy("HTTP webhook signing key"), type="secret", required=True
        ),
    ),
    verify=verify,
    parse=parse,
    steps=(
        gettext_lazy("In Mailgun: Sending, Webhooks, your domain, Add webhook, once for each event."),
        gettext_lazy("Copy the HTTP webhook signing key of API security here."),
    ),
)
