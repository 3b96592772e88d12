"""Return paths that name the message (VERP): `b+<key>@<domain>`, signed, so that nobody can invent one.

A mail server delivers them all to one mailbox: `b@<domain>` with the usual "+" extensions, or a catch-all.
"""

from __future__ import annotations

from messaging.providers.reports import key_in

PREFIX = "b+"  # with a key of 61 characters it fits the 64 of a local part (RFC 5321 §4.5.3.1.1)


def return_path(key: str, domain: str) -> str:
    return f"{PREFIX}{key}@{domain}"


def key_of(address: str) -> str:
    """The key in a return path, "" when it is no such address."""
    local = address.rpartition("@")[0]
    return key_in(local) if local.lower().startswith(PREFIX) else ""
