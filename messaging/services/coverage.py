"""How far targeting reaches: of those who may be written to, how many agreed to be chosen."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from contacts.enums import Channel
from contacts.models import Reach


@dataclass(frozen=True)
class Coverage:
    """One digital channel: people who may be written to, and those of them who may be targeted."""

    channel: Channel
    reachable: int
    agreed: int

    @property
    def percent(self) -> int:
        """Rounded down: nobody is told that all agreed while one has not."""
        return 100 * self.agreed // self.reachable if self.reachable else 0


def coverage() -> list[Coverage]:
    """E-mail and SMS, counted in one pass over what may be written to today."""
    channels = [Channel.EMAIL, Channel.SMS]
    rows = (
        Reach.objects.open_on(timezone.localdate())
        .filter(channel__in=channels, contact__erased_at__isnull=True)
        .order_by()
        .values("channel")
        .annotate(reachable=Count("contact_id"), agreed=Count("contact_id", filter=Q(targeting=True)))
    )
    found = {row["channel"]: row for row in rows}
    return [
        Coverage(channel, found[channel]["reachable"], found[channel]["agreed"])
        if channel in found
        else Coverage(channel, 0, 0)
        for channel in channels
    ]
