"""Keyed hashes and sealed values.

A keyed hash (HMAC-SHA256 under `HASH_KEY`) recognises an address, a number or a birthplace without keeping
it. A sealed value (Fernet under `ENCRYPTION_KEYS`) keeps a secret that the product must read again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

HMAC_BLOCK = 64  # bytes a block of SHA-256


class SealBroken(ValueError):
    """A sealed value was made under a key that this installation does not have."""


def keyed_hash(purpose: str, value: str) -> bytes:
    """32 bytes that stand for `value` within `purpose` (such as "email", "phone", "birthplace").

    The purpose keeps hashes of one kind useless for another. The caller normalises the value first.
    """
    return hmac.new(settings.HASH_KEY, f"{purpose}\x00{value}".encode(), hashlib.sha256).digest()


def hash_key_pads() -> tuple[bytes, bytes]:
    """The inner and outer 64-byte pads of `keyed_hash`'s HMAC (RFC 2104), for its SQL twin."""
    key: bytes = settings.HASH_KEY
    block = (hashlib.sha256(key).digest() if len(key) > HMAC_BLOCK else key).ljust(HMAC_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)


def hash_key_fingerprint() -> str:
    """Twelve characters that tell one HASH_KEY from another without revealing it."""
    return hmac.new(settings.HASH_KEY, b"fingerprint", hashlib.sha256).hexdigest()[:12]


def seal(value: dict[str, Any]) -> str:
    """Encrypt a JSON-ready dictionary under the first of `ENCRYPTION_KEYS`."""
    return _fernet().encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Open what `seal` made, under any of `ENCRYPTION_KEYS`; raises `SealBroken`."""
    if not sealed:
        return {}
    try:
        opened: dict[str, Any] = json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken:
        raise SealBroken(
            "A stored secret cannot be opened: put the key it was sealed with back in ENCRYPTION_KEYS."
        ) from None
    return opened


def resealed(sealed: str) -> str | None:
    """What `seal` made, under the newest key; None when it is already. Raises `SealBroken`."""
    token = sealed.encode()
    try:
        _fernets()[0].decrypt(token)
    except InvalidToken:
        return seal(unseal(sealed))
    return None


def _fernet() -> MultiFernet:
    return MultiFernet(_fernets())


def _fernets() -> list[Fernet]:
    return [Fernet(base64.urlsafe_b64encode(key)) for key in settings.ENCRYPTION_KEYS]
