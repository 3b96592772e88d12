"""Brevo's webhooks for transactional e-mail: a bearer token or a user name and password, one event a call.

Source: Brevo, "Transactional webhooks" and "Secure your webhooks". Brevo discards an event on any 4xx but 429
and on any 5xx: a call that can be kept nowhere is answered 429.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy

from messaging.providers.base import Event, EventKind, Fault
from messaging.providers.hooks import HookKind, ask_password
from messaging.providers.registry import SettingField
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

COME_BACK = 429

KINDS = {
    "request": EventKind.ACCEPTED,
    "sent": EventKind.ACCEPTED,
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "soft_bounce": EventKind.BOUNCED,
    "hard_bounce": EventKind.BOUNCED,
    "invalid_email": EventKind.REFUSED,
    "blocked": EventKind.REFUSED,
    "error": EventKind.REFUSED,
    "spam": EventKind.COMPLAINED,
    "complaint": EventKind.COMPLAINED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "opened": EventKind.OPENED,
    "unique_opened": EventKind.OPENED,
    "proxy_open": EventKind.OPENED,
    "unique_proxy_open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
MACHINES = {"proxy_open", "unique_proxy_open"}


def parse(raw: bytes) -> Iterator[Event]:
    for report in reports_in(raw):
        name = text_of(report, "event").lower().replace(" ", "_").replace("-", "_")
        if name in KINDS:
            yield _event(KINDS[name], name, report)


def _event(kind: EventKind, name: str, report: Report) -> Event:
    recipient, reason = text_of(report, "email"), text_of(report, "reason")
    message = text_of(report, "message-id").strip("<>")
    told = report.get("ts_epoch") or report.get("ts_event") or report.get("ts")
    enhanced = enhanced_in(reason)
    return Event(
        kind=kind,
        # `id` is the webhook's own, the same for every event.
        event_id=event_id(message, name, recipient, told, text_of(report, "link")),
        at=moment(told) or UNKNOWN_MOMENT,
        key=key_in(report.get("X-Mailin-custom"), message, report.get("tag"), *_tags(report)),
        message_id=message,
        recipient=recipient,
        code=code_in(reason),
        enhanced=enhanced,
        text=words(reason, recipient),
        fault=_fault(name, reason, enhanced),
        machine=name in MACHINES,
    )


def _fault(name: str, reason: str, enhanced: str) -> Fault:
    match name:
        case "hard_bounce":
            return blame(reason, enhanced=enhanced, code=code_in(reason), otherwise=Fault.RECIPIENT)
        case "soft_bounce":
            found = blame(reason, enhanced=enhanced, code=code_in(reason), otherwise=Fault.MAILBOX)
            return Fault.MAILBOX if found is Fault.RECIPIENT else found
        case "invalid_email":
            return Fault.RECIPIENT
        case "blocked" | "error":
            return Fault.OTHER
    return Fault.NONE


def _tags(report: Report) -> list[object]:
    found = report.get("tags")
    return found if isinstance(found, list) else []


HOOK = HookKind(
    name="brevo",
    label="Brevo",
    fields=(
        SettingField(
            "hook_username",
            gettext_lazy("User name of the calls"),
            help=gettext_lazy("Empty: the password is sent as a bearer token."),
        ),
        SettingField("hook_password", gettext_lazy("Password or token of the calls"), type="secret"),
    ),
    verify=ask_password,
    parse=parse,
    steps=(
        gettext_lazy("In Brevo: Transactional, Settings, Webhook, Add a new webhook."),
        gettext_lazy("Put the address above and choose every event."),
        gettext_lazy("As authentication choose a token, invent a long one, and write it on both pages."),
    ),
    away_status=COME_BACK,
)
