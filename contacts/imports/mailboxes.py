"""Addresses as mail programs write them: "Léa Martin <lea@example.org>", quoted or not."""

from __future__ import annotations

import re
from typing import NamedTuple

from contacts.imports.values import EMAIL

_LINK = re.compile(r"mailto:([^?]*)(?:\?.*)?", re.IGNORECASE | re.DOTALL)  # with a subject, from a web page
_NAMED = re.compile(r"(?P<name>[^<>]*)<\s*(?:mailto:)?(?P<address>[^<>\s]+)\s*>")


class Mailbox(NamedTuple):
    """An address and the name beside it, which may be empty."""

    name: str
    address: str


def read_mailbox(text: str) -> Mailbox | None:
    """Return what a cell holds that is one address, with or without a name; else None."""
    cleaned = text.strip()
    if cleaned.count('"') == 2 and cleaned[:1] == cleaned[-1:] == '"':  # quoted as a whole
        cleaned = cleaned.strip('"').strip()
    if link := _LINK.fullmatch(cleaned):
        cleaned = link[1].strip()
    if EMAIL.fullmatch(cleaned):
        return Mailbox("", cleaned)
    found = _NAMED.fullmatch(cleaned)
    if found is None or not EMAIL.fullmatch(found["address"]):
        return None
    name = " ".join(found["name"].strip(" \"'").split())
    return Mailbox("" if "@" in name else name, found["address"])
