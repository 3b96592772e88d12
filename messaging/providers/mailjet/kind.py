"""What the registry knows about Mailjet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.base import Channel, Provider
from messaging.providers.http.checks import CHECK_TIMEOUT, asked, findings, named
from messaging.providers.mailjet.answers import words
from messaging.providers.mailjet.config import FIELDS, config_of
from messaging.providers.mailjet.provider import MailjetProvider
from messaging.providers.registry import Finding, ProviderKind, Settings


def create(settings: Settings) -> Provider:
    return MailjetProvider(config_of(settings))


def check(settings: Settings) -> list[Finding]:
    """Ask for whom the account may send. Sends nothing."""
    return findings(settings, _ask)


def _ask(settings: Settings) -> Iterator[Finding]:
    with MailjetProvider(replace(config_of(settings), timeout=CHECK_TIMEOUT)) as provider:
        senders = asked(provider.transport, "/v3/REST/sender?Limit=1000", words)
    active = [str(one["Email"]) for one in senders.get("Data") or [] if one.get("Status") == "Active"]
    if active:  # a whole domain is *@example.org
        yield Finding("ok", _("Domains and addresses that may send: %(names)s.") % {"names": named(active)})
    else:
        yield Finding("error", _("No domain or address is verified with the provider: nothing can be sent."))


KIND = ProviderKind(
    name="mailjet",
    label=gettext_lazy("Mailjet"),
    channel=Channel.EMAIL,
    fields=FIELDS,
    create=create,
    check=check,
)
