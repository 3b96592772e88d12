"""DKIM signatures (RFC 6376) of finished messages: RSA-2048, and Ed25519 (RFC 8463) beside it.

Header fields are canonicalised "relaxed", bodies "simple": our bodies are quoted-printable without a space at
a line's end, which nothing on the way has a reason to change, and "simple" costs one hash. A signature of RSA
costs about 0.3 ms, which is most of what a message costs; keep keys at 2,048 bits.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from messaging.content.headers import checked_address

RSA_BITS = 2048

# Fields that a signature covers when the message has them (RFC 6376 §5.4.1; RFC 8058 asks for the two of
# List-Unsubscribe). From is named once more than it occurs, so that nobody can add a second one.
SIGNED = (
    "from",
    "reply-to",
    "to",
    "subject",
    "date",
    "message-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
    "mime-version",
    "content-type",
)
_SPACES = re.compile(rb"[ \t]+")
_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


class BadKey(ValueError):
    """The key cannot sign: not a private key of RSA with 2,048 bits or more, or of Ed25519."""


@dataclass(frozen=True, slots=True)
class DkimKey:
    """One private key and the name under which its public half is published.

    The record lies at `<selector>._domainkey.<domain>`. `private_pem` is PKCS #8, not encrypted; it never
    appears in `repr`.
    """

    domain: str
    selector: str
    private_pem: bytes

    def __post_init__(self) -> None:
        if not _SELECTOR.fullmatch(self.selector):
            raise BadKey("A selector is made of letters, digits and dashes.")
        checked_address(f"postmaster@{self.domain}")

    def __repr__(self) -> str:
        return f"DkimKey({self.selector}._domainkey.{self.domain})"


def new_rsa_key() -> bytes:
    """A new RSA private key, as PEM."""
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))


def new_ed25519_key() -> bytes:
    """A new Ed25519 private key, as PEM."""
    return _pem(ed25519.Ed25519PrivateKey.generate())


def public_record(private_pem: bytes) -> str:
    """The TXT record to publish for a private key; raises BadKey."""
    key = _loaded(private_pem)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={b64encode(raw).decode('ascii')}"
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={b64encode(der).decode('ascii')}"


class Signer:
    """Signs the messages of one sender's domain with each of its keys. May be used by several threads.

    Raises BadKey when a key cannot sign.
    """

    def __init__(self, keys: Sequence[DkimKey]) -> None:
        self._keys = [(_loaded(key.private_pem), key.domain, key.selector) for key in keys]

    def signatures(self, fields: Iterable[bytes], body: bytes, *, at: int) -> bytes:
        """DKIM-Signature fields, to be put before the message; one a key, each with its CRLF.

        `fields`: the header fields, each whole, with its folds and its CRLF. `body`: with CRLF line ends.
        `at`: seconds of the Unix clock.
        """
        body_hash = b64encode(sha256(_simple_body(body)).digest()).decode("ascii")
        names, relaxed = _signed_part(fields)
        return b"".join(
            self._signature(key, domain, selector, names=names, relaxed=relaxed, body_hash=body_hash, at=at)
            for key, domain, selector in self._keys
        )

    @staticmethod
    def _signature(
        key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
        domain: str,
        selector: str,
        *,
        names: str,
        relaxed: bytes,
        body_hash: str,
        at: int,
    ) -> bytes:
        algorithm = "ed25519-sha256" if isinstance(key, ed25519.Ed25519PrivateKey) else "rsa-sha256"
        field = (
            f"DKIM-Signature: v=1; a={algorithm}; c=relaxed/simple;\r\n"
            f" d={domain}; s={selector};\r\n t={at};\r\n h={names};\r\n bh={body_hash};\r\n b="
        ).encode("ascii")
        signed = relaxed + _relaxed(field).removesuffix(b"\r\n")
        if isinstance(key, ed25519.Ed25519PrivateKey):
            signature = key.sign(sha256(signed).digest())
        else:
            signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return field + _folded(b64encode(signature)) + b"\r\n"


def _signed_part(fields: Iterable[bytes]) -> tuple[str, bytes]:
    """The names of the fields that are signed, as `h=` lists them, and these fields, canonicalised."""
    found: dict[str, list[bytes]] = {}
    for field in fields:
        found.setdefault(field.partition(b":")[0].strip().lower().decode("ascii", "replace"), []).append(
            field
        )
    names: list[str] = []
    parts: list[bytes] = []
    for name in SIGNED:
        # Of several with one name, the last comes first (RFC 6376 §5.4.2).
        occurrences = found.get(name, [])[::-1]
        parts += [_relaxed(field) for field in occurrences]
        names += [name] * (len(occurrences) + (name == "from"))
    return ":\r\n  ".join(_lines_of(names)), b"".join(parts)


def _lines_of(names: Sequence[str], width: int = 64) -> list[str]:
    """Names joined by colons into lines that a header may have."""
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) < width:
            lines[-1] += f":{name}"
        else:
            lines.append(name)
    return lines


@lru_cache(maxsize=256)
def _relaxed(field: bytes) -> bytes:
    """A header field as RFC 6376 §3.4.2 compares it. Most fields of a mailing are the same each time."""
    name, _colon, value = field.partition(b":")
    unfolded = _SPACES.sub(b" ", value.replace(b"\r\n", b"")).strip()
    return name.strip().lower() + b":" + unfolded + b"\r\n"


def _simple_body(body: bytes) -> bytes:
    """RFC 6376 §3.4.3: exactly one line break at the end."""
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    if body.endswith(b"\r\n"):
        return body
    return body + b"\r\n"


def _folded(value: bytes, width: int = 72) -> bytes:
    return b"\r\n ".join(value[start : start + width] for start in range(0, len(value), width))


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@lru_cache(maxsize=64)
def _loaded(private_pem: bytes) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(private_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey("This is not a private key in PEM form, or it is encrypted.") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= RSA_BITS:
        return key
    raise BadKey("A key is of RSA with 2,048 bits or more, or of Ed25519.")
