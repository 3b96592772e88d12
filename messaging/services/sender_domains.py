"""Domains that messages come from: making them, their keys, and looking at what they publish."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.crypto import seal
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Right
from messaging.content import dkim
from messaging.dispatch.notices import tell_domain_broken
from messaging.domains import arrival
from messaging.domains.checking import Look, Seen, check_all
from messaging.domains.lookup import Lookup, NoAnswer, system_lookup
from messaging.domains.records import WantedRecord, wanted_records
from messaging.errors import WrongState
from messaging.models import DomainKey, DomainRecord, ProviderAccount, SenderDomain, SenderIdentity
from messaging.models.domain_record import Purpose, RecordState
from messaging.services.domain_fields import DomainFields, DomainInvalid, checked_name, fill
from messaging.services.rights import ask_right

ALGORITHMS = (
    (DomainKey.Algorithm.RSA, "", dkim.new_rsa_key),
    (DomainKey.Algorithm.ED25519, "e", dkim.new_ed25519_key),
)


LOOK_AGAIN_AFTER = 30.0  # seconds


@dataclass(frozen=True)
class ShownRecord:
    """One record to publish and what was last found of it; `last` None: this value was never checked."""

    wanted: WantedRecord
    last: DomainRecord | None

    @property
    def state(self) -> RecordState:
        return RecordState(self.last.state) if self.last is not None else RecordState.NOT_CHECKED


@transaction.atomic
def create_domain(*, by: User | None, name: str, **fields: Unpack[DomainFields]) -> SenderDomain:
    """Begin with a domain, its first keys made; raises DomainInvalid."""
    _ask(by)
    domain = SenderDomain(name=checked_name(name, "name"))
    if SenderDomain.objects.filter(name=domain.name).exists():
        raise DomainInvalid({"name": _("This domain is here already.")})
    fill(domain, fields)
    domain.save()
    _make_keys(domain, 1)
    audit.record(action="domain.create", on=domain, by=by)
    return domain


@transaction.atomic
def update_domain(*, domain: SenderDomain, by: User | None, **fields: Unpack[DomainFields]) -> SenderDomain:
    """Change what a domain publishes; raises DomainInvalid. A host that links used is answered for ever."""
    _ask(by)
    held = SenderDomain.objects.select_for_update().get(pk=domain.pk)
    before = {name: getattr(held, name) for name in fields}
    fill(held, fields)
    if held.tracking_host != before.get("tracking_host", held.tracking_host) and before["tracking_host"]:
        held.former_tracking_hosts = sorted({*held.former_tracking_hosts, str(before["tracking_host"])})
    held.save()
    changed = sorted(name for name, value in before.items() if getattr(held, name) != value)
    audit.record(action="domain.update", on=held, by=by, fields=changed)
    return held


@transaction.atomic
def rotate_keys(*, domain: SenderDomain, by: User | None) -> int:
    """Make new keys beside those there are; returns their generation.

    The older ones go on signing until the new ones are found published, and stay valid until retired. Raises
    WrongState while the last new keys are not published, or two generations are alive.
    """
    _ask(by)
    held = SenderDomain.objects.select_for_update().get(pk=domain.pk)
    alive = sorted(set(living_keys(held).values_list("generation", flat=True)))
    if len(alive) > 1:
        raise WrongState(_("There are new keys already: publish them, then take the old ones out of use."))
    last = held.keys.order_by("-generation").values_list("generation", flat=True).first() or 0
    _make_keys(held, last + 1)
    audit.record(action="domain.rotate_keys", on=held, by=by, detail={"generation": last + 1})
    return int(last) + 1


@transaction.atomic
def retire_keys(*, domain: SenderDomain, by: User | None) -> int:
    """Take the older keys out of use, their private halves destroyed; returns how many.

    Raises WrongState unless newer ones are published.
    """
    _ask(by)
    held = SenderDomain.objects.select_for_update().get(pk=domain.pk)
    newest = newest_published(held)
    older = living_keys(held).filter(generation__lt=newest or 0)
    retired = older.update(retired_at=timezone.now(), sealed_private_key="")
    if not retired:
        raise WrongState(_("The new keys are not published yet: the old ones still sign."))
    held.records.filter(purpose=Purpose.DKIM).exclude(
        name__in=[key.host for key in living_keys(held).select_related("domain")]
    ).delete()
    audit.record(action="domain.retire_keys", on=held, by=by, detail={"keys": retired})
    return int(retired)


def living_keys(domain: SenderDomain) -> Any:
    """The keys of a domain that are not retired, as a queryset."""
    return domain.keys.filter(retired_at=None)


def newest_published(domain: SenderDomain) -> int | None:
    """The newest generation whose RSA key was found published; None when none was."""
    names = set(
        domain.records.proven(timezone.now()).filter(purpose=Purpose.DKIM).values_list("name", "wanted")
    )
    found = [
        key.generation
        for key in living_keys(domain).select_related("domain").filter(algorithm=DomainKey.Algorithm.RSA)
        if (key.host, key.public_record) in names
    ]
    return max(found, default=None)


def wanted_of(domain: SenderDomain) -> list[WantedRecord]:
    """What the domain has to publish; its senders' addresses may be below it."""
    addresses = Q(address__iendswith=f"@{domain.name}") | Q(address__iendswith=f".{domain.name}")
    senders = SenderIdentity.objects.filter(addresses, is_active=True)
    leaving = Q(senders__in=senders) | Q(routes__sender__in=senders)
    accounts = ProviderAccount.objects.filter(leaving, is_active=True).distinct()
    below = _names_below(domain)
    hosts = {
        host
        for address in senders.values_list("address", flat=True)
        if (host := address.rpartition("@")[2].lower()) != domain.name
        and not any(host == name or host.endswith(f".{name}") for name in below)
    }
    return wanted_records(
        domain,
        hosts=hosts,
        keys=living_keys(domain).select_related("domain"),
        accounts=accounts.order_by("pk"),
        public_url=settings.PUBLIC_URL,
    )


def _names_below(domain: SenderDomain) -> list[str]:
    """Domains of their own under this one: they answer for their addresses."""
    below = SenderDomain.objects.filter(name__endswith=f".{domain.name}")
    return list(below.values_list("name", flat=True))


def shown_records(domain: SenderDomain) -> list[ShownRecord]:
    """Each record to publish beside what was last found of it."""
    last = {(record.purpose, record.name): record for record in domain.records.all()}
    shown = []
    for wanted in wanted_of(domain):
        record = last.get((wanted.purpose.value, wanted.name))
        shown.append(ShownRecord(wanted, record if record and record.wanted == wanted.value else None))
    return shown


def check_domain(
    *, domain: SenderDomain, by: User | None, lookup: Lookup | None = None, look: Look | None = None
) -> list[ShownRecord]:
    """Look at every record now and keep what was found; takes some seconds. `by=None` is the daily look."""
    _ask(by)
    wanted = wanted_of(domain)
    _keep(domain, wanted, _seen(wanted, lookup, look or _arrival))
    return shown_records(domain)


def check_all_domains(
    *, lookup: Lookup | None = None, look: Look | None = None, patience: float = LOOK_AGAIN_AFTER
) -> int:
    """The daily look at every domain; administrators hear of what was right and is no longer.

    What seems lost is believed when a second look, `patience` seconds later, finds the same: one resolver in
    a bad moment must not hold a mailing.
    """
    domains = list(SenderDomain.objects.all())
    doubtful = []
    for domain in domains:
        wanted = wanted_of(domain)
        seen = _seen(wanted, lookup, look or _arrival)
        if _lost(_proven(domain), wanted, seen):
            doubtful.append(domain)
        else:
            _keep(domain, wanted, seen)
    if doubtful:
        time.sleep(patience)
    for domain in doubtful:
        wanted, proven = wanted_of(domain), _proven(domain)
        seen = _seen(wanted, lookup, look or _arrival)
        _keep(domain, wanted, seen)
        if names := _lost(proven, wanted, seen):
            tell_domain_broken(domain, names)
    return len(domains)


def _proven(domain: SenderDomain) -> set[tuple[str, str, str]]:
    return set(domain.records.proven(timezone.now()).values_list("purpose", "name", "wanted"))


def _lost(
    proven: set[tuple[str, str, str]], wanted: Sequence[WantedRecord], seen: Sequence[Seen]
) -> list[str]:
    """Names of the records that were right and are no longer; no answer loses nothing."""
    return [
        record.name
        for record, one in zip(wanted, seen, strict=True)
        if one.state in (RecordState.MISSING, RecordState.WRONG)
        and (record.purpose.value, record.name, record.value) in proven
    ]


def _seen(wanted: Sequence[WantedRecord], lookup: Lookup | None, look: Look) -> list[Seen]:
    try:
        return check_all(wanted, lookup or system_lookup(), look)
    except NoAnswer as silence:
        return [Seen(RecordState.NOT_CHECKED, detail=silence.words) for _record in wanted]


def _arrival(host: str) -> arrival.Arrival:
    parts = urlsplit(settings.PUBLIC_URL)
    return arrival.look(host, scheme=parts.scheme, port=parts.port)


@transaction.atomic
def _keep(domain: SenderDomain, wanted: Sequence[WantedRecord], seen: Sequence[Seen]) -> None:
    """Write down what was found; a record that nobody asks for any more is forgotten."""
    now = timezone.now()
    before = {(record.purpose, record.name): record for record in domain.records.select_for_update()}
    for record, one in zip(wanted, seen, strict=True):
        last = before.pop((record.purpose.value, record.name), None) or DomainRecord(
            domain=domain, purpose=record.purpose, name=record.name, wanted=record.value
        )
        if last.wanted != record.value or one.state in (RecordState.MISSING, RecordState.WRONG):
            last.last_right_at = None
        if one.state == RecordState.RIGHT:
            last.last_right_at = now
        last.wanted, last.state, last.fault = record.value, one.state, one.fault
        last.found, last.detail, last.checked_at = list(one.found), one.detail[:300], now
        last.save()
        if one.state == RecordState.RIGHT and record.purpose == Purpose.DKIM:
            selector = record.name.removesuffix(f"._domainkey.{domain.name}")
            fresh = domain.keys.filter(selector=selector, public_record=record.value, proven_at=None)
            fresh.update(proven_at=now)
    DomainRecord.objects.filter(pk__in=[record.pk for record in before.values()]).delete()
    SenderDomain.objects.filter(pk=domain.pk).update(checked_at=now)
    domain.checked_at = now


def _make_keys(domain: SenderDomain, generation: int) -> None:
    for algorithm, suffix, make in ALGORITHMS:
        pem = make()
        DomainKey.objects.create(
            domain=domain,
            generation=generation,
            algorithm=algorithm,
            selector=f"crm{generation}{suffix}",
            sealed_private_key=seal({"pem": pem.decode("ascii")}),
            public_record=dkim.public_record(pem),
        )


def _ask(by: User | None) -> None:
    """`by=None` is the program itself."""
    if by is not None:
        ask_right(by, Right.MANAGE_SETTINGS)
