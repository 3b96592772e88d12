"""Addresses of a server of one's own that messages leave from, each with its name, in a pool a stream.

One line each in the settings: `192.0.2.10 mail1.example.org bulk`. Without the last word an address serves
both streams. Mailings and service messages keep to their own pool, so that what mailboxes think of one does
not harm the other.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

MOST_SOURCES = 50
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Stream(StrEnum):
    BULK = "bulk"  # mailings
    SERVICE = "service"  # confirmations, tickets, sign-in, tests


@dataclass(frozen=True, slots=True)
class Source:
    """One address; `helo` is its full name, as its reverse DNS has it. `stream` None: both."""

    address: str
    helo: str
    stream: Stream | None = None


class BadSource(ValueError):
    """A line that names no source; the message is for people."""


def read_sources(text: str) -> tuple[Source, ...]:
    """Sources from lines; raises BadSource on the first line that cannot be, or if a stream has none."""
    found = [_read(line) for line in text.splitlines() if line.strip()]
    if len(found) > MOST_SOURCES:
        raise BadSource(_("at most %(most)d addresses") % {"most": MOST_SOURCES})
    addresses = [source.address for source in found]
    for address in addresses:
        if addresses.count(address) > 1:
            raise BadSource(_("%(address)s is named twice") % {"address": address})
    for stream in Stream:
        if found and not pool_of(tuple(found), stream):
            words = _("no address is left for mailings") if stream is Stream.BULK else ""
            raise BadSource(words or _("no address is left for service messages"))
    return tuple(found)


def pool_of(sources: tuple[Source, ...], stream: Stream | None) -> tuple[Source, ...]:
    """The sources that a stream may use; all of them when no stream is named."""
    return tuple(one for one in sources if stream is None or one.stream in (None, stream))


def _read(line: str) -> Source:
    words = line.split()
    try:
        address = str(ipaddress.ip_address(words[0]))
    except ValueError:
        raise BadSource(_("“%(word)s” is not an IP address") % {"word": words[0][:60]}) from None
    if len(words) < 2 or not _NAME.fullmatch(words[1].lower()) or len(words[1]) > 253:
        raise BadSource(_("give the full name of %(address)s behind it") % {"address": address})
    if len(words) == 2:
        return Source(address, words[1].lower())
    if len(words) > 3 or words[2].lower() not in list(Stream):
        raise BadSource(_("behind the name comes “bulk”, “service” or nothing"))
    return Source(address, words[1].lower(), Stream(words[2].lower()))
