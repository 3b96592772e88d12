"""What a provider reports by itself: kinds of webhooks by name, each proven in its own way, read to `Event`.

An account may leave by one protocol and report by another (a provider's SMTP relay with its webhooks), so a
kind of webhook is chosen for an account, and is not its kind. Settings are a plain dict; no model is known.

To add one: `messaging/providers/<name>/events.py` with its `HOOK`, and its name at the end of `NAMES`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from django.utils.translation import gettext_noop

from messaging.providers.base import Event
from messaging.providers.errors import ProviderError, UnknownKind, WebhookRefused
from messaging.providers.registry import SettingField, Settings, Words

NAMES = ("brevo", "ses", "sendgrid", "mailjet", "mailgun")
"""By place, in addresses that providers keep for years: only ever append."""

TRY_AGAIN = 503
"""Answered when a call can be kept nowhere: the provider comes back."""


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call as it came in. `headers` has lower-case names; `received_at` is aware."""

    headers: Mapping[str, str]
    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class HookKind:
    """One provider's webhooks.

    `verify` raises WebhookRefused, or CannotVerifyYet; it returns what the provider uses once only (a token),
    or "". `confirm` answers a question of the provider (SNS asks whether a subscription is wanted) and is
    called once a call is verified. `parse` raises WebhookUnreadable. `away_status`: what makes this provider
    come back. `steps`: what to do on the provider's own pages, in order.
    """

    name: str
    label: Words
    fields: tuple[SettingField, ...]
    verify: Callable[[HookCall, Settings], str]
    parse: Callable[[bytes], Iterator[Event]]
    steps: tuple[Words, ...]
    away_status: int = TRY_AGAIN
    confirm: Callable[[HookCall, Settings], None] | None = None


class CannotVerifyYet(ProviderError):
    """What proves the call (a certificate) cannot be had now: the call is kept and looked at again."""


NOT_SET_UP = gettext_noop("The secret of this webhook is not set: put it on the page of the way out")
WRONG_SIGNATURE = gettext_noop("The signature of the call is missing or wrong")
WRONG_PASSWORD = gettext_noop("The password of the call is missing or wrong")
TOO_OLD = gettext_noop("The call was signed too long ago, or the clock of this machine is wrong")


def hook_kind(name: str) -> HookKind:
    """The kind of that name; raises UnknownKind."""
    if name not in NAMES:
        raise UnknownKind(name)
    found: HookKind = import_module(f"messaging.providers.{name}.events").HOOK
    return found


def ask_password(call: HookCall, settings: Settings) -> str:
    """Verify a call that carries a user name and password (Basic), or a password alone (Bearer).

    `settings`: `hook_username`, empty for a bearer token, and `hook_password`.
    """
    username, password = str(settings.get("hook_username", "")), str(settings.get("hook_password", ""))
    if not password:
        raise WebhookRefused(NOT_SET_UP)
    scheme, _space, told = call.headers.get("authorization", "").partition(" ")
    if username:
        wanted, told = f"{username}:{password}".encode(), told.strip()
        given = _decoded(told) if scheme.lower() == "basic" else b""
    else:
        wanted, given = password.encode(), told.strip().encode() if scheme.lower() == "bearer" else b""
    if not hmac.compare_digest(wanted, given):
        raise WebhookRefused(WRONG_PASSWORD)
    return ""


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
