"""Keys of the API: made once, kept as a hash, limited to scopes, replaced without an interruption."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform import audit
from campaign_crm.platform.models import ApiKey, User

USE_RECORDED_EVERY = timedelta(minutes=5)
EARLIER_AT_MOST = timedelta(days=90)
TOKEN_AT_MOST = timedelta(days=366)
Kind = ApiKey.Kind


class KeyRefused(ValueError):
    """A key that may not be made or replaced so; the message is for whoever asked."""


@transaction.atomic
def create_api_key(
    *,
    name: str,
    scopes: Sequence[str],
    kind: str = Kind.MACHINE,
    origins: Sequence[str] = (),
    territory: int | None = None,
    expires_at: datetime | None = None,
    by: User,
) -> tuple[ApiKey, str]:
    """The new key and its text, shown this once: `crm_<prefix>_<secret>`.

    `territory`: the number of the one whose people it reads; None: the whole country. `origins`: of the
    websites whose pages may use it ("https://www.example.org").
    """
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        kind=kind,
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=list(scopes),
        origins=list(origins),
        territory=territory,
        owner=by if kind == Kind.PERSONAL else None,
        expires_at=expires_at,
        created_by=by,
    )
    expiry = expires_at.isoformat() if expires_at else None
    detail = {"scopes": key.scopes, "territory": territory, "expires_at": expiry, "kind": str(kind)}
    audit.record(action="api_key.create", on=key, by=by, detail=detail | {"origins": key.origins})
    return key, _text(prefix, secret)


def create_token(*, name: str, scopes: Sequence[str], expires_at: datetime, by: User) -> tuple[ApiKey, str]:
    """A personal token of `by`; it ends within a year. Raises KeyRefused."""
    if expires_at > timezone.now() + TOKEN_AT_MOST:
        raise KeyRefused(_("A personal token ends within a year."))
    return create_api_key(name=name, scopes=scopes, kind=Kind.PERSONAL, expires_at=expires_at, by=by)


@transaction.atomic
def rotate_api_key(*, key: ApiKey, overlap: timedelta, by: User) -> tuple[ApiKey, str]:
    """Give a key another secret; the one before is good for `overlap` more. Raises KeyRefused.

    What it may do, and its beginning, stay: the program is given the new text before the old one ends.
    """
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if not key.is_in_force:
        raise KeyRefused(_("This key opens nothing any more: make another one."))
    if not timedelta(0) <= overlap <= EARLIER_AT_MOST:
        raise KeyRefused(_("The earlier secret stays good for 90 days at most."))
    secret = secrets.token_urlsafe(32)
    key.earlier_hash = bytes(key.secret_hash) if overlap else None
    key.earlier_until = timezone.now() + overlap if overlap else None
    key.secret_hash = _hash(secret)
    key.save(update_fields=["secret_hash", "earlier_hash", "earlier_until"])
    audit.record(action="api_key.rotate", on=key, by=by, detail={"days": overlap.days})
    return key, _text(key.prefix, secret)


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User) -> ApiKey:
    """Close a key at once and for good; revoking it again changes nothing and leaves no trace."""
    key = ApiKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        audit.record(action="api_key.revoke", on=key, by=by, fields=["revoked_at"])
    return key


@transaction.atomic
def revoke_tokens_of(user: User) -> None:
    """Close every personal token of a member whose password was replaced: somebody else may have made one."""
    for token in user.tokens.filter(revoked_at=None).order_by("pk"):
        revoke_api_key(key=token, by=user)


def find_api_key(text: str) -> ApiKey | None:
    """The key in force that `text` opens, compared in constant time."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "crm":
        return None
    now = timezone.now()
    alive = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    key = ApiKey.objects.filter(alive, prefix=parts[1][:12]).order_by().first()
    if key is None or not _opens(key, _hash(parts[2])):
        return None
    if key.owner is not None and not key.owner.is_active:
        return None
    if key.last_used_at is None or key.last_used_at < now - USE_RECORDED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def is_an_origin_of_somebody(origin: str) -> bool:
    """Whether pages of this origin use any key that is in force: all that a preflight can ask."""
    now = timezone.now()
    alive = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    return ApiKey.objects.filter(alive, origins__contains=[origin]).exists()


def _opens(key: ApiKey, digest: bytes) -> bool:
    good = [bytes(key.secret_hash)]
    if key.earlier_is_good and key.earlier_hash is not None:
        good.append(bytes(key.earlier_hash))
    return True in [hmac.compare_digest(one, digest) for one in good]


def _text(prefix: str, secret: str) -> str:
    return f"crm_{prefix}_{secret}"


def _hash(secret: str) -> bytes:
    """The secret is 256 random bits: a plain digest is enough."""
    return hashlib.sha256(secret.encode()).digest()
