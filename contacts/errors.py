"""Errors of the people engines: each says what failed, on what, and what to do next."""


class ContactsError(Exception):
    """Base of every error of this app; the message is for people."""
