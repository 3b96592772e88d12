"""User agents: robots and proxies among them, and what kind of device and program a person reads with.

Robots are told by the patterns of crawler-user-agents and by words of our own, each user agent once a
process. Naming a device by device-detector takes tens of milliseconds: it is done later, of a few at a time
(`tracking.ingest.devices`), so that whoever sends us invented user agents holds up nobody's opens.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from crawleruseragents import is_crawler

from tracking.enums import Device, Reader
from tracking.ingest.signals import Agent

PROXY_WORDS = ("googleimageproxy", "yahoomailproxy", "ggpht.com")
APPLE_PROXY = "mozilla/5.0"  # Mail Privacy Protection sends exactly this
ROBOT_WORDS = (
    "bot", "crawl", "spider", "scan", "preview", "proofpoint", "mimecast", "barracuda", "safelinks",
    "urlcheck", "python-requests", "python-urllib", "aiohttp", "httpx", "curl/", "wget/", "go-http-client",
    "java/", "okhttp", "libwww", "headlesschrome", "phantomjs", "facebookexternalhit",
    "edge/12.246",  # opens in the name of nobody when Gmail takes a message in
)  # fmt: skip
NOT_ROBOTS = ("cubot",)  # a maker of telephones
AGENTS_KEPT = 20_000  # of a process
PHONES = {"smartphone", "feature phone", "phablet"}
MAIL = {"pim"}


class Named(NamedTuple):
    """What a user agent is of: never without a device once it was looked at."""

    device: Device
    reader: Reader
    is_robot: bool


@lru_cache(maxsize=AGENTS_KEPT)
def agent_of(user_agent: str) -> Agent:
    """What a user agent says of itself, robots by their patterns."""
    agent = user_agent.strip().lower()
    for name in NOT_ROBOTS:
        agent = agent.replace(name, "")
    if not agent:
        return Agent.MISSING
    if agent == APPLE_PROXY or any(word in agent for word in PROXY_WORDS):
        return Agent.PROXY
    if any(word in agent for word in ROBOT_WORDS) or is_crawler(agent, case_sensitive=False):
        return Agent.ROBOT
    return Agent.PERSON


@lru_cache(maxsize=AGENTS_KEPT)
def name_device(user_agent: str) -> Named:
    """Kind of device and of program, by device-detector, whose first call loads its patterns for seconds."""
    from device_detector import DeviceDetector

    found = DeviceDetector(user_agent).parse()
    if found.is_bot():
        return Named(Device.OTHER, Reader.OTHER, is_robot=True)
    return Named(_device(found.device_type()), _reader(found.client_type()), is_robot=False)


def _device(kind: str) -> Device:
    if kind == "desktop":
        return Device.DESKTOP
    if kind in PHONES:
        return Device.PHONE
    return Device.TABLET if kind == "tablet" else Device.OTHER


def _reader(kind: str) -> Reader:
    if kind == "browser":
        return Reader.BROWSER
    return Reader.MAIL if kind in MAIL else Reader.OTHER
