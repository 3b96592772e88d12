"""Machine keys: made once, kept as a hash, limited to scopes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaign_crm.platform import audit
from campaign_crm.platform.models import ApiKey, User

USE_RECORDED_EVERY = timedelta(minutes=5)


@transaction.atomic
def create_api_key(
    *,
    name: str,
    scopes: Sequence[str],
    territory: int | None = None,
    expires_at: datetime | None = None,
    by: User,
) -> tuple[ApiKey, str]:
    """The new key and its text, shown this once: `crm_<prefix>_<secret>`.

    `territory`: the number of the one whose people it reads; None: the whole country.
    """
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=list(scopes),
        territory=territory,
        expires_at=expires_at,
        created_by=by,
    )
    expiry = expires_at.isoformat() if expires_at else None
    audit.record(
        action="api_key.create",
        on=key,
        by=by,
        detail={"scopes": key.scopes, "territory": territory, "expires_at": expiry},
    )
    return key, f"crm_{prefix}_{secret}"


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User) -> ApiKey:
    """Close a key at once and for good; revoking it again changes nothing and leaves no trace."""
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        audit.record(action="api_key.revoke", on=key, by=by, fields=["revoked_at"])
    return key


def find_api_key(text: str) -> ApiKey | None:
    """The key in force that `text` opens, compared in constant time."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "crm":
        return None
    now = timezone.now()
    alive = Q(revoked_at__isnull=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    key = ApiKey.objects.filter(alive, prefix=parts[1]).first()
    if key is None or not hmac.compare_digest(bytes(key.secret_hash), _hash(parts[2])):
        return None
    if key.last_used_at is None or key.last_used_at < now - USE_RECORDED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _hash(secret: str) -> bytes:
    """The secret is 256 random bits: a plain digest is enough."""
    return hashlib.sha256(secret.encode()).digest()
