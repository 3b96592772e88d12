"""Where conversations come from: each source registers how its messages are found (`register_source`).

A source names what is waiting to be filed; `tracking.inbox.filing` puts it into conversations, once. Answers
by e-mail come with the product; contact requests, SMS and social messages register in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Arrival:
    """One message that somebody wrote. `key` is its number in its source; `contact` is None for nobody known,
    who is then told apart by `address`."""

    key: str
    at: datetime
    contact: int | None
    address: str
    name: str
    subject: str
    text: str
    message_id: str = ""


@dataclass(frozen=True)
class ConversationSource:
    """`waiting`: (limit) → messages that are in no conversation yet, oldest first. `label` is a lazy
    translation. `by_email`: what came may be answered by e-mail to its address."""

    key: str
    label: Any
    icon: str
    waiting: Callable[[int], list[Arrival]]
    by_email: bool = True


_sources: dict[str, ConversationSource] = {}


def register_source(source: ConversationSource) -> None:
    """Offer a source; called once, from an `AppConfig.ready()`."""
    if source.key in _sources and _sources[source.key] != source:
        raise ValueError(f"There is a source of conversations named {source.key!r} already.")
    _sources[source.key] = source


def all_sources() -> list[ConversationSource]:
    return list(_sources.values())


def find_source(key: str) -> ConversationSource | None:
    return _sources.get(key)
