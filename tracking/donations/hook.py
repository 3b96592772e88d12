"""Calls of the payment page: one donation each, proven by an HMAC over moment and body.

    X-Donation-Signature: t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of "<t>.<body>">
    {"receipt": "R-12", "amount_cents": 2500, "date": "2026-11-03", "method": "card",
     "email": "…", "name": "…", "reference": "<utm_campaign of the link>"}

The same receipt told again is answered like the first time, so that a call may be repeated.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import date
from typing import Any

from django.utils import timezone

from campaign_crm.platform.crypto import SealBroken, unseal
from tracking.donations.files import method_of
from tracking.donations.service import DonationRefused, Gift, ReceiptKnown, record_donation
from tracking.models import Donation, DonationRule

TOLERANCE = 300  # seconds between the clocks of both
LARGEST = 10_000  # bytes
_SIGNATURE = re.compile(r"t=(\d{1,12}),\s*v1=([0-9a-f]{64})")


def is_proven(signature: str, body: bytes) -> bool:
    """Whether whoever calls knows the secret, and called just now."""
    found = _SIGNATURE.fullmatch(signature.strip())
    try:
        secret = str(unseal(DonationRule.current().sealed_secret).get("secret", ""))
    except SealBroken:
        secret = ""
    if found is None or not secret:
        return False
    fresh = abs(timezone.now().timestamp() - int(found[1])) <= TOLERANCE
    return hmac.compare_digest(sign(secret, int(found[1]), body), found[2]) and fresh


def sign(secret: str, moment: int, body: bytes) -> str:
    """The proof of a body sent at a moment (seconds since 1970)."""
    return hmac.new(secret.encode(), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()


def take(body: bytes) -> tuple[bool, Donation | None]:
    """Keep the donation that a call tells: (new, donation). Raises DonationRefused."""
    try:
        return True, record_donation(gift=_gift(body), came_by=Donation.CameBy.HOOK, by=None)
    except ReceiptKnown:
        return False, None


def _gift(body: bytes) -> Gift:
    try:
        told: Any = json.loads(body)
        return Gift(
            receipt=_words(told["receipt"], 60),
            amount=int(told["amount_cents"]),
            given_on=date.fromisoformat(str(told["date"])[:10]),
            method=method_of(str(told.get("method", ""))),
            address=_words(told.get("email", ""), 254),
            name=_words(told.get("name", ""), 200),
            reference=_words(told.get("reference", ""), 80),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DonationRefused("receipt, amount_cents and date (YYYY-MM-DD) are needed.") from None


def _words(value: object, most: int) -> str:
    return str(value or "").replace("\x00", "").strip()[:most]
