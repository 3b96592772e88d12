"""Errors of tracking: each says what failed, on what, and what to do next."""


class TrackingError(Exception):
    """Base of every error of this app; the message is for people."""


class PublicPagesAreSilent(TrackingError):
    """Before a vote, what the public reads of politics stays as it is (Code électoral, art. L49)."""


class AnsweredForSomethingElse(TrackingError):
    """People answered a form before it was one to register by: they registered for nothing."""
