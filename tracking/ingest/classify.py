"""Telling people from privacy proxies and security scanners.

Two looks: at the request itself, when it comes in, and at all hits of one message, when they are stored.
Raw hits are kept with their class; reports count people and say what was set aside. Signals are public ones:
Apple's mail privacy proxy sends exactly "Mozilla/5.0", Gmail's names itself GoogleImageProxy, scanners ask
with HEAD, announce a prefetch, name themselves, or follow several links within seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tracking.enums import HitClass

if TYPE_CHECKING:
    import uuid

    from tracking.ingest.hits import Understood

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


def find_bursts(hits: Iterable[Understood]) -> set[uuid.UUID]:
    """Event ids of clicks that follow `BURST_LINKS` different links of one message within `BURST`."""
    clicks: dict[tuple[int, int, int, int], list[tuple[datetime, int, uuid.UUID]]] = defaultdict(list)
    for hit in hits:
        if hit.link is not None:
            clicks[hit.message].append((hit.hit.at, hit.link, hit.hit.event_id))
    found: set[uuid.UUID] = set()
    for of_message in clicks.values():
        of_message.sort()
        for index, (at, _link, _event) in enumerate(of_message):
            together = [click for click in of_message[index:] if click[0] - at <= BURST]
            if len({link for _at, link, _event in together}) >= BURST_LINKS:
                found.update(event for _at, _link, event in together)
    return found
