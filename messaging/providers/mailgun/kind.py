"""What the registry knows about Mailgun."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.base import Channel, Provider
from messaging.providers.http.checks import CHECK_TIMEOUT, asked, findings
from messaging.providers.mailgun.answers import words
from messaging.providers.mailgun.config import FIELDS, config_of
from messaging.providers.mailgun.provider import MailgunProvider
from messaging.providers.registry import Finding, ProviderKind, Settings


def create(settings: Settings) -> Provider:
    return MailgunProvider(config_of(settings))


def check(settings: Settings) -> list[Finding]:
    """Ask what state the domain is in. Sends nothing."""
    return findings(settings, _ask)


def _ask(settings: Settings) -> Iterator[Finding]:
    config = config_of(settings)
    with MailgunProvider(replace(config, timeout=CHECK_TIMEOUT)) as provider:
        told = asked(provider.transport, f"/v3/domains/{config['domain']}", words)
    domain, name = told.get("domain") or {}, {"domain": config["domain"]}
    if domain.get("is_disabled") or domain.get("state") == "disabled":
        yield Finding("error", _("Mailgun has disabled %(domain)s: ask their support.") % name)
    elif domain.get("state") == "active":
        yield Finding("ok", _("%(domain)s is verified and may send.") % name)
    else:
        yield Finding(
            "error", _("%(domain)s is not verified: publish the records that Mailgun shows.") % name
        )
    missing = [one for one in told.get("sending_dns_records") or [] if one.get("valid") != "valid"]
    if missing and domain.get("state") == "active":
        kinds = ", ".join(sorted({str(one.get("record_type", "")) for one in missing}))
        yield Finding(
            "warning", _("Mailgun does not find all records of the domain (%(kinds)s).") % {"kinds": kinds}
        )


KIND = ProviderKind(
    name="mailgun",
    label=gettext_lazy("Mailgun"),
    channel=Channel.EMAIL,
    fields=FIELDS,
    create=create,
    check=check,
)
