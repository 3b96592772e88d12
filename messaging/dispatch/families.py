"""Families of mailboxes: who takes the mail of an address, told by its domain or by the MX records of it.

A family is a name of `KNOWN`, or the domain itself where no large family takes its mail. MX records are asked
in the background and kept in `ReceivingDomain`: nothing here waits for DNS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

import checkdmarc.utils
from django.utils import timezone

from messaging.domains.lookup import Lookup, NoAnswer
from messaging.models import FamilyLimit, ReceivingDomain

FRESH = timedelta(days=30)
"""A domain's MX records are asked again after so long."""


class Family(NamedTuple):
    """`domains`: mailboxes of its own name; `servers`: ends of the MX hosts that take others' mail for it."""

    label: str
    domains: tuple[str, ...]
    servers: tuple[str, ...]


KNOWN: Mapping[str, Family] = {
    "gmail": Family("Gmail", ("gmail.com", "googlemail.com"), ("google.com", "googlemail.com")),
    "outlook": Family(
        "Outlook",
        (
            *("outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com"),
            *("hotmail.be", "hotmail.ch", "live.be", "windowslive.com"),
        ),
        ("outlook.com", "hotmail.com", "office365.us"),
    ),
    "yahoo": Family(
        "Yahoo",
        ("yahoo.com", "yahoo.fr", "ymail.com", "rocketmail.com", "aol.com", "aol.fr", "yahoo.co.uk"),
        ("yahoodns.net",),
    ),
    "orange": Family("Orange", ("orange.fr", "wanadoo.fr", "voila.fr"), ("orange.fr", "wanadoo.fr")),
    "free": Family(
        "Free",
        ("free.fr", "aliceadsl.fr", "libertysurf.fr", "online.fr", "infonie.fr", "freesbee.fr"),
        ("free.fr", "proxad.net"),
    ),
    "sfr": Family(
        "SFR",
        (
            *("sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr", "numericable.fr", "noos.fr"),
            *("9online.fr", "evc.net"),
        ),
        ("sfr.fr", "sfr.net", "numericable.net"),
    ),
    "laposte": Family("La Poste", ("laposte.net",), ("laposte.net",)),
}
_BY_DOMAIN = {domain: name for name, family in KNOWN.items() for domain in family.domains}


def domain_of(address: str) -> str:
    """The part of an address that names who takes its mail, in lower case."""
    return address.rpartition("@")[2].lower()


def families_of(domains: Iterable[str]) -> dict[str, str]:
    """The family of each domain, in one query at most; one whose MX records nobody asked yet is by itself."""
    wanted = set(domains)
    found = {domain: _BY_DOMAIN[domain] for domain in wanted if domain in _BY_DOMAIN}
    others = wanted - found.keys()
    if others:
        learnt = ReceivingDomain.objects.filter(domain__in=others).values_list("domain", "family")
        found |= dict.fromkeys(others, "") | dict(learnt)
    return {domain: family or domain for domain, family in found.items()}


def label_of(family: str) -> str:
    """The name that people read."""
    return KNOWN[family].label if family in KNOWN else family


def limits() -> dict[str, float]:
    """Messages a second that may leave to each limited family."""
    found = FamilyLimit.objects.values_list("family", "per_minute")
    return {family: per_minute / 60 for family, per_minute in found}


def unknown_domains(domains: Sequence[str]) -> list[str]:
    """Those whose MX records are to be asked, in the order given."""
    fresh = set(
        ReceivingDomain.objects.filter(domain__in=domains, looked_at__gt=timezone.now() - FRESH).values_list(
            "domain", flat=True
        )
    )
    return [domain for domain in domains if domain not in _BY_DOMAIN and domain not in fresh]


def learn(domains: Iterable[str], lookup: Lookup) -> int:
    """Ask the MX records of domains and keep whose mailboxes they are; returns how many answered.

    A domain about which nobody answers is asked again another time.
    """
    learnt = []
    for domain in domains:
        try:
            servers = lookup.mail_servers(domain)
        except NoAnswer:
            continue
        family = _family_by_server(servers[0].host) if servers else ""
        learnt.append(ReceivingDomain(domain=domain, family=family or domain, looked_at=timezone.now()))
    ReceivingDomain.objects.bulk_create(
        learnt, update_conflicts=True, unique_fields=["domain"], update_fields=["family", "looked_at"]
    )
    return len(learnt)


def _family_by_server(host: str) -> str:
    """A known family, or the registered domain of the server: one hoster's customers are one family."""
    for name, family in KNOWN.items():
        if any(host == end or host.endswith(f".{end}") for end in family.servers):
            return name
    return str(checkdmarc.utils.get_base_domain(host) or "")
