"""Kinds of devices of people who agreed to be measured, named after their hits are stored.

Only their browsers are kept. Naming one takes tens of milliseconds the first time a process meets it, so it
is done a few at a time, apart from the storing: whoever sends invented browsers delays names, and no opens.
A browser that names itself a robot here is counted as one from then on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from campaign_crm.platform.locks import wait_for_turn
from tracking.ingest.agents import Named, name_device
from tracking.ingest.corrections import Judged, correct
from tracking.ingest.neighbours import COLUMNS, read_hits
from tracking.ingest.signals import Agent
from tracking.models import Interaction

HITS_AT_ONCE = 5_000
NEW_AGENTS_AT_ONCE = 200
LATEST = timedelta(days=3)
"""Older ones were met while nothing ran: they are left without a name."""

_UNNAMED = f"""
SELECT {COLUMNS} FROM tracking_interaction i
WHERE i.device = '' AND i.user_agent <> '' AND i.user_agent = %(agent)s AND i.at > %(since)s
    AND i.kind IN ('open', 'click')
ORDER BY i.at LIMIT %(limit)s
"""  # noqa: S608 - our own text


def name_devices() -> int:
    """Name the next browsers without a name; returns how many hits got one."""
    since = timezone.now() - LATEST
    unnamed = Interaction.objects.filter(device="", at__gt=since).exclude(user_agent="").order_by("at")
    met = dict.fromkeys(unnamed.values_list("user_agent", flat=True)[:HITS_AT_ONCE])
    return sum(_name(agent, since) for agent in list(met)[:NEW_AGENTS_AT_ONCE])


def _name(agent: str, since: datetime) -> int:
    found = name_device(agent)  # before the turn: nobody waits for it
    with transaction.atomic():
        wait_for_turn("tracking.store")
        hits = read_hits(_UNNAMED, {"since": since, "agent": agent, "limit": HITS_AT_ONCE})
        correct([_named(hit, found) for hit in hits])
    return len(hits)


def _named(hit: Judged, found: Named) -> Judged:
    signals = hit.signals
    if found.is_robot and not signals.agent:
        signals = replace(signals, agent=Agent.ROBOT)
    return replace(hit, device=found.device, reader=found.reader, signals=signals)
