"""Provider kinds by name: `create("smtp", {...})`. Settings are a plain dict; nothing here knows a model.

To add a provider: a folder with its adapter, a `ProviderKind`, and one line in `_KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from messaging.providers.base import Channel, Provider
from messaging.providers.errors import UnknownKind

Settings = Mapping[str, Any]
# A lazily translated text or a plain one; both become the reader's language with str().
Words = Any


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting of a kind, enough to draw a form for it."""

    name: str
    label: Words
    type: Literal["text", "number", "choice", "lines", "flag", "secret", "file"] = "text"
    required: bool = False
    default: str | int | float | bool | None = None
    choices: tuple[tuple[str, Words], ...] = ()
    help: Words = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a connection check found, in plain words (translated when shown)."""

    level: Literal["ok", "warning", "error"]
    text: Words


@dataclass(frozen=True, slots=True)
class ProviderKind:
    name: str
    label: Words
    channel: Channel
    fields: tuple[SettingField, ...]
    create: Callable[[Settings], Provider]  # raises SettingsInvalid; opens no connection
    check: Callable[[Settings], list[Finding]]  # connects, sends nothing; never raises a ProviderError
    tracks_by_account: bool = False  # its own tracking cannot be switched off message by message


# Modules are loaded on first use: a worker that only speaks SMTP never pays for an SDK it does not use.
_KINDS = {
    "brevo": "messaging.providers.brevo.kind",
    "mailgun": "messaging.providers.mailgun.kind",
    "mailjet": "messaging.providers.mailjet.kind",
    "sendgrid": "messaging.providers.sendgrid.kind",
    "ses": "messaging.providers.ses.kind",
    "smtp": "messaging.providers.smtp.kind",
}


def names() -> list[str]:
    return sorted(_KINDS)


def kind(name: str) -> ProviderKind:
    """The kind of that name; raises UnknownKind."""
    if name not in _KINDS:
        raise UnknownKind(name)
    found: ProviderKind = import_module(_KINDS[name]).KIND
    return found


def create(name: str, settings: Settings) -> Provider:
    """A provider ready to send; raises UnknownKind or SettingsInvalid. No connection is opened yet."""
    return kind(name).create(settings)


def check(name: str, settings: Settings) -> list[Finding]:
    """Try the connection and say what was found; sends no message. Takes some seconds at most."""
    return kind(name).check(settings)
