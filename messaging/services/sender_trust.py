"""What the domain of a sender allows: the keys that sign, the host of its links, how much may leave a day.

Gmail and Outlook refuse more than 5,000 messages a day from a domain without SPF, DKIM and an aligned DMARC
(their sender rules of 2024 and 2025): such a mailing would be lost, so it is held here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

import checkdmarc.utils
from django.conf import settings
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform.crypto import unseal
from messaging.content.compile import CompiledMessage
from messaging.content.dkim import DkimKey
from messaging.content.public_links import PICTURE_PATHS
from messaging.dispatch import routing
from messaging.domains.records import WantedRecord
from messaging.enums import CampaignState
from messaging.models import (
    Campaign,
    CampaignVariant,
    Delivery,
    DomainKey,
    DomainRecord,
    ProviderAccount,
    SenderDomain,
    SenderIdentity,
)
from messaging.models.domain_record import Purpose
from messaging.services.return_paths import returns_to
from messaging.services.sender_domains import living_keys, newest_published, wanted_of

UNPROVEN_A_DAY = 5_000
"""Messages a day from one domain that large mailboxes take without its records."""

DAY = timedelta(days=1)
UNDER_WAY = (CampaignState.FREEZING, CampaignState.SENDING, CampaignState.PAUSED)


@dataclass(frozen=True)
class SenderTrust:
    """What messages of a sender carry: the keys that sign them (none: unsigned), where links lead, and the
    host that returns come to (empty: the sender's address)."""

    keys: tuple[DkimKey, ...]
    public_url: str
    return_host: str = ""


def trust_of(sender: SenderIdentity, account: ProviderAccount | None = None) -> SenderTrust:
    """As it is now, from what was last found published; by `account`, or the sender's main one."""
    domain, account = domain_of(sender), account or sender.provider_account
    if domain is None:
        return SenderTrust((), settings.PUBLIC_URL, account.return_domain)
    keys = signing_keys(domain) if account.signs_here else ()
    return SenderTrust(keys, public_url_of(domain), returns_to(account, domain).host)


def domain_of(sender: SenderIdentity) -> SenderDomain | None:
    """The domain that answers for a sender's address."""
    return SenderDomain.objects.all().of(sender.domain)


def signing_keys(domain: SenderDomain) -> tuple[DkimKey, ...]:
    """The newest keys that were ever found published; none before their RSA key is.

    A look at DNS that fails later takes no signature away: a message without one is surely worse than one
    whose key some server may not find. Whether much may leave is asked apart (`bulk_fault`).
    """
    found = list(living_keys(domain).exclude(proven_at=None))
    generation = max((key.generation for key in found if key.algorithm == DomainKey.Algorithm.RSA), default=0)
    return tuple(
        DkimKey(domain.name, key.selector, unseal(key.sealed_private_key)["pem"].encode("ascii"))
        for key in found
        if key.generation == generation
    )


def public_url_of(domain: SenderDomain) -> str:
    """Where links of the domain's messages lead: its own host once it was found to lead here."""
    is_proven = domain.records.proven(timezone.now()).filter(
        purpose=Purpose.TRACKING, name=domain.tracking_host
    )
    if not domain.tracking_host or not is_proven.exists():
        return settings.PUBLIC_URL
    parts = urlsplit(settings.PUBLIC_URL)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{domain.tracking_host}{port}"


def with_pictures_at(compiled: CompiledMessage, public_url: str) -> CompiledMessage:
    """The same message with this installation's pictures at `public_url`."""
    html, text = compiled.html, compiled.text
    for path in PICTURE_PATHS:
        html = html.replace(f"{settings.PUBLIC_URL}{path}", f"{public_url}{path}")
        text = text.replace(f"{settings.PUBLIC_URL}{path}", f"{public_url}{path}")
    return replace(compiled, html=html, text=text)


def bulk_fault(
    senders: Iterable[SenderIdentity], recipients: int, *, campaign: Campaign | None = None
) -> str:
    """Why so many messages may not leave from these senders; empty when they may.

    `campaign` is not counted among what has left today.
    """
    for sender in senders:
        accounts = dict.fromkeys(way.account for way in routing.every_way(sender).ways)
        leading_out = [account for account in accounts if not account.is_catcher]
        if not leading_out or recipients + _left_today(sender, campaign) <= UNPROVEN_A_DAY:
            continue
        # Any of them may carry the whole mailing, once the others rest or have come to a cap.
        if fault := next(filter(None, (_unproven(sender, account) for account in leading_out)), ""):
            return fault
    return ""


def missing_records(domain: SenderDomain, account: ProviderAccount, host: str) -> list[WantedRecord]:
    """Records without which large mailboxes refuse mass mail by this way out, in the order to add them.

    `host`: what stands behind the @ of the sender's address, the domain itself or a name below it.
    """
    proven = _proven(domain)
    wanted = wanted_of(domain)
    signature = Purpose.DKIM if account.signs_here else Purpose.RELAY_DKIM
    needed = [one for one in wanted if one.purpose == Purpose.SPF and one.name == host]
    needed += [one for one in wanted if one.purpose == Purpose.DMARC]
    if not account.signs_here or newest_published(domain) is None:
        needed = [record for record in wanted if record.purpose == signature] + needed
    if _returns_at_host(domain, account):  # then SPF is asked for there
        needed = [one for one in needed if one.purpose != Purpose.SPF]
        needed += [one for one in wanted if one.purpose in (Purpose.RETURN_PATH, Purpose.RETURN_SPF)]
    missing = [one for one in needed if (one.purpose, one.name, one.value) not in proven]
    if account.signs_here:  # RSA is what everybody verifies; the other key is beside it
        missing = [one for one in missing if one.purpose != Purpose.DKIM or "k=rsa" in one.value]
    return missing


def _returns_at_host(domain: SenderDomain, account: ProviderAccount) -> bool:
    """A mail server there is for what leaves by SMTP; a provider's host, for what the provider sends."""
    if not domain.return_path_host:
        return False
    takes_ours = domain.return_path_type == SenderDomain.ReturnPath.MX
    return account.kind == ProviderAccount.Kind.SMTP if takes_ours else True


def _unproven(sender: SenderIdentity, account: ProviderAccount) -> str:
    domain = domain_of(sender)
    if domain is None:
        return _(
            "“%(domain)s” has not said who may send for it: large mailboxes refuse more than 5,000 messages "
            "a day. Add it under Sender domains and publish its records."
        ) % {"domain": sender.domain}
    if not account.signs_here and not domain.relay_selectors:
        return _(
            "Nobody signs for “%(domain)s”: large mailboxes refuse more than 5,000 messages a day. Let the "
            "way out “%(account)s” be signed here, or name your provider’s selectors on the domain’s page."
        ) % {"domain": domain.name, "account": account.name}
    missing = missing_records(domain, account, sender.domain.lower())
    if not missing:
        return ""
    first = missing[0]
    return _(
        "“%(domain)s” may not send more than 5,000 messages a day yet: large mailboxes would refuse them. "
        "Add this record, then check the domain: %(type)s %(name)s %(value)s"
    ) % {"domain": domain.name, "type": first.type, "name": first.name, "value": first.value}


def _left_today(sender: SenderIdentity, campaign: Campaign | None) -> int:
    """Recipients of mailings that are prepared or under way, or began within a day, from the sender's
    registered domain; of mailings with other senders, those of the versions that come from it."""
    base = checkdmarc.utils.get_base_domain(sender.domain)
    same = Q(sender__address__iendswith=f"@{base}") | Q(sender__address__iendswith=f".{base}")
    lately = Q(started_at__gt=timezone.now() - DAY)
    under_way = Q(state__in=UNDER_WAY, audience_count__isnull=False)
    begun = Campaign.objects.mailings().filter(lately | under_way)
    if campaign is not None:
        begun = begun.exclude(pk=campaign.pk)
    left = int(begun.filter(same).aggregate(total=Sum("audience_count"))["total"] or 0)
    versions = CampaignVariant.objects.sent().filter(same, campaign__in=begun.exclude(same))
    for version in versions.select_related("campaign"):
        rows = Delivery.objects.of_campaign(version.campaign).filter(variant=version.number)
        left += rows[: UNPROVEN_A_DAY + 1].count()  # more say nothing else
    return left


def _proven(domain: SenderDomain) -> set[tuple[str, str, str]]:
    found = DomainRecord.objects.filter(domain=domain)
    proven = found.proven(timezone.now())
    return set(proven.values_list("purpose", "name", "wanted"))
