"""Where returns of messages by SMTP come to, and whether SPF speaks for the sender's domain there.

A mail server asks for SPF at the domain that returns go to (RFC 7208 §2.4), and DMARC believes it only where
that is the sender's own (RFC 9989 §4.4). So a host of the sender's domain comes first, once it was found to
take returns and to allow the server that sends; then the domain of the way out; else the sender's address.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import checkdmarc.utils
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.dispatch import routing
from messaging.domains.records import spf_terms
from messaging.models import Mailbox, ProviderAccount, SenderDomain, SenderIdentity
from messaging.models.domain_record import Purpose


class Origin(StrEnum):
    """Who says where returns come to."""

    DOMAIN = "domain"
    ACCOUNT = "account"
    SENDER = "sender"


class ReturnsTo(NamedTuple):
    """`host` is empty where they come to the sender's own address, which names no message."""

    origin: Origin
    host: str = ""


@dataclass(frozen=True)
class WayBack:
    """Where returns of one sender by one account come to; `domain` answers for the sender's address.

    `agrees`: SPF speaks for the sender's domain there. `is_read`: somebody takes them.
    """

    sender: SenderIdentity
    account: ProviderAccount
    domain: SenderDomain | None
    returns: ReturnsTo
    is_read: bool

    @property
    def agrees(self) -> bool:
        return not self.returns.host or _base(self.returns.host) == _base(self.sender.domain)


def returns_to(account: ProviderAccount, domain: SenderDomain | None) -> ReturnsTo:
    """As it is now, from what was last found published; `domain` answers for the sender's address."""
    if domain is not None and _is_proven(domain, account):
        return ReturnsTo(Origin.DOMAIN, domain.return_path_host)
    if account.return_domain:
        return ReturnsTo(Origin.ACCOUNT, account.return_domain)
    return ReturnsTo(Origin.SENDER)


def ways_back(senders: Iterable[SenderIdentity]) -> list[WayBack]:
    """Of every way out by SMTP that these senders may take, each pair of domain and account once.

    What a provider's API takes has the provider's own return path, and the mail catcher returns nothing.
    """
    mailboxes = Mailbox.objects.filter(purpose=Mailbox.Purpose.RETURNS, is_active=True)
    someone_reads = bool(settings.LMTP_PORT) or mailboxes.exists()
    domains = _all_domains()
    found: dict[tuple[str, int], WayBack] = {}
    for sender in senders:
        domain = _nearest(sender.address, domains)
        for account in (way.account for way in routing.every_way(sender).ways):
            pair = (sender.domain, account.pk)
            if account.kind != ProviderAccount.Kind.SMTP or account.is_catcher or pair in found:
                continue
            returns = returns_to(account, domain)
            found[pair] = WayBack(sender, account, domain, returns, someone_reads)
    return list(found.values())


def senders_of(domain: SenderDomain) -> list[SenderIdentity]:
    """Senders in use for whose addresses this domain answers, and no other below it."""
    candidates = SenderIdentity.objects.filter(is_active=True, address__iendswith=domain.name)
    domains = _all_domains()
    return [
        sender
        for sender in candidates.select_related("provider_account").order_by("pk")
        if _nearest(sender.address, domains) == domain
    ]


def receivers() -> dict[str, int]:
    """Hosts at which returns are taken, each with the account that they are kept for."""
    told = ProviderAccount.objects.exclude(return_domain="").order_by("-pk")
    found = dict(told.values_list("return_domain", "pk"))
    domains = _all_domains()
    senders = SenderIdentity.objects.order_by("provider_account__is_active", "is_active", "-pk")
    for address, account in senders.values_list("address", "provider_account"):
        domain = _nearest(address, domains)
        if domain is not None and _may_take(domain):
            found[domain.return_path_host] = account
    return found


def words_of(back: WayBack) -> str:
    """Where they come to and what that means, in the active language."""
    words = {"host": back.returns.host, "account": back.account, "domain": back.sender.domain}
    said = {
        Origin.DOMAIN: _("Returns come to %(host)s, a host of the sender’s domain: SPF agrees with it."),
        Origin.SENDER: _(
            "Returns come to the sender’s address, without saying which message they are about."
        ),
        Origin.ACCOUNT: _("Returns come to %(host)s, as “%(account)s” says: SPF agrees with the sender.")
        if back.agrees
        else _(
            "Returns come to %(host)s, as “%(account)s” says: SPF speaks for another domain than "
            "“%(domain)s”, and the signature alone proves the sender."
        ),
    }[back.returns.origin] % words
    if back.returns.origin is not Origin.DOMAIN and back.domain is not None and _may_take(back.domain):
        later = _("They come to %(host)s as soon as its records are found right.")
        said = f"{said} {later % {'host': back.domain.return_path_host}}"
    if back.returns.host and not back.is_read:
        unread = _("Nobody reads them: name the mailbox of returns on the page of the way out.")
        said = f"{said} {unread}"
    return said


def _is_proven(domain: SenderDomain, account: ProviderAccount) -> bool:
    """Its mail server is the one wanted, and its SPF record allows the servers of this account."""
    if not _may_take(domain):
        return False
    found = domain.records.proven(timezone.now()).filter(name=domain.return_path_host)
    wanted = dict(found.values_list("purpose", "wanted"))
    takes = wanted.get(Purpose.RETURN_PATH) == f"10 {domain.return_path_target}"
    allowed = wanted.get(Purpose.RETURN_SPF)
    return takes and allowed is not None and set(spf_terms(domain, [account])) <= set(allowed.split())


def _may_take(domain: SenderDomain) -> bool:
    """A host that is a provider's (CNAME) takes the returns of that provider's own messages only."""
    return bool(domain.return_path_host) and domain.return_path_type == SenderDomain.ReturnPath.MX


def _all_domains() -> dict[str, SenderDomain]:
    return {domain.name: domain for domain in SenderDomain.objects.all()}


def _nearest(address: str, domains: dict[str, SenderDomain]) -> SenderDomain | None:
    """As `SenderDomainQuerySet.of`, of domains that were read already."""
    labels = address.rpartition("@")[2].lower().split(".")
    names = (".".join(labels[start:]) for start in range(len(labels)))
    return next((domains[name] for name in names if name in domains), None)


def _base(name: str) -> str:
    return str(checkdmarc.utils.get_base_domain(name.lower()) or "")
