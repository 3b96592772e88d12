"""What the registry knows about SendGrid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.base import Channel, Provider
from messaging.providers.http.checks import CHECK_TIMEOUT, asked, findings, named
from messaging.providers.registry import Finding, ProviderKind, Settings
from messaging.providers.sendgrid.answers import words
from messaging.providers.sendgrid.config import FIELDS, config_of
from messaging.providers.sendgrid.provider import SendGridProvider


def create(settings: Settings) -> Provider:
    return SendGridProvider(config_of(settings))


def check(settings: Settings) -> list[Finding]:
    """Ask what the key may do, and for whom. Sends nothing."""
    return findings(settings, _ask)


def _ask(settings: Settings) -> Iterator[Finding]:
    with SendGridProvider(replace(config_of(settings), timeout=CHECK_TIMEOUT)) as provider:
        ask = provider.transport
        scopes = asked(ask, "/v3/scopes", words).get("scopes") or []
        domains = asked(ask, "/v3/whitelabel/domains", words, may_be_denied=True)
        senders = asked(ask, "/v3/verified_senders", words, may_be_denied=True)
    if "mail.send" not in scopes:
        yield Finding("error", _("The key has no right to send: give it Mail Send."))
    ready = [one["domain"] for one in domains or [] if one.get("valid")]
    verified = [one["from_email"] for one in dict(senders).get("results") or [] if one.get("verified")]
    if ready:
        yield Finding("ok", _("Domains that may send: %(names)s.") % {"names": named(ready)})
    if verified:
        yield Finding("ok", _("Verified sender addresses: %(names)s.") % {"names": named(verified)})
    if not ready and not verified:
        yield Finding("warning", _("No verified domain or sender was found, or the key may not list them."))


KIND = ProviderKind(
    name="sendgrid",
    label=gettext_lazy("SendGrid"),
    channel=Channel.EMAIL,
    fields=FIELDS,
    create=create,
    check=check,
)
