"""Why something about an event cannot be done: the message is for people."""

from __future__ import annotations

from tracking.errors import TrackingError


class EventRefused(TrackingError):
    """What the team asked for: a date inside a silence, fewer seats than are taken, a draft without a day."""


class RegistrationClosed(TrackingError):
    """The slot is over, or its event is cancelled or not public."""
