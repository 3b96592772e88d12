"""What an open or a click says of the message it comes from: a person's delivery, or nobody's.

Individual opens and clicks are tied to a person only if the person agreed to be measured. For the others
the mark holds campaign, variant, department, the minute of hand-over and a random number stored nowhere
beside the person: hits of one message can be grouped and timed, and nobody can be found from them. Both
pack to the same length.
"""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

# Both regimes: regime, month, campaign, then 17 bytes of their own.
_PERSONAL = struct.Struct(">BHIQQB")  # contact, occasion, variant
_ANONYMOUS = struct.Struct(">BHIB3sIqx")  # variant, department, minute, number
HEAD_BYTES = _PERSONAL.size
PERSONAL, ANONYMOUS = 1, 0


def random_number() -> int:
    """A random signed 64-bit number, as PostgreSQL's bigint holds it."""
    return int.from_bytes(os.urandom(8), "big", signed=True)


@dataclass(frozen=True, slots=True)
class PersonalMark:
    """The delivery of a person who agreed to be measured; `occasion` is `occasion_number(…)`."""

    ledger_month: date
    campaign: int
    contact: int
    occasion: int = 0
    variant: int = 0

    def head(self) -> bytes:
        return _PERSONAL.pack(
            PERSONAL,
            month_number(self.ledger_month),
            self.campaign,
            self.contact,
            self.occasion,
            self.variant,
        )


@dataclass(frozen=True, slots=True)
class AnonymousMark:
    """One message without its person; `department` is at most 3 ASCII characters, "" when unknown.

    `handed_at` is kept to the minute (UTC). Make one a message and forget it: `number` must not be stored.
    """

    ledger_month: date
    campaign: int
    department: str
    handed_at: datetime
    variant: int = 0
    number: int = field(default_factory=random_number)

    def head(self) -> bytes:
        department = self.department.encode("ascii")
        if len(department) > 3:
            raise ValueError("A department code is at most 3 characters.")
        return _ANONYMOUS.pack(
            ANONYMOUS,
            month_number(self.ledger_month),
            self.campaign,
            self.variant,
            department,
            minute_number(self.handed_at),
            self.number,
        )


Mark = PersonalMark | AnonymousMark


def read_mark(head: bytes) -> Mark:
    """The mark packed in `head`; raises ValueError on a regime that does not exist."""
    if head[0] == PERSONAL:
        _regime, month, campaign, contact, occasion, variant = _PERSONAL.unpack(head)
        return PersonalMark(month_of(month), campaign, contact, occasion, variant)
    if head[0] == ANONYMOUS:
        _regime, month, campaign, variant, department, minute, number = _ANONYMOUS.unpack(head)
        code = department.rstrip(b"\0").decode("ascii")
        return AnonymousMark(month_of(month), campaign, code, minute_of(minute), variant, number)
    raise ValueError("unknown regime")


def occasion_number(occasion: str) -> int:
    """64 bits that stand for a delivery's occasion in a token; 0 for the empty one, that of a mailing."""
    if not occasion:
        return 0
    return int.from_bytes(hashlib.blake2b(occasion.encode(), digest_size=8).digest(), "big")


def month_number(month: date) -> int:
    return month.year * 12 + month.month - 1


def month_of(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def minute_number(moment: datetime) -> int:
    """Minutes since 1970, UTC; raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return int(moment.timestamp()) // 60


def minute_of(number: int) -> datetime:
    return datetime.fromtimestamp(number * 60, UTC)
