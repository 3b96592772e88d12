"""Errors of messaging: each says what failed, on what, and what to do next."""


class MessagingError(Exception):
    """Base of every error of this app; the message is for people."""
