"""The loop of a worker: the next campaign, a chunk of it, until nothing is due or time is up.

Service messages (confirmations, tickets, answers) come first, and a lane of their own serves them alone, so
that a big mailing cannot delay them. A service mailing to many leaves as mailings do.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from campaign_crm.platform.models import Organisation
from messaging.dispatch import ledger, pace, routing
from messaging.dispatch.accounts import Providers
from messaging.dispatch.call import ADAPTER_FAILED, Sent
from messaging.dispatch.circuit import Circuits, PauseReason
from messaging.dispatch.doubts import TRIED_WITH
from messaging.dispatch.ledger import Claim
from messaging.dispatch.lifecycle import hold_service, pause_for
from messaging.dispatch.notices import tell_account_fails
from messaging.dispatch.outbox import Outbox
from messaging.dispatch.quarantine import UNMADE
from messaging.dispatch.rates import Rates, shared_rates
from messaging.dispatch.routing import Ways
from messaging.dispatch.sending import ChunkSender
from messaging.dispatch.trouble import keep_trouble, reason_of, tell_unmade
from messaging.dispatch.turns import take_turns
from messaging.dispatch.waits import Waits
from messaging.models import Campaign, CampaignVariant, ProviderAccount
from messaging.providers.base import Provider
from messaging.providers.errors import ProviderError
from messaging.providers.smtp.sources import Stream

logger = logging.getLogger(__name__)

CHUNK = 500
"""Rows claimed at once: a few batches, so that claiming costs little and a dead worker holds few."""

MOST = 2_000
"""A provider that takes large batches gets them whole, up to so many rows of a chunk."""

CHUNK_SECONDS = 20.0
"""A slow account's chunk is no more than it can send in this time, well inside a claim's lease."""

PACE_BURST = 10.0
"""Seconds whose messages a mailing with a speed of its own may send at once: it is looked at every five."""

SUSPECTS_EVERY = 10
"""Every so many claims, a message at which workers were lost is tried before the others."""

UNMADE_SECONDS = 60.0
"""Service messages that cannot be made are left alone for so long: somebody has to mend something."""

DRY_SECONDS = 0.5
"""A mailing of which nothing could be claimed is left alone for so long."""

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
# share. Version 0 is the campaign itself. A sender whose every way out is closed here, and a campaign that
# waits for its speed, are passed over.
_NEXT = """
SELECT c.id, version.number FROM messaging_campaign c
CROSS JOIN LATERAL (
    SELECT 0 AS number, c.sender_id
    UNION ALL
    SELECT v.number, coalesce(v.sender_id, c.sender_id) FROM messaging_campaignvariant v
    WHERE v.campaign_id = c.id AND NOT v.opted_out
) version
CROSS JOIN LATERAL (SELECT c.kind = 'service' AND c.standing_for <> '' AS first) lane
JOIN messaging_senderidentity s ON s.id = version.sender_id
WHERE c.state = 'sending' AND c.channel = 'email'
    AND (lane.first OR NOT %(service_only)s)
    AND (lane.first OR NOT s.id = ANY(%(full_senders)s::bigint[]))
    AND NOT c.id = ANY(%(waiting)s::bigint[])
    AND EXISTS (
        SELECT FROM messaging_provideraccount a
        WHERE a.is_active
            AND NOT a.id = ANY(CASE WHEN lane.first
                THEN %(closed_service)s::bigint[] ELSE %(closed_bulk)s::bigint[] END)
            AND (a.id = s.provider_account_id OR EXISTS (
                SELECT FROM messaging_senderroute r
                WHERE r.sender_id = s.id AND r.provider_account_id = a.id)))
    AND EXISTS (
        SELECT FROM messaging_delivery d
        WHERE d.ledger_month = c.ledger_month AND d.campaign_id = c.id AND d.variant = version.number
            AND d.state IN ('queued', 'retry_wait') AND d.due_at <= now())
ORDER BY lane.first DESC, random() LIMIT 1
"""


class Pump:
    """One worker's means of sending: connections, rates and the record of each account, kept between runs."""

    def __init__(self, *, rates: Rates | None = None, chance: random.Random | None = None) -> None:
        self._providers = Providers()
        self._circuits = Circuits()
        self._rates = rates or shared_rates()
        self._waits = Waits()
        self._claims = 0
        self._chance = chance or random.Random()  # noqa: S311 - shares work out, hides nothing

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
        """The next campaign that can be written to; one that cannot be must not keep others from leaving."""
        organisation = Organisation.current()
        if not organisation.sending_enabled:
            return None
        self._circuits.learn()
        while (found := self._due(lane)) is not None:
            campaign, version = found
            try:
                return Outbox(campaign, organisation, _variant(campaign, version))
            except Exception as error:
                self._leave_unmade(campaign, error)
        return None

    def _leave_unmade(self, campaign: Campaign, error: Exception) -> None:
        """Pass a campaign over whose messages cannot be made, and say so."""
        tell_unmade(campaign, error)
        self._waits.leave(campaign.pk, UNMADE_SECONDS)

    def _due(self, lane: Lane) -> tuple[Campaign, int] | None:
        """A campaign with due rows that this worker can send now, and the number of the version."""
        with connection.cursor() as cursor:
            cursor.execute(
                _NEXT,
                {
                    "service_only": lane is Lane.SERVICE,
                    "closed_service": self._closed(Stream.SERVICE),
                    "closed_bulk": self._closed(Stream.BULK),
                    "full_senders": list(self._waits.who_is_full().senders),
                    "waiting": self._waits.left_alone(),
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
        return campaign, found[1]

    def _closed(self, stream: Stream) -> list[int]:
        """Accounts that rest here; for mailings, also those that have come to a cap."""
        full = self._waits.who_is_full().accounts if stream is Stream.BULK else {}
        return [*self._circuits.resting(stream), *full]

    def _send_chunk(self, outbox: Outbox, ends: float) -> Sent:
        """Claim a chunk and send each part of it by the account that carries it."""
        ways = routing.open_ways(outbox.sender, self._closed(outbox.stream))
        general = ways.pick(self._chance)
        if not ways.ways:
            self._waits.leave(outbox.campaign.pk, DRY_SECONDS)
            return Sent()
        account = general or ways.ways[0].account
        provider = self._provider(outbox, account)
        if provider is None:
            return Sent()
        limit = _chunk(account.messages_per_second, provider.capabilities.max_batch)
        claim = self._claim(outbox, ways, limit)
        total = Sent()
        is_whole = False
        try:
            rows = take_turns(claim, self._rates)
            parts = []
            for carrier, part in ways.split(rows, general, self._chance):
                sent = self._send_part(outbox, carrier, Claim(claim.ledger, claim.token, part), ways, ends)
                total.handed += sent.handed
                total.accepted += sent.accepted
                parts.append(sent.whole)
            is_whole = all(parts)
        finally:
            if not is_whole:
                ledger.give_back(claim)
                self._waits.look_again()
        return total

    def _claim(self, outbox: Outbox, ways: Ways, limit: int) -> Claim:
        """Due rows, as many as the mailing's own speed allows; without any it is passed over for a while."""
        campaign = outbox.campaign
        rate = None if campaign.standing_for else pace.rate_of(campaign)
        name = f"campaign:{campaign.pk}"
        grant = self._rates.take(name, rate=rate, wanted=limit, burst=PACE_BURST)
        if not grant.messages:
            self._waits.leave(campaign.pk, grant.wait)
            return Claim(outbox.ledger, 0, [])
        # Suspects come last, and now and then first: a long mailing must not keep them for its whole length.
        self._claims += 1
        order = (ledger.NONE, ledger.SOME, ledger.ALONE)
        for suspicion in reversed(order) if self._claims % SUSPECTS_EVERY == 0 else order:
            claim = ledger.claim(
                outbox.ledger,
                limit=grant.messages,
                variant=outbox.variant,
                departments=ways.departments,
                suspicion=suspicion,
            )
            if claim.rows:
                break
        self._rates.put_back(name, rate=rate, unused=grant.messages - len(claim.rows))
        if not claim.rows:
            self._waits.leave(campaign.pk, DRY_SECONDS)
        return claim

    def _send_part(
        self, outbox: Outbox, account: ProviderAccount, claim: Claim, ways: Ways, ends: float
    ) -> Sent:
        provider = self._provider(outbox, account)
        if provider is None:
            return Sent()
        circuit = self._circuits.of(account.pk, outbox.stream)
        is_trial = circuit.doubt.is_open
        if is_trial:
            if circuit.is_resting or not circuit.may_try():
                return Sent()
            claim = Claim(claim.ledger, claim.token, claim.rows[:TRIED_WITH])
        try:
            own = outbox if account == outbox.account else outbox.by(account)
        except Exception as error:  # it signs here, perhaps, and the sender's main account does not
            self._leave_unmade(outbox.campaign, error)
            return Sent()
        sender = ChunkSender(
            own,
            provider,
            rates=self._rates,
            circuit=circuit,
            may_go_on=lambda: time.monotonic() < ends,
            elsewhere=any(way.departments is None for way in ways.without(account).ways),
        )
        sent = sender.send(claim)
        if is_trial:
            sent.whole = False
            if not sent.handed and not circuit.is_resting:
                circuit.not_tried()
        reason = sent.reason_to_pause() or circuit.reason_to_pause()
        if reason is not None:
            self._stop(outbox, account, reason)
        elif circuit.is_resting:
            keep_trouble(account, circuit)
        return sent

    def _provider(self, outbox: Outbox, account: ProviderAccount) -> Provider | None:
        """The provider of an account; None where its settings cannot work, which is told."""
        try:
            return self._providers.of(account, outbox.stream)
        except (ProviderError, ValueError) as error:
            logger.warning("Account %s cannot be used: %s", account.pk, type(error).__name__)
            self._stop(outbox, account, reason_of(error))
            return None

    def _stop(self, outbox: Outbox, account: ProviderAccount, reason: PauseReason) -> None:
        """A mailing waits for a person when no way out is left; until then the one that fails rests.

        Service messages, which nobody would resume, wait for their way out.
        """
        campaign, circuit = outbox.campaign, self._circuits.of(account.pk, outbox.stream)
        if campaign.standing_for:
            circuit.rest()
            hold_service(campaign, reason)
        elif reason.text not in (ADAPTER_FAILED, UNMADE) and self._has_another(outbox, account):
            circuit.rest()
            keep_trouble(account, circuit, reason)
            tell_account_fails(account, reason)
        else:
            pause_for(campaign.pk, reason)
            circuit.begin_again()

    def _has_another(self, outbox: Outbox, account: ProviderAccount) -> bool:
        """True when the sender has another way to anywhere on which this worker has not given up."""
        others = routing.every_way(outbox.sender).without(account).ways
        return any(
            way.departments is None and not self._circuits.of(way.account.pk, outbox.stream).given_up
            for way in others
        )


def _variant(campaign: Campaign, number: int) -> CampaignVariant | None:
    if not number:
        return None
    return (
        campaign.variants.select_related("sender__provider_account")
        .defer("blocks", "replaced", "compiled")
        .get(number=number)
    )


def _chunk(rate: int | None, batch: int) -> int:
    """Rows to claim at once; `rate` is the account's, a second, `batch` what its provider takes at once."""
    whole = max(1, CHUNK // batch) * batch  # whole batches: none of them leaves with few lanes in use
    most = min(whole, MOST)
    return most if rate is None else max(1, min(most, int(rate * CHUNK_SECONDS)))
