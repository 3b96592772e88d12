"""The key of a delivery in its Message-ID and return path: signed, and whole in any case of letters."""

from __future__ import annotations

import struct
from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import date

from messaging.content.keyring import BadToken, Kind, link_keys
from messaging.content.marks import month_number, month_of

_RETURN = struct.Struct(">HIBIQ")  # month, campaign, contact (its 5 bytes: high, low), occasion
_RETURN_TEXT = 64  # characters of base32
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_BASE32_PAIRS = [first + second for first in _BASE32 for second in _BASE32]


@dataclass(frozen=True, slots=True)
class ReturnToken:
    """The key of a delivery, for its Message-ID and return path."""

    ledger_month: date
    campaign: int
    contact: int
    occasion: int = 0


def sign_return(token: ReturnToken) -> str:
    """61 characters of lower-case base32.

    It survives servers that change case, and with a prefix of 3 characters it fills the 64 of a local part
    (RFC 5321 §4.5.3.1.1).
    """
    high, low = divmod(token.contact, 1 << 32)
    body = _RETURN.pack(month_number(token.ledger_month), token.campaign, high, low, token.occasion)
    return _base32(link_keys().seal(Kind.RETURN, body))


def read_return(text: str) -> ReturnToken:
    """Open the token of a Message-ID or return path, in any case of letters; raises `BadToken`."""
    try:
        sealed = b32decode(text.upper().ljust(_RETURN_TEXT, "="))
    except ValueError:
        raise BadToken from None
    kind, body = link_keys().open(sealed)
    if kind != Kind.RETURN or b32encode(sealed).decode("ascii").rstrip("=") != text.upper():
        raise BadToken
    month, campaign, high, low, occasion = _RETURN.unpack(body)
    return ReturnToken(month_of(month), campaign, (high << 32) + low, occasion)


def _base32(data: bytes) -> str:
    """Lower-case base32 (RFC 4648 §6) without padding; one is in every message, and b32encode is slow."""
    groups = -(-len(data) // 5)
    padded, pairs = data.ljust(5 * groups, b"\0"), _BASE32_PAIRS
    found: list[str] = []
    for start in range(0, 5 * groups, 5):
        bits = int.from_bytes(padded[start : start + 5], "big")
        found += (pairs[bits >> 30], pairs[bits >> 20 & 1023], pairs[bits >> 10 & 1023], pairs[bits & 1023])
    return "".join(found)[: -(-len(data) * 8 // 5)]
