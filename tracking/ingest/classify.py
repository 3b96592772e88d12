"""Telling people from privacy proxies and security scanners, by rules that have a version.

Each stored hit keeps what it was judged by (`tracking.ingest.signals`) and the version of these rules:
whoever changes one raises `RULES`, and `manage.py reclassify` judges again what is stored. Reports count
people, show what came through proxies apart (Gmail's asks when the message is opened, Apple's also when
nobody does), and say what was set aside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from messaging.content.addresses import HIDDEN_LINK
from tracking.enums import HitClass, InteractionKind, NetworkKind
from tracking.ingest.signals import Agent, Beside, Signals

if TYPE_CHECKING:
    import uuid

RULES = 1
TOO_SOON = 2.0  # seconds since the hand-over: nobody has read by then
BURST_LINKS = 3
BURST = timedelta(seconds=10)
MessageKey = tuple[int, int | None, int | None]
"""One message: (campaign, contact, None), or (campaign, None, its random number)."""


def classify(kind: InteractionKind, signals: Signals) -> HitClass:
    """The class of one hit. A list of proxies holds people too: they click, while proxies only fetch."""
    if signals.agent == Agent.PROXY:
        return HitClass.PRIVACY_PROXY if signals.beside != Beside.TRAP else HitClass.SCANNER
    if signals.head or signals.prefetch or signals.agent or signals.beside:
        return HitClass.SCANNER
    if signals.seconds is not None and signals.seconds < TOO_SOON:
        return HitClass.SCANNER
    network = signals.network.partition(":")[0]
    if network == NetworkKind.SCANNER:
        return HitClass.SCANNER
    if network == NetworkKind.PROXY and kind == InteractionKind.OPEN:
        return HitClass.PRIVACY_PROXY
    return HitClass.HUMAN


class MessageHit(NamedTuple):
    """One hit of a message; `link` is None of an open."""

    message: MessageKey
    at: datetime
    link: int | None
    event_id: uuid.UUID


def find_neighbours(hits: Iterable[MessageHit]) -> dict[uuid.UUID, Beside]:
    """Event ids of hits that others of their message, within `BURST`, say are a robot's.

    Clicks among `BURST_LINKS` different links; and every hit around one on the hidden link.
    """
    by_message: dict[MessageKey, list[MessageHit]] = defaultdict(list)
    for hit in hits:
        by_message[hit.message].append(hit)
    found: dict[uuid.UUID, Beside] = {}
    for of_message in by_message.values():
        of_message.sort(key=lambda hit: hit.at)
        clicks = [hit for hit in of_message if hit.link is not None]
        found.update((hit.event_id, Beside.LINKS) for hit in _in_bursts(clicks))
        traps = [hit.at for hit in clicks if hit.link == HIDDEN_LINK]
        if traps:
            found.update((hit.event_id, Beside.TRAP) for hit in _around(of_message, traps))
    return found


def _in_bursts(clicks: list[MessageHit]) -> Iterator[MessageHit]:
    """Those of one message, oldest first. Each is met twice at most: a robot may send thousands."""
    together: Counter[int | None] = Counter()
    first = told = 0
    for last, click in enumerate(clicks):
        together[click.link] += 1
        while click.at - clicks[first].at > BURST:
            together[clicks[first].link] -= 1
            if not together[clicks[first].link]:
                del together[clicks[first].link]
            first += 1
        if len(together) >= BURST_LINKS:
            yield from clicks[max(first, told) : last + 1]
            told = last + 1


def _around(hits: list[MessageHit], traps: list[datetime]) -> Iterator[MessageHit]:
    """Hits within `BURST` of a trap; both oldest first."""
    nearest = 0
    for hit in hits:
        while nearest + 1 < len(traps) and abs(traps[nearest + 1] - hit.at) <= abs(traps[nearest] - hit.at):
            nearest += 1
        if abs(traps[nearest] - hit.at) <= BURST:
            yield hit
