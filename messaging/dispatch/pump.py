"""The loop of a worker: the next campaign, a chunk of it, until nothing is due or time is up.

Service messages (confirmations, tickets, answers) come first, and a lane of their own serves them alone, so
that a big mailing cannot delay them.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from campaign_crm.platform.models import Organisation
from messaging.dispatch import ledger
from messaging.dispatch.accounts import Providers
from messaging.dispatch.call import Sent
from messaging.dispatch.circuit import Circuit, Circuits, PauseReason
from messaging.dispatch.lifecycle import hold_service, pause_for
from messaging.dispatch.outbox import Outbox
from messaging.dispatch.rates import Rates, shared_rates
from messaging.dispatch.sending import ChunkSender
from messaging.models import Campaign, CampaignVariant
from messaging.providers.errors import ProviderError
from messaging.providers.smtp.sources import Stream

logger = logging.getLogger(__name__)

CHUNK = 500
"""Rows claimed at once: a few batches, so that claiming costs little and a dead worker holds few."""

MOST = 2_000
"""A provider that takes large batches gets them whole, up to so many rows of a chunk."""

CHUNK_SECONDS = 20.0
"""A slow account's chunk is no more than it can send in this time, well inside a claim's lease."""

SLICE_SECONDS = 5.0
"""One run of a lane: other background work gets its turn between two."""


class Lane(StrEnum):
    EVERYTHING = "everything"
    SERVICE = "service"


@dataclass
class Pumped:
    """What one run came to. `more`: time ended before the work did."""

    handed: int = 0
    accepted: int = 0
    chunks: int = 0
    more: bool = False


# Versions of campaigns with due rows that this worker can send now; of several, one at random, so that they
# share. Version 0 is the campaign itself.
_NEXT = """
SELECT c.id, version.number FROM messaging_campaign c
CROSS JOIN LATERAL (
    SELECT 0 AS number, c.sender_id
    UNION ALL
    SELECT v.number, coalesce(v.sender_id, c.sender_id) FROM messaging_campaignvariant v
    WHERE v.campaign_id = c.id AND NOT v.opted_out
) version
JOIN messaging_senderidentity s ON s.id = version.sender_id
JOIN messaging_provideraccount a ON a.id = s.provider_account_id
WHERE c.state = 'sending' AND c.channel = 'email' AND a.is_active
    AND (c.kind = 'service' OR NOT %(service_only)s)
    AND NOT a.id = ANY(CASE c.kind WHEN 'service' THEN %(resting_service)s::bigint[]
        ELSE %(resting_bulk)s::bigint[] END)
    AND EXISTS (
        SELECT FROM messaging_delivery d
        WHERE d.ledger_month = c.ledger_month AND d.campaign_id = c.id AND d.variant = version.number
            AND d.state IN ('queued', 'retry_wait') AND d.due_at <= now())
ORDER BY c.kind <> 'service', random() LIMIT 1
"""


class Pump:
    """One worker's means of sending: connections, rates and the record of each account, kept between runs."""

    def __init__(self, *, rates: Rates | None = None) -> None:
        self._providers = Providers()
        self._circuits = Circuits()
        self._rates = rates or shared_rates()

    def run(self, lane: Lane = Lane.EVERYTHING, *, seconds: float = SLICE_SECONDS) -> Pumped:
        """Send what is due until nothing is, or `seconds` have passed."""
        pumped = Pumped()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            outbox = self._next(lane)
            if outbox is None:
                self._providers.close()
                return pumped
            sent = self._send_chunk(outbox, ends)
            pumped.handed += sent.handed
            pumped.accepted += sent.accepted
            pumped.chunks += 1
        pumped.more = True
        return pumped

    def close(self) -> None:
        self._providers.close()

    def _next(self, lane: Lane) -> Outbox | None:
        organisation = Organisation.current()
        if not organisation.sending_enabled:
            return None
        with connection.cursor() as cursor:
            cursor.execute(
                _NEXT,
                {
                    "service_only": lane is Lane.SERVICE,
                    "resting_service": self._circuits.resting(Stream.SERVICE),
                    "resting_bulk": self._circuits.resting(Stream.BULK),
                },
            )
            found = cursor.fetchone()
        if found is None:
            return None
        campaign = (
            Campaign.objects.select_related("sender__provider_account")
            .defer("blocks", "compiled", "audience_tree", "excluded")
            .get(pk=found[0])
        )
        return Outbox(campaign, organisation, _variant(campaign, found[1]))

    def _send_chunk(self, outbox: Outbox, ends: float) -> Sent:
        campaign, account = outbox.campaign, outbox.account
        circuit = self._circuits.of(account.pk, outbox.stream)
        try:
            provider = self._providers.of(account, outbox.stream)
        except (ProviderError, ValueError) as error:
            logger.warning("Account %s cannot be used: %s", account.pk, type(error).__name__)
            _stop(campaign, circuit, _reason(error))
            return Sent()
        sender = ChunkSender(
            outbox,
            provider,
            rates=self._rates,
            circuit=circuit,
            may_go_on=lambda: time.monotonic() < ends,
        )
        limit = _chunk(account.messages_per_second, provider.capabilities.max_batch)
        sent = sender.send(ledger.claim(outbox.ledger, limit=limit, variant=outbox.variant))
        reason = sent.reason_to_pause() or circuit.reason_to_pause()
        if reason is not None:
            _stop(campaign, circuit, reason)
        return sent


def _variant(campaign: Campaign, number: int) -> CampaignVariant | None:
    if not number:
        return None
    return (
        campaign.variants.select_related("sender__provider_account")
        .defer("blocks", "replaced", "compiled")
        .get(number=number)
    )


def _stop(campaign: Campaign, circuit: Circuit, reason: PauseReason) -> None:
    """A mailing waits for a person. Service messages, which nobody would resume, wait for their way out."""
    if campaign.standing_for:
        circuit.rest()
        hold_service(campaign, reason)
    else:
        pause_for(campaign.pk, reason)
        circuit.begin_again()


def _chunk(rate: int | None, batch: int) -> int:
    """Rows to claim at once; `rate` is the account's, a second, `batch` what its provider takes at once."""
    most = min(max(CHUNK, batch), MOST)
    return most if rate is None else max(1, min(most, int(rate * CHUNK_SECONDS)))


def _reason(error: ProviderError | ValueError) -> PauseReason:
    if isinstance(error, ProviderError):
        return PauseReason(error.text, error.detail)
    return PauseReason(str(error))
