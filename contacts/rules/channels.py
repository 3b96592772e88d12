"""Which channel a lawful basis opens: read by the projection, the import screen and the sources page.

A Source opens a channel when its basis does, when the channel is among those ticked at import, and while its
licence lasts. A broker's file opens e-mail and SMS only to a mailing to the whole file (CNIL, fiche of
21 October 2025: no online targeting with such data).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from contacts.enums import BROKER_KINDS, Channel, LawfulBasis

DIGITAL = frozenset({Channel.EMAIL, Channel.SMS})

OPENS: Mapping[LawfulBasis, frozenset[Channel]] = {
    LawfulBasis.CONSENT: frozenset(Channel),
    LawfulBasis.MEMBER: frozenset(Channel),
    LawfulBasis.LEGITIMATE_INTEREST: frozenset(Channel),
    LawfulBasis.PUBLIC_ROLL: frozenset({Channel.POST}),
    LawfulBasis.NONE: frozenset(),
}

# Allowed, with a warning to the person who plans the mailing: an SMS or a call nobody expects.
WARNED: Mapping[LawfulBasis, frozenset[Channel]] = {
    LawfulBasis.LEGITIMATE_INTEREST: frozenset({Channel.SMS, Channel.CALL}),
}

BROKER_BASIS = "broker"  # Reach.basis and Delivery.basis of someone reached through a broker's file
TARGETING_AGE = 17  # Regulation (EU) 2024/900, Art. 18: nobody known to be younger is targeted


def latest_birth_of_age(day: date) -> date:
    """Whoever is known to be born after this day is too young to be targeted on `day`."""
    year = day.year - TARGETING_AGE
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return day.replace(year=year, day=28)


def basis_opens(basis: str, channel: str) -> bool:
    """True when the basis allows the channel at all."""
    return channel in OPENS[LawfulBasis(basis)]


def whole_file_only(kind: str, channel: str) -> bool:
    """True when people of a source of this kind are reached on the channel by a mailing to the whole file."""
    return kind in BROKER_KINDS and channel in DIGITAL


def channels_opened_by(basis: str) -> list[Channel]:
    """Channels that the import screen offers for a basis, in the order of the enum."""
    return [channel for channel in Channel if basis_opens(basis, channel)]
