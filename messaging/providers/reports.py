"""What every provider's report has in common: whose message, whom a refusal is about, when.

Whom it is about decides what happens next, and doubt never ends as RECIPIENT: that one stops an address.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_noop

from messaging.providers.base import Fault
from messaging.providers.errors import WebhookUnreadable
from messaging.providers.smtp.answers import Stage, fault_of, without_addresses

Report = Mapping[str, Any]

# The key of a delivery (`messaging.content.return_keys.sign_return`): 61 characters of base32.
_KEY = re.compile(r"(?<![a-z2-7])[a-z2-7]{61}(?![a-z2-7])", re.IGNORECASE)
# Not a part of an IP address.
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
UNKNOWN_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a report that does not say when: older than any other, so that it decides nothing by its age."""

_LATEST = 4_102_444_800  # 2100: a number beyond is milliseconds
_UNREADABLE = gettext_noop("The call holds no report that can be read")


def key_in(*texts: object) -> str:
    """The first delivery key written in one of these texts, "" when there is none."""
    for text in texts:
        found = _KEY.search(text) if isinstance(text, str) else None
        if found:
            return found[0].lower()
    return ""


def enhanced_in(*texts: str) -> str:
    """The first RFC 3463 code written in one of these texts."""
    for text in texts:
        if found := _ENHANCED.search(text):
            return found[1]
    return ""


def code_in(*texts: str) -> int:
    """The first SMTP reply code of a refusal written in one of these texts; 0 when there is none."""
    for text in texts:
        if found := _CODE.search(text):
            return int(found[1])
    return 0


def blame(text: str, *, enhanced: str = "", code: int = 0, otherwise: Fault = Fault.OTHER) -> Fault:
    """Whom a refusal is about, from what the receiving server said; `otherwise` when it did not say.

    A temporary code is never about the address: it may exist tomorrow.
    """
    found = fault_of(Stage.RCPT, code, enhanced, text)
    if found is Fault.OTHER:
        found = otherwise
    if found is Fault.RECIPIENT and (enhanced.startswith("4") or 400 <= code < 500):
        return Fault.MAILBOX
    return found


def words(text: object, recipient: str) -> str:
    """A provider's text as it may be kept: one short line without addresses."""
    return without_addresses(str(text or "").replace("\x00", ""), recipient)


def moment(value: object) -> datetime | None:
    """A moment given in seconds or milliseconds since 1970, or as ISO 8601 text; None when it is neither."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return _iso(value)
    if not 0 < seconds < _LATEST * 1000:
        return None
    return datetime.fromtimestamp(seconds if seconds < _LATEST else seconds / 1000, UTC)


def event_id(*parts: object) -> str:
    """An id for an event whose provider gives it none: the same report told twice has the same one."""
    told = json.dumps([str(part) for part in parts])
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def reports_in(raw: bytes) -> Iterator[Report]:
    """The reports of a JSON body: one object, or a list of them; raises WebhookUnreadable."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        raise WebhookUnreadable(_UNREADABLE) from None
    if isinstance(found, dict):
        yield found
    elif isinstance(found, list):
        yield from (one for one in found if isinstance(one, dict))
    else:
        raise WebhookUnreadable(_UNREADABLE)


def part(report: Report, name: str) -> Report:
    """A nested object, empty when it is missing or something else."""
    found = report.get(name)
    return found if isinstance(found, dict) else {}


def text_of(report: Report, name: str) -> str:
    found = report.get(name)
    return str(found) if isinstance(found, str | int | float) else ""


def _iso(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
