"""Mailjet's Event API: a user name and password in the address, one event a call or a list of them.

Source: Mailjet, "Event API: webhooks". `CustomID` brings our key back; `sent` means that the receiving server
took the message.
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

KINDS = {
    "sent": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED,
    "blocked": EventKind.REFUSED,
    "spam": EventKind.COMPLAINED,
    "unsub": EventKind.UNSUBSCRIBED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
}
# `error` first, then `error_related_to`.
FAULTS = {
    "user unknown": Fault.RECIPIENT,
    "invalid domain": Fault.RECIPIENT,
    "no mail host": Fault.RECIPIENT,
    "mailbox inactive": Fault.MAILBOX,
    "quota exceeded": Fault.MAILBOX,
    "greylisted": Fault.MAILBOX,
    "sender blocked": Fault.SENDER,
    "policy issue": Fault.SENDER,
    "content blocked": Fault.MESSAGE,
    "blacklisted": Fault.OTHER,
    "spam reporter": Fault.OTHER,
    "preblocked": Fault.OTHER,
    "duplicate in campaign": Fault.OTHER,
}
FAULTS_BY_SUBJECT = {
    "recipient": Fault.MAILBOX,
    "content": Fault.MESSAGE,
    "spam": Fault.SENDER,
    "domain": Fault.ACCOUNT,
    "system": Fault.ACCOUNT,
}


def parse(raw: bytes) -> Iterator[Event]:
    for report in reports_in(raw):
        kind = KINDS.get(text_of(report, "event"))
        if kind is not None:
            yield _event(kind, report)


def _event(kind: EventKind, report: Report) -> Event:
    recipient, message = text_of(report, "email"), text_of(report, "MessageID")
    reason = text_of(report, "comment") or text_of(report, "error") or text_of(report, "smtp_reply")
    at = moment(report.get("time"))
    return Event(
        kind=kind,
        event_id=event_id(message, kind, recipient, report.get("time"), text_of(report, "url")),
        at=at or UNKNOWN_MOMENT,
        key=key_in(report.get("CustomID"), report.get("Payload")),
        message_id=message,
        recipient=recipient,
        code=code_in(reason),
        enhanced=enhanced_in(reason),
        text=words(reason, recipient),
        fault=_fault(kind, report, reason),
    )


def _fault(kind: EventKind, report: Report, reason: str) -> Fault:
    if kind not in (EventKind.BOUNCED, EventKind.REFUSED):
        return Fault.NONE
    judged = FAULTS.get(text_of(report, "error").lower())
    if judged is None:
        judged = FAULTS_BY_SUBJECT.get(text_of(report, "error_related_to").lower(), Fault.OTHER)
    found = blame(reason, enhanced=enhanced_in(reason), code=code_in(reason), otherwise=judged)
    is_hard = report.get("hard_bounce") in (True, "true", 1) or kind is EventKind.REFUSED
    return Fault.MAILBOX if found is Fault.RECIPIENT and not is_hard else found


HOOK = HookKind(
    name="mailjet",
    label="Mailjet",
    fields=(
        SettingField("hook_username", gettext_lazy("User name of the calls"), required=True),
        SettingField("hook_password", gettext_lazy("Password of the calls"), type="secret"),
    ),
    verify=ask_password,
    parse=parse,
    steps=(
        gettext_lazy("In Mailjet: Account, Event notifications (webhooks)."),
        gettext_lazy(
            "Put the address above for every event, with the user name and password in front of the host:"
            " https://name:password@host/…"
        ),
    ),
)
