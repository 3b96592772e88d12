"""What a sender's domain must publish, each with the value to copy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from messaging.models import DomainKey, ProviderAccount, SenderDomain
from messaging.models.domain_record import Purpose

SHORTEST_DMARC = "v=DMARC1; p=none"
# What each provider asks for in SPF (their domain pages, November 2026); SMTP servers by their name.
_SPF_OF_KIND = {
    "brevo": "include:spf.brevo.com",
    "mailgun": "include:mailgun.org",
    "mailjet": "include:spf.mailjet.com",
    "sendgrid": "include:sendgrid.net",
    "ses": "include:amazonses.com",
}
_SPF_OF_HOST = (
    (re.compile(r"(^|\.)(brevo|sendinblue)\.com$"), _SPF_OF_KIND["brevo"]),
    (re.compile(r"(^|\.)mailgun\.org$"), _SPF_OF_KIND["mailgun"]),
    (re.compile(r"(^|\.)mailjet\.com$"), _SPF_OF_KIND["mailjet"]),
    (re.compile(r"(^|\.)sendgrid\.net$"), _SPF_OF_KIND["sendgrid"]),
    (re.compile(r"(^|\.)amazonaws\.com$"), _SPF_OF_KIND["ses"]),
)


@dataclass(frozen=True, slots=True)
class WantedRecord:
    """One record to publish. `value` is as a DNS provider's form takes it, without quotes around; empty
    where only somebody else knows it.

    `terms`: for SPF, what must be in it; other terms that are there may stay.
    """

    purpose: Purpose
    name: str
    type: str  # TXT, CNAME or MX
    value: str
    terms: tuple[str, ...] = ()
    optional: bool = False


def wanted_records(
    domain: SenderDomain,
    *,
    keys: Iterable[DomainKey],
    accounts: Iterable[ProviderAccount],
    public_url: str,
    hosts: Iterable[str] = (),
) -> list[WantedRecord]:
    """Every record, in the order in which people publish them. `keys`: those not retired.

    `hosts`: names below the domain in senders' addresses. SPF is asked there too: it is not inherited.
    """
    terms = spf_terms(domain, accounts)
    # Without a term it would say that nobody may send: then any record that is sound will do.
    spf = " ".join(("v=spf1", *terms, "~all")) if terms else ""
    found = [
        WantedRecord(Purpose.DKIM, key.host, "TXT", key.public_record)
        for key in sorted(keys, key=lambda key: (-key.generation, key.algorithm == "ed25519"))
    ]
    found += [
        WantedRecord(Purpose.RELAY_DKIM, f"{selector}._domainkey.{domain.name}", "TXT", "")
        for selector in domain.relay_selectors
    ]
    found += [WantedRecord(Purpose.SPF, name, "TXT", spf, terms) for name in (domain.name, *sorted(hosts))]
    found.append(WantedRecord(Purpose.DMARC, f"_dmarc.{domain.name}", "TXT", SHORTEST_DMARC))
    if domain.return_path_host:
        found += _return_path(domain, spf, terms)
    if domain.tracking_host:
        host = urlsplit(public_url).hostname or ""
        found.append(WantedRecord(Purpose.TRACKING, domain.tracking_host, "CNAME", host))
    return found


def spf_terms(domain: SenderDomain, accounts: Iterable[ProviderAccount]) -> tuple[str, ...]:
    """What SPF must name: as said for the domain, else as the ways out of its senders ask for."""
    if domain.spf_terms:
        return tuple(domain.spf_terms.split())
    found: list[str] = []
    for account in accounts:
        found += _terms_of(account)
    return tuple(dict.fromkeys(found))


def _return_path(domain: SenderDomain, spf: str, terms: tuple[str, ...]) -> Sequence[WantedRecord]:
    host, target = domain.return_path_host, domain.return_path_target
    if domain.return_path_type == SenderDomain.ReturnPath.CNAME:
        return [WantedRecord(Purpose.RETURN_PATH, host, "CNAME", target)]  # the SPF record is the provider's
    return [
        WantedRecord(Purpose.RETURN_PATH, host, "MX", f"10 {target}"),
        # A server asks for SPF at the domain that returns go to (RFC 7208 §2.4).
        WantedRecord(Purpose.RETURN_SPF, host, "TXT", spf, terms),
    ]


def _terms_of(account: ProviderAccount) -> list[str]:
    if account.kind != "smtp":
        known = _SPF_OF_KIND.get(account.kind)
        return [known] if known else []
    if addresses := _addresses(account):
        return [f"ip{address.version}:{address}" for address in addresses]
    host = str(account.settings.get("host", "")).lower().rstrip(".")
    for pattern, term in _SPF_OF_HOST:
        if pattern.search(host):
            return [term]
    return [_term_of_host(host)] if host and not _is_private(host) else []


def _addresses(account: ProviderAccount) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Addresses that an SMTP account sends from, those that the world can see."""
    found = []
    for line in str(account.settings.get("sources", "")).splitlines():
        for word in line.split()[:1]:
            try:
                address = ipaddress.ip_address(word)
            except ValueError:
                continue
            if address.is_global:
                found.append(address)
    return found


def _term_of_host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return f"a:{host}"
    return f"ip{address.version}:{address}"


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return host == "localhost" or "." not in host
