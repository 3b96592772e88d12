"""The secret address that a provider calls: it names the account and its kind, sealed with `LINK_KEYS`.

So a call can be told from a stranger's while the database is away. The account's own secret in it makes an
old address worthless once another is made.
"""

from __future__ import annotations

import binascii
import re
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from django.conf import settings

from messaging.content.keyring import BadToken, Kind, link_keys
from messaging.models import ProviderAccount
from messaging.providers.hooks import NAMES

PREFIX = "/hooks/"
_BODY = struct.Struct(">BQ8s")  # kind, account, its secret
_TEXT = re.compile(r"[A-Za-z0-9_-]{48}")


class HookAddress(NamedTuple):
    kind: str
    account: int
    secret: str  # as hex


def new_secret() -> str:
    return secrets.token_hex(8)


def hook_url(account: ProviderAccount) -> str:
    """The address to give to the provider; "" while the account has none."""
    if not account.hook_secret or account.hook_kind not in NAMES:
        return ""
    return f"{settings.PUBLIC_URL}{hook_path(account)}"


def hook_path(account: ProviderAccount) -> str:
    body = _BODY.pack(NAMES.index(account.hook_kind), account.pk, bytes.fromhex(account.hook_secret))
    return f"{PREFIX}{urlsafe_b64encode(link_keys().seal(Kind.HOOK, body)).decode('ascii')}/"


def read_address(path: str) -> HookAddress:
    """What a path says; raises BadToken."""
    text = path.removeprefix(PREFIX).rstrip("/")
    if not _TEXT.fullmatch(text):
        raise BadToken
    try:
        kind, body = link_keys().open(urlsafe_b64decode(text))
        number, account, secret = _BODY.unpack(body)
        name = NAMES[number]
    except (binascii.Error, struct.error, IndexError):
        raise BadToken from None
    if kind != Kind.HOOK:
        raise BadToken
    return HookAddress(name, account, secret.hex())
