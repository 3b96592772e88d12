"""Reads of mailings: how far a send has come, and who its recipients are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, QuerySet

from campaign_crm.platform.caching import remembered
from messaging.enums import SHOWN_AS, UNFINISHED, CampaignState, DeliveryState, ShownState
from messaging.models import Campaign, Delivery

PROGRESS_SECONDS = 2
"""A progress page asks every few seconds, for everyone who looks at it: one count serves them all."""

SPEED_WINDOW = 60  # seconds


@dataclass(frozen=True)
class Progress:
    """How far a send has come. `speed`: messages a second over the last minute, 0 when nothing left."""

    audience: int
    states: dict[DeliveryState, int]
    speed: float

    @property
    def shown(self) -> dict[ShownState, int]:
        """The five words people read, each with its count."""
        counts = dict.fromkeys(ShownState, 0)
        for state, number in self.states.items():
            counts[SHOWN_AS[state]] += number
        return counts

    @property
    def waiting(self) -> int:
        return sum(self.states.get(state, 0) for state in UNFINISHED)

    @property
    def done(self) -> int:
        return self.audience - self.waiting if self.audience else 0

    @property
    def seconds_left(self) -> float | None:
        """A guess at the present speed; None when nothing moves."""
        return self.waiting / self.speed if self.speed else None


def progress(campaign: Campaign) -> Progress:
    """Counts of a campaign's ledger, at most `PROGRESS_SECONDS` old while it is being sent."""
    if campaign.state == CampaignState.FREEZING:
        total = campaign.audience_count or 0
        return Progress(total, {DeliveryState.QUEUED: campaign.freeze_cursor}, 0.0)
    states, recent = remembered(
        f"messaging.progress.{campaign.pk}.{campaign.state}",
        seconds=PROGRESS_SECONDS,
        compute=lambda: (state_counts(campaign), _handed_lately(campaign)),
    )
    return Progress(campaign.audience_count or sum(states.values()), states, recent / SPEED_WINDOW)


def state_counts(campaign: Campaign) -> dict[DeliveryState, int]:
    """Rows of a campaign by state, counted now; reads the campaign's part of one partition."""
    rows = Delivery.objects.of_campaign(campaign).values_list("state")  # type: ignore[attr-defined]
    return {DeliveryState(state): number for state, number in rows.annotate(Count("state"))}


def recipients(campaign: Campaign, *, shown: ShownState | None = None, after: int = 0) -> QuerySet[Delivery]:
    """Recipients by contact id after `after` (keyset), of one shown state or of all; slice it for a page."""
    found: QuerySet[Delivery] = Delivery.objects.of_campaign(campaign)  # type: ignore[attr-defined]
    if shown is not None:
        found = found.filter(state__in=[state for state, word in SHOWN_AS.items() if word == shown])
    return found.filter(contact_id__gt=after).select_related("contact").order_by("contact_id", "occasion")


@dataclass(frozen=True)
class Lag:
    """What operations watch. `oldest_due`: since when the oldest message that could leave has waited."""

    oldest_due: datetime | None
    uncertain: int


def lag() -> Lag:
    """Since when the oldest due message waits, and how many are uncertain, over all campaigns."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(first.due_at) FROM messaging_campaign c
            CROSS JOIN LATERAL (
                SELECT d.due_at FROM messaging_delivery d
                WHERE d.ledger_month = c.ledger_month AND d.campaign_id = c.id
                    AND d.state IN ('queued', 'retry_wait') AND d.due_at <= now()
                ORDER BY d.due_at LIMIT 1) first
            WHERE c.state = 'sending'"""
        )
        oldest = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM messaging_delivery WHERE state = 'unknown'")
        uncertain = cursor.fetchone()[0]
    return Lag(oldest, uncertain)


def _handed_lately(campaign: Campaign) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM messaging_delivery"
            " WHERE ledger_month = %s AND campaign_id = %s"
            " AND handed_at > now() - make_interval(secs => %s)",
            [campaign.ledger_month, campaign.pk, SPEED_WINDOW],
        )
        return int(cursor.fetchone()[0])
