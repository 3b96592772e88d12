"""Celery ticks of messaging: PostgreSQL is the queue, so a lost tick loses nothing.

`tend` moves campaigns (due, frozen, finished, leases); `pump` sends, one worker a shard over all machines.
"""

from __future__ import annotations

from functools import lru_cache

from celery import shared_task
from django.conf import settings

from campaign_crm.platform.jobs import enqueue, tick
from campaign_crm.platform.locks import only_one
from campaign_crm.platform.models import Job
from messaging.costs.counting import COUNT_JOB
from messaging.dispatch import caps, continuity, exemptions, families, leases, lifecycle, watch, ways_out
from messaging.dispatch.pump import Lane, Pump
from messaging.domains.lookup import system_lookup
from messaging.experiments.deciding import decide_due
from messaging.returns import imap
from messaging.services import sender_domains
from messaging.webhooks import reading

SERVICE_SHARD = 0
"""The shard that sends service messages only; the others, from 1, send everything, service first."""

NEAR = 6.0
"""Seconds: a release further off than the next beat is left to that beat."""
SOONEST = 0.2
"""Seconds: the hour that has passed meanwhile, or that the database's clock has not reached yet."""


@shared_task(name="messaging.tend")
def tend() -> None:
    """Start what is due, freeze what waits, take back dead workers' rows, close what is done."""
    with only_one("messaging.tend") as mine:
        if not mine or not continuity.may_send():
            return
        ways_out.keep_service_going()
        ways_out.hold_without_way_out()
        ways_out.hold_unproven()
        lifecycle.start_due()
        leases.reap()
        lifecycle.sweep_cancelled()
        lifecycle.finish()
    if lifecycle.freeze_waiting():
        wake_pumps()
    _come_back_for_the_next_release()


@shared_task(name="messaging.pump_all")
def pump_all() -> None:
    """Wake every shard; those at work already skip."""
    wake_pumps()


@shared_task(name="messaging.pump", expires=30)
def pump(shard: int) -> int:
    """Send one slice in one shard, unless another worker is at it; returns messages handed over."""
    with only_one(f"messaging.pump.{shard}") as mine:
        if not mine or not continuity.may_send():
            return 0
        pumped = _pump().run(Lane.SERVICE if shard == SERVICE_SHARD else Lane.EVERYTHING)
    if pumped.more:
        tick(pump.si(shard))
    elif pumped.handed:
        tick(tend)
    return pumped.handed


@shared_task(name="messaging.check_domains")
def check_domains() -> int:
    """The daily look at what senders' domains publish; returns how many domains."""
    with only_one("messaging.check_domains") as mine:
        return sender_domains.check_all_domains() if mine else 0


@shared_task(name="messaging.read_events")
def read_events() -> int:
    """Understand what providers reported; returns how many bodies. Skips while the previous run goes on."""
    with only_one("messaging.read_events") as mine:
        return reading.read_events() if mine else 0


@shared_task(name="messaging.read_mailboxes")
def read_mailboxes() -> int:
    """Fetch what came to the mailboxes of returns and answers; returns how many messages."""
    with only_one("messaging.read_mailboxes") as mine:
        return imap.read_mailboxes() if mine else 0


@shared_task(name="messaging.purge_events")
def purge_events() -> None:
    """Delete what providers reported long ago: it holds addresses."""
    with only_one("messaging.purge_events") as mine:
        if mine:
            reading.purge()


@shared_task(name="messaging.watch", expires=30)
def watch_mailings() -> int:
    """Count mailings under way, pause families of mailboxes that refuse, say what stands."""
    with only_one("messaging.watch") as mine:
        return watch.watch_all() if mine else 0


@shared_task(name="messaging.learn_domains")
def learn_domains() -> int:
    """Ask whose mailboxes the domains of mailings under way are; returns how many were learnt."""
    with only_one("messaging.learn_domains") as mine:
        if not mine:
            return 0
        caps.purge()
        asked = watch.domains_to_ask()
        return families.learn(asked, system_lookup()) if asked else 0


@shared_task(name="messaging.decide_tests", expires=30)
def decide_tests() -> int:
    """Look at tests of versions whose hour has come, and let the others go; returns how many may leave."""
    with only_one("messaging.decide_tests") as mine:
        released = decide_due() if mine else 0
    if released:
        wake_pumps()
    return released


def _come_back_for_the_next_release() -> None:
    """Have the next mailing leave as its time to cancel ends, instead of at the beat after it."""
    wait = lifecycle.next_release()
    if wait is not None and wait.total_seconds() <= NEAR:
        tick(tend.si().set(countdown=max(wait.total_seconds(), SOONEST)))


def wake_pumps() -> None:
    """Send at once, instead of at the next beat."""
    for shard in range(settings.DISPATCH_WORKERS + 1):
        tick(pump.si(shard))


@lru_cache(maxsize=1)
def _pump() -> Pump:
    """This process's connections and records, kept between slices."""
    return Pump()


@shared_task(name="messaging.journal_exemptions")
def journal_exemptions() -> int:
    """Write down which service messages left during a silence that has ended; returns how many entries."""
    with only_one("messaging.journal_exemptions") as mine:
        return exemptions.journal_exemptions() if mine else 0


@shared_task(name="messaging.count_costs")
def count_costs() -> None:
    """Have the costs of mailings that may have moved counted again, each night."""
    if not Job.objects.unfinished().filter(kind=COUNT_JOB).exists():
        enqueue(kind=COUNT_JOB, payload={})
