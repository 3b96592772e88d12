"""Whether an address stands on a published list of scanners or proxies: looked up in memory, in microseconds.

The lists are rows of `AddressList`; a process reads them again when they changed, which it asks once a
minute. Without the database it keeps those it has.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.db import DatabaseError

from campaign_crm.platform.database import acting_as
from tracking.models import AddressList

logger = logging.getLogger(__name__)

ASK_EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ranges:
    """First and last address of each network, packed one after the other: sorted, apart from each other."""

    packed: bytes
    width: int  # bytes of an address

    def __contains__(self, address: bytes) -> bool:
        low, high, step = 0, len(self.packed) // (2 * self.width), 2 * self.width
        while low < high:  # the last network that begins at or before the address
            middle = (low + high) // 2
            if self.packed[middle * step : middle * step + self.width] <= address:
                low = middle + 1
            else:
                high = middle
        end = (low - 1) * step + self.width
        return low > 0 and address <= self.packed[end : end + self.width]


@dataclass(frozen=True, slots=True)
class Known:
    """One list: its label, as signals keep it, and its addresses by length."""

    label: str
    by_length: dict[int, Ranges]


class _Memory:
    """What this process knows, and when it asked last."""

    lists: tuple[Known, ...] = ()
    stamps: dict[str, datetime] | None = None
    asked = -ASK_EVERY_SECONDS
    turn = Lock()


_memory = _Memory()


def are_known() -> bool:
    """Whether any list was loaded."""
    if time.monotonic() - _memory.asked >= ASK_EVERY_SECONDS and _memory.turn.acquire(blocking=False):
        try:
            _memory.asked = time.monotonic()
            _refresh()
        finally:
            _memory.turn.release()
    return bool(_memory.lists)


def list_of(address: str) -> str:
    """The list that an address stands on, as "kind:name"; "" when on none."""
    if not address:
        return ""
    parsed = ipaddress.ip_address(address)
    packed = (getattr(parsed, "ipv4_mapped", None) or parsed).packed
    for known in _memory.lists:
        if packed in known.by_length[len(packed)]:
            return known.label
    return ""


def forget() -> None:
    """Read the lists again at the next question."""
    _memory.lists, _memory.stamps, _memory.asked = (), None, -ASK_EVERY_SECONDS


def _refresh() -> None:
    try:
        with acting_as("crm_national"):
            stamps = dict(AddressList.objects.values_list("name", "loaded_at"))
            if stamps != _memory.stamps:
                _memory.lists = tuple(_known(one) for one in AddressList.objects.order_by("name"))
                _memory.stamps = stamps
    except DatabaseError as error:
        logger.warning("Lists of addresses are not read (%s); those at hand serve", type(error).__name__)


def _known(one: AddressList) -> Known:
    ranges = {4: Ranges(bytes(one.v4), 4), 16: Ranges(bytes(one.v6), 16)}
    return Known(f"{one.kind}:{one.name}", ranges)
