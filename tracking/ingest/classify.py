"""Telling people from privacy proxies and security scanners.

Two looks: at the request itself, when it comes in, and at all hits of one message, when they are stored.
Raw hits are kept with their class; reports count people, show what came through proxies apart (Gmail's asks
when the message is opened, Apple's also when nobody does), and say what was set aside. Signals are public
ones: Apple's mail privacy proxy sends exactly "Mozilla/5.0", Gmail's names itself GoogleImageProxy, scanners
ask with HEAD, announce a prefetch, name themselves, or follow several links within seconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tracking.enums import HitClass

if TYPE_CHECKING:
    import uuid

PROXY_AGENTS = ("googleimageproxy", "yahoomailproxy", "ggpht.com")
APPLE_PROXY_AGENT = "mozilla/5.0"
SCANNER_WORDS = (
    "bot", "crawl", "spider", "scan", "preview", "proofpoint", "mimecast", "barracuda", "safelinks",
    "urlcheck", "python-requests", "python-urllib", "aiohttp", "httpx", "curl/", "wget/", "go-http-client",
    "java/", "okhttp", "libwww", "headlesschrome", "phantomjs", "facebookexternalhit",
    "edge/12.246",  # opens in the name of nobody when Gmail takes a message in
)  # fmt: skip
PREFETCH_HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")
BURST_LINKS = 3
BURST = timedelta(seconds=10)


def classify_request(*, method: str, user_agent: str, headers: dict[str, str]) -> HitClass:
    """Class of one request by itself. `headers` has lower-case names."""
    agent = user_agent.strip().lower().replace("cubot", "")  # a maker of telephones, not a robot
    if any(word in agent for word in PROXY_AGENTS) or agent == APPLE_PROXY_AGENT:
        return HitClass.PRIVACY_PROXY
    if method == "HEAD" or not agent or any(word in agent for word in SCANNER_WORDS):
        return HitClass.SCANNER
    if any("prefetch" in headers.get(name, "").lower() for name in PREFETCH_HEADERS):
        return HitClass.SCANNER
    return HitClass.HUMAN


class Click(NamedTuple):
    """One click of a message: (campaign, contact, None), or (campaign, None, its random number)."""

    message: tuple[int, int | None, int | None]
    at: datetime
    link: int
    event_id: uuid.UUID


def find_bursts(clicks: Iterable[Click]) -> set[uuid.UUID]:
    """Event ids of clicks that follow `BURST_LINKS` different links of one message within `BURST`."""
    by_message: dict[tuple[int, int | None, int | None], list[Click]] = defaultdict(list)
    for click in clicks:
        by_message[click.message].append(click)
    found: set[uuid.UUID] = set()
    for of_message in by_message.values():
        of_message.sort(key=lambda click: click.at)
        found.update(click.event_id for click in _in_bursts(of_message))
    return found


def _in_bursts(clicks: list[Click]) -> Iterator[Click]:
    """Those of one message, oldest first. Each is met twice at most: a robot may send thousands."""
    together: Counter[int] = Counter()
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
