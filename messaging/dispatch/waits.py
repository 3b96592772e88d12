"""What one worker passes over for a moment, so that it turns in no circle around it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from messaging.dispatch import caps

FULL_SECONDS = 1.0
"""Who has come to a cap is asked again after so long; each batch asks for itself."""


@dataclass
class Waits:
    """What this worker passes over for a moment."""

    campaigns: dict[int, float] = field(default_factory=dict)  # until, in monotonic seconds
    full: caps.Full = field(default_factory=lambda: caps.Full({}, {}))
    full_until: float = 0.0

    def leave(self, campaign: int, seconds: float) -> None:
        self.campaigns[campaign] = time.monotonic() + seconds

    def left_alone(self) -> list[int]:
        now = time.monotonic()
        self.campaigns = {campaign: until for campaign, until in self.campaigns.items() if until > now}
        return list(self.campaigns)

    def who_is_full(self) -> caps.Full:
        if time.monotonic() >= self.full_until:
            self.full, self.full_until = caps.full(), time.monotonic() + FULL_SECONDS
        return self.full

    def look_again(self) -> None:
        self.full_until = 0.0
