"""Errors of tracking: each says what failed, on what, and what to do next."""


class TrackingError(Exception):
    """Base of every error of this app; the message is for people."""
