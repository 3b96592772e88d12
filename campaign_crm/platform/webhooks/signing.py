"""Signatures as the Standard Webhooks specification has them: libraries in many languages check them.

`webhook-signature: v1,<base64 of HMAC-SHA256(secret, "id.timestamp.body")>`, one for each secret that is
good, separated by spaces. The timestamp is signed: what was overheard is good for minutes only.
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as randomness
from collections.abc import Sequence

BEGINS = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    return BEGINS + base64.b64encode(randomness.token_bytes(SECRET_BYTES)).decode()


def signed_headers(*, uid: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that tell who says so, and when (Unix seconds)."""
    signed = f"{uid}.{timestamp}.".encode() + body
    signatures = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix(BEGINS))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        signatures.append(f"v1,{base64.b64encode(digest).decode()}")
    return {
        "webhook-id": uid,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
