"""A hit: one open or click as it came in, before it is understood."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from messaging.content.addresses import read_hit
from messaging.content.tokens import AnonymousMark, ClickToken, Mark, PersonalMark
from tracking.enums import HitClass, InteractionKind
from tracking.ingest.classify import classify_request

USER_AGENT_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """`token`, as it stood in the address, names the message (and the person only if they agreed); `at` is
    aware."""

    event_id: uuid.UUID
    at: datetime
    token: str
    hit_class: HitClass
    user_agent: str

    def to_fields(self) -> dict[str, str]:
        """Text fields for the ingest stream."""
        return {
            "id": self.event_id.hex,
            "at": self.at.isoformat(),
            "token": self.token,
            "class": self.hit_class.value,
            "agent": self.user_agent,
        }

    @classmethod
    def from_fields(cls, fields: dict[str, str]) -> Hit:
        """The hit of a stream entry or spool line; raises KeyError or ValueError on anything else."""
        return cls(
            event_id=uuid.UUID(hex=fields["id"]),
            at=datetime.fromisoformat(fields["at"]),
            token=fields["token"],
            hit_class=HitClass(fields["class"]),
            user_agent=fields["agent"],
        )


@dataclass(frozen=True, slots=True)
class Understood:
    """A hit with its token opened: what becomes an Interaction."""

    hit: Hit
    kind: InteractionKind
    mark: Mark
    link: int | None

    @property
    def message(self) -> tuple[int, int, int, int]:
        """Which message this hit belongs to: (campaign, contact, occasion, random number)."""
        if isinstance(self.mark, PersonalMark):
            return self.mark.campaign, self.mark.contact, self.mark.occasion, 0
        return self.mark.campaign, 0, 0, self.mark.number


def new_hit(*, token: str, method: str, headers: dict[str, str]) -> Hit:
    """A hit at this moment. `headers` has lower-case names."""
    agent = headers.get("user-agent", "")
    return Hit(
        event_id=uuid.uuid4(),
        at=datetime.now(UTC),
        token=token,
        hit_class=classify_request(method=method, user_agent=agent, headers=headers),
        user_agent=agent.replace("\x00", "")[:USER_AGENT_CHARACTERS],
    )


def understand(hit: Hit) -> Understood:
    """Open the hit's token; raises `BadToken` when it is not that of an open or a click."""
    token = read_hit(hit.token)
    if isinstance(token, ClickToken):
        return Understood(hit, InteractionKind.CLICK, token.mark, token.link)
    return Understood(hit, InteractionKind.OPEN, token.mark, None)


__all__ = ["AnonymousMark", "Hit", "PersonalMark", "Understood", "new_hit", "understand"]
