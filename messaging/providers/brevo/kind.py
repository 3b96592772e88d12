"""What the registry knows about Brevo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.providers.base import Channel, Provider
from messaging.providers.brevo.answers import words
from messaging.providers.brevo.config import FIELDS, config_of
from messaging.providers.brevo.provider import BrevoProvider
from messaging.providers.http.checks import CHECK_TIMEOUT, asked, findings, named
from messaging.providers.registry import Finding, ProviderKind, Settings


def create(settings: Settings) -> Provider:
    return BrevoProvider(config_of(settings))


def check(settings: Settings) -> list[Finding]:
    """Ask whose key it is, whether it may send, and for whom. Sends nothing."""
    return findings(settings, _ask)


def _ask(settings: Settings) -> Iterator[Finding]:
    with BrevoProvider(replace(config_of(settings), timeout=CHECK_TIMEOUT)) as provider:
        account = asked(provider.transport, "/account", words)
        domains = asked(provider.transport, "/senders/domains", words, may_be_denied=True)
        senders = asked(provider.transport, "/senders", words, may_be_denied=True)
    if (account.get("relay") or {}).get("enabled") is False:
        yield Finding(
            "error",
            _("Brevo has not switched on transactional messages for this account: ask their support."),
        )
    yield from _about_credit(account)
    yield from _about_senders(domains, senders)
    yield Finding(
        "warning",
        _(
            "Switch off Brevo's own tracking (Transactional › Settings): it cannot be done by message, and it"
            " would replace the addresses of your links."
        ),
    )


def _about_credit(account: Any) -> Iterator[Finding]:
    plans = [plan for plan in account.get("plan") or [] if plan.get("type") != "sms"]
    credits = [plan["credits"] for plan in plans if isinstance(plan.get("credits"), int | float)]
    if credits and not sum(credits):
        yield Finding("warning", _("The plan has no e-mail credit left."))


def _about_senders(domains: Any, senders: Any) -> Iterator[Finding]:
    ready = [one["domain_name"] for one in domains.get("domains") or [] if one.get("authenticated")]
    active = [one["email"] for one in senders.get("senders") or [] if one.get("active")]
    if ready:
        yield Finding("ok", _("Domains that may send: %(names)s.") % {"names": named(ready)})
    else:
        yield Finding(
            "warning", _("No domain is authenticated with the provider: readers' servers may refuse.")
        )
    if active:
        yield Finding("ok", _("Verified sender addresses: %(names)s.") % {"names": named(active)})


KIND = ProviderKind(
    name="brevo",
    label=gettext_lazy("Brevo"),
    channel=Channel.EMAIL,
    fields=FIELDS,
    create=create,
    check=check,
    tracks_by_account=True,
)
