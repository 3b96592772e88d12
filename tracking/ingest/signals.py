"""What a hit is judged by, robot or person: kept raw beside it, so that later rules may judge it again.

Looked at in the request: the method, a prefetch announced, and whether the address stands on a published list
(`tracking.ingest.networks`); of the address only the name of that list is kept. Found when hits are stored:
what the browser says it is, the time since the hand-over, and what the same message's other hits of those
seconds were.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from django.http import HttpRequest

from campaign_crm.platform.addresses import client_address
from tracking.ingest import networks

PREFETCH_HEADERS = ("HTTP_PURPOSE", "HTTP_SEC_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")
SECONDS_KEPT = 60.0
"""Since the hand-over: later, the time says nothing of robots, and would be one more fact about a person."""


class Agent(StrEnum):
    """What a user agent says of itself."""

    PERSON = ""
    MISSING = "missing"
    ROBOT = "robot"
    PROXY = "proxy"


class Beside(StrEnum):
    """What another hit of the same message, within seconds, says of this one."""

    NOTHING = ""
    LINKS = "links"  # several links were followed
    TRAP = "trap"  # a link that no reader sees was followed


@dataclass(frozen=True, slots=True)
class Signals:
    """`network`: the list that the address stands on, as "kind:name". `seconds`: since the hand-over, at most
    so many; None when unknown or more than `SECONDS_KEPT`. Empty values say nothing and are not kept."""

    head: bool = False
    prefetch: bool = False
    network: str = ""
    agent: str = Agent.PERSON
    seconds: float | None = None
    beside: str = Beside.NOTHING

    def as_json(self) -> dict[str, Any] | None:
        if self == NO_SIGNALS:
            return None
        kept = {name: getattr(self, name) for name in _NAMES}
        return {name: value for name, value in kept.items() if value not in ("", None, False)}

    @classmethod
    def from_json(cls, kept: dict[str, Any] | None) -> Signals:
        """Those of a stored hit; what a later version added is left out."""
        return cls(**{name: value for name, value in (kept or {}).items() if name in _NAMES})


_NAMES = tuple(field.name for field in fields(Signals))
NO_SIGNALS = Signals()


def signals_of(request: HttpRequest) -> Signals:
    """What a request says by itself, but for its user agent."""
    meta = request.META
    head = request.method == "HEAD"
    prefetch = any("prefetch" in meta.get(name, "").lower() for name in PREFETCH_HEADERS)
    network = networks.list_of(client_address(request)) if networks.are_known() else ""
    if not (head or prefetch or network):
        return NO_SIGNALS
    return Signals(head=head, prefetch=prefetch, network=network)
