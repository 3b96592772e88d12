"""Authenticated encryption of small fixed-size bodies, for tokens in public addresses.

A sealed body is one header byte (version and kind), a tag and the masked body. The tag is HMAC-SHA256 over
header and body, cut to 18 bytes; the mask is keyed BLAKE2b of the tag, so the tag is a synthetic IV (the
construction of RFC 5297 with other primitives) and no random number is needed. Without the keys nobody can
read an id, change one, or tell a measured person's token from another's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings

from messaging.errors import MessagingError

VERSION = 1
TAG_BYTES = (
    18  # with the header, a multiple of 3 is reached by bodies of 3n + 2 bytes: base64 without padding
)
MASK_BYTES = 64
SHA256_BLOCK = 64


class BadToken(MessagingError):
    """Not one of ours, or damaged: the answer to the public is the same 404 in every case."""

    permanent = True

    def __init__(self) -> None:
        super().__init__("This token was not made here, or it was changed on the way.")


class _Key:
    """One secret, with its hash states prepared: copying them costs less than keying again."""

    __slots__ = ("_inner", "_mask", "_outer")

    def __init__(self, secret: bytes) -> None:
        signing = hmac.digest(secret, b"campaign-crm link signature", "sha256")
        padded = signing.ljust(SHA256_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))  # RFC 2104
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
        masking = hmac.digest(secret, b"campaign-crm link mask", "sha256")
        self._mask = hashlib.blake2b(key=masking, digest_size=MASK_BYTES)

    def sealed(self, header: bytes, bodies: Sequence[bytes]) -> list[bytes]:
        """`header`, tag and masked body of each: `tag` and `mask` in one, for the dozen of a message."""
        copy_inner, copy_outer, copy_mask = self._inner.copy, self._outer.copy, self._mask.copy
        whole = int.from_bytes
        found = []
        for body in bodies:
            inner, outer, stream = copy_inner(), copy_outer(), copy_mask()
            inner.update(header + body)
            outer.update(inner.digest())
            tag = outer.digest()[:TAG_BYTES]
            stream.update(tag)
            size = len(body)
            masked = whole(body, "big") ^ whole(stream.digest()[:size], "big")
            found.append(header + tag + masked.to_bytes(size, "big"))
        return found

    def tag(self, message: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(message)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:TAG_BYTES]

    def mask(self, tag: bytes, body: bytes) -> bytes:
        """Mask a body, or unmask a masked one."""
        size = len(body)
        stream = self._mask.copy()
        stream.update(tag)
        mask = int.from_bytes(stream.digest()[:size], "big")
        return (int.from_bytes(body, "big") ^ mask).to_bytes(size, "big")


class Keyring:
    """`secrets`: at least one, 32 bytes each; the first seals, all open."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise ValueError("A keyring needs at least one key: set LINK_KEYS.")
        self._keys = [_Key(secret) for secret in secrets]

    def seal(self, kind: int, body: bytes) -> bytes:
        """Header, tag and masked body; `body` at most 64 bytes, `kind` at most 15."""
        return self.seal_all(kind, [body])[0]

    def seal_all(self, kind: int, bodies: Sequence[bytes]) -> list[bytes]:
        """`seal` of several bodies of one kind, in the same order."""
        longest = max(map(len, bodies), default=0)
        if longest > MASK_BYTES:
            raise ValueError(f"A token body is at most {MASK_BYTES} bytes, not {longest}.")
        return self._keys[0].sealed((VERSION << 4 | kind).to_bytes(1, "big"), bodies)

    def open(self, sealed: bytes) -> tuple[int, bytes]:
        """Return (kind, body); raises `BadToken` whatever is wrong."""
        body_size = len(sealed) - 1 - TAG_BYTES
        if not 0 < body_size <= MASK_BYTES or sealed[0] >> 4 != VERSION:
            raise BadToken
        header, tag, masked = sealed[:1], sealed[1 : 1 + TAG_BYTES], sealed[1 + TAG_BYTES :]
        for key in self._keys:
            body = key.mask(tag, masked)
            if hmac.compare_digest(key.tag(header + body), tag):
                return sealed[0] & 0x0F, body
        raise BadToken


@lru_cache(maxsize=4)
def _keyring(secrets: tuple[bytes, ...]) -> Keyring:
    return Keyring(secrets)


def link_keys() -> Keyring:
    """The keyring of `settings.LINK_KEYS`."""
    return _keyring(tuple(settings.LINK_KEYS))
