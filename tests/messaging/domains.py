"""A sender's domain whose records are right, without asking anybody."""

from __future__ import annotations

from django.utils import timezone

from messaging.domains.arrival import Arrival
from messaging.models import DomainRecord, SenderDomain
from messaging.models.domain_record import Purpose, RecordState
from messaging.services.sender_domains import create_domain, wanted_of
from tests.support.dns_server import Zone


def make_domain(name: str = "example.org", **fields: object) -> SenderDomain:
    """A domain with its first keys, nothing checked."""
    found = SenderDomain.objects.filter(name=name).first()
    if found is not None and found.keys.exists():
        return found
    SenderDomain.objects.filter(name=name).delete()  # that of a sender made for a test, without keys
    return create_domain(by=None, name=name, **fields)  # type: ignore[arg-type]


def prove(domain: SenderDomain, *, but: tuple[Purpose, ...] = ()) -> SenderDomain:
    """As after a look that found every record right, except those of the purposes `but`."""
    now = timezone.now()
    for wanted in wanted_of(domain):
        if wanted.purpose not in but:
            DomainRecord.objects.update_or_create(
                domain=domain,
                purpose=wanted.purpose,
                name=wanted.name,
                defaults={
                    "wanted": wanted.value,
                    "state": RecordState.RIGHT,
                    "fault": "",
                    "checked_at": now,
                    "last_right_at": now,
                },
            )
            if wanted.purpose == Purpose.DKIM:
                domain.keys.filter(public_record=wanted.value, proven_at=None).update(proven_at=now)
    SenderDomain.objects.filter(pk=domain.pk).update(checked_at=now)
    return domain


def zone_of(domain: SenderDomain) -> Zone:
    """Everything that the domain has to publish, published."""
    zone: Zone = {}
    for wanted in wanted_of(domain):
        value = f"{wanted.value}." if wanted.type in ("MX", "CNAME") else wanted.value or "v=spf1 mx -all"
        zone.setdefault((wanted.name, wanted.type), []).append(value)
    return zone


def arrives(_host: str) -> Arrival:
    """A host for links that leads here."""
    return Arrival(True)
