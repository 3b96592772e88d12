"""A hit: one open or click as it came in, before it is understood."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from messaging.content.addresses import read_hit
from messaging.content.tokens import AnonymousMark, ClickToken, Mark, PersonalMark
from tracking.enums import InteractionKind
from tracking.ingest.agents import agent_of
from tracking.ingest.classify import MessageHit, MessageKey
from tracking.ingest.signals import NO_SIGNALS, SECONDS_KEPT, Signals

USER_AGENT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """`token`, as it stood in the address, names the message (and the person only if they agreed); `at` is
    aware. `signals` are those of the request alone."""

    event_id: uuid.UUID
    at: datetime
    token: str
    user_agent: str
    signals: Signals = NO_SIGNALS

    def to_fields(self) -> dict[str, str]:
        """Text for the ingest stream: one field, because each costs its reader as much as the whole hit."""
        signals = self.signals.as_json()
        return {
            "hit": json.dumps(
                [self.event_id.hex, self.at.isoformat(), self.token, self.user_agent, signals],
                separators=(",", ":"),
            )
        }

    @classmethod
    def from_fields(cls, fields: dict[str, str]) -> Hit:
        """The hit of a stream entry or spool line; raises KeyError, TypeError or ValueError on anything else.

        Entries that an earlier version wrote have a field for each part, and no signals but their user agent.
        """
        if "hit" in fields:
            event_id, at, token, agent, signals = json.loads(fields["hit"])
        else:
            event_id, at, token, agent = (fields[name] for name in ("id", "at", "token", "agent"))
            signals = None
        return cls(
            event_id=uuid.UUID(hex=event_id),
            at=datetime.fromisoformat(at),
            token=token,
            user_agent=agent,
            signals=Signals.from_json(signals) if signals else NO_SIGNALS,
        )


@dataclass(frozen=True, slots=True)
class Understood:
    """A hit with its token opened, and all that its own message says of it: what becomes an Interaction."""

    hit: Hit
    kind: InteractionKind
    mark: Mark
    link: int | None
    signals: Signals

    @property
    def message(self) -> MessageKey:
        """Which message this hit belongs to."""
        if isinstance(self.mark, PersonalMark):
            return self.mark.campaign, self.mark.contact, None
        return self.mark.campaign, None, self.mark.number

    @property
    def of_message(self) -> MessageHit:
        return MessageHit(self.message, self.hit.at, self.link, self.hit.event_id)


def new_hit(*, token: str, user_agent: str, signals: Signals = NO_SIGNALS) -> Hit:
    """A hit at this moment."""
    return Hit(
        event_id=uuid.uuid4(),
        at=datetime.now(UTC),
        token=token,
        user_agent=user_agent.replace("\x00", "")[:USER_AGENT_CHARACTERS],
        signals=signals,
    )


def understand(hit: Hit) -> Understood:
    """Open the hit's token; raises `BadToken` when it is not that of an open or a click.

    Nobody's mark holds the minute of the hand-over: what passed since it began is what passed at most.
    """
    token = read_hit(hit.token)
    signals = hit.signals
    if agent := agent_of(hit.user_agent):
        signals = replace(signals, agent=agent)
    if isinstance(token.mark, AnonymousMark):
        signals = with_seconds(signals, since=token.mark.handed_at, at=hit.at)
    if isinstance(token, ClickToken):
        return Understood(hit, InteractionKind.CLICK, token.mark, token.link, signals)
    return Understood(hit, InteractionKind.OPEN, token.mark, None, signals)


def with_seconds(signals: Signals, *, since: datetime | None, at: datetime) -> Signals:
    """The same, with the seconds since the hand-over while they say something."""
    if since is None:
        return signals
    seconds = (at - since).total_seconds()
    return replace(signals, seconds=round(seconds, 1)) if 0 <= seconds <= SECONDS_KEPT else signals


__all__ = ["AnonymousMark", "Hit", "PersonalMark", "Understood", "new_hit", "understand", "with_seconds"]
