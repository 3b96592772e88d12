"""Authenticated encryption of small fixed-size bodies, for tokens in public addresses.

A sealed body is one header byte (version and kind) and AES-SIV (RFC 5297) of the body with two zero bytes
behind it, under a key of its own for each header. SIV needs no random number: the same body is the same
token, and any change is refused. Without the keys nobody can read an id, change one, or tell a measured
person's token from another's. A message has three tokens: each is one call of OpenSSL.

Tokens of version 1, which mailings sent earlier carry, still open (`_FirstKey`); they have the same length.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

from messaging.errors import MessagingError

VERSION = 2
KINDS = 16
SPARE = b"\0\0"
"""Behind each body: sealed, it is 19 bytes longer. A body of 3n + 2 bytes comes to a multiple of 3, base64
without padding, and keeps the length that it had in version 1."""

MOST_BYTES = 64  # of a body

_FIRST_TAG_BYTES = 18


class Kind(IntEnum):
    """At most 15; numbers are in sent messages: never reuse one."""

    OPEN = 1
    CLICK = 2
    UNSUBSCRIBE = 3
    VIEW_ONLINE = 4
    CONFIRM = 5
    PREFERENCES = 6
    RETURN = 7  # `messaging.content.return_keys`
    HOOK = 8  # `messaging.webhooks.address`
    REQUEST = 9
    NOTICE = 10
    MESSAGE = 11
    SEED = 12
    FORM = 13
    RSVP = 14


class BadToken(MessagingError):
    """Not one of ours, or damaged: the answer to the public is the same 404 in every case."""

    permanent = True

    def __init__(self) -> None:
        super().__init__("This token was not made here, or it was changed on the way.")


class _FirstKey:
    """Reads version 1: HMAC-SHA256 over header and body, cut to 18 bytes, and the body masked by keyed
    BLAKE2b of that tag."""

    __slots__ = ("_masking", "_signing")

    def __init__(self, secret: bytes) -> None:
        self._signing = hmac.digest(secret, b"campaign-crm link signature", "sha256")
        self._masking = hmac.digest(secret, b"campaign-crm link mask", "sha256")

    def opened(self, sealed: bytes) -> bytes | None:
        header, tag, masked = sealed[:1], sealed[1 : 1 + _FIRST_TAG_BYTES], sealed[1 + _FIRST_TAG_BYTES :]
        mask = hashlib.blake2b(tag, key=self._masking, digest_size=MOST_BYTES).digest()
        body = bytes(one ^ other for one, other in zip(masked, mask, strict=False))
        expected = hmac.digest(self._signing, header + body, "sha256")[:_FIRST_TAG_BYTES]
        return body if hmac.compare_digest(expected, tag) else None


class _Key:
    """One secret, with the ciphers of all kinds."""

    __slots__ = ("_first", "ciphers")

    def __init__(self, secret: bytes) -> None:
        self._first = _FirstKey(secret)
        self.ciphers = [
            AESSIV(hmac.digest(secret, b"campaign-crm link token %d" % kind, "sha256"))
            for kind in range(KINDS)
        ]

    def opened(self, sealed: bytes) -> bytes | None:
        """The body; None when it was not sealed with this key."""
        if sealed[0] >> 4 == 1:
            return self._first.opened(sealed)
        try:
            body = self.ciphers[sealed[0] % KINDS].decrypt(sealed[1:], None)
        except InvalidTag:
            return None
        return body[: -len(SPARE)] if body.endswith(SPARE) else None


class Keyring:
    """`secrets`: at least one, 32 bytes each; the first seals, all open."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise ValueError("A keyring needs at least one key: set LINK_KEYS.")
        self._keys = [_Key(secret) for secret in secrets]

    def seal(self, kind: int, body: bytes) -> bytes:
        """The sealed body; `body` at most 64 bytes, `kind` at most 15."""
        if len(body) > MOST_BYTES:
            raise ValueError(f"A token body is at most {MOST_BYTES} bytes, not {len(body)}.")
        return bytes((VERSION << 4 | kind,)) + self._keys[0].ciphers[kind].encrypt(body + SPARE, None)

    def open(self, sealed: bytes) -> tuple[int, bytes]:
        """Return (kind, body); raises `BadToken` whatever is wrong."""
        body_size = len(sealed) - 1 - _FIRST_TAG_BYTES
        if not 0 < body_size <= MOST_BYTES or sealed[0] >> 4 not in (1, VERSION):
            raise BadToken
        for key in self._keys:
            body = key.opened(sealed)
            if body is not None:
                return sealed[0] & 0x0F, body
        raise BadToken


@lru_cache(maxsize=4)
def _keyring(secrets: tuple[bytes, ...]) -> Keyring:
    return Keyring(secrets)


def link_keys() -> Keyring:
    """The keyring of `settings.LINK_KEYS`."""
    return _keyring(tuple(settings.LINK_KEYS))
