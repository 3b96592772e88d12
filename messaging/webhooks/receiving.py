"""One call of a provider: verified, and on disk once when this returns.

In PostgreSQL; while that is away, in the spool of this machine, verified with the account as this process
last knew it. What could not be verified then is when the spool is drained. Calls keep their order.
"""

from __future__ import annotations

import hashlib
import logging
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import InterfaceError, InternalError, OperationalError, connection, transaction
from django.utils import timezone

from campaign_crm.platform.crypto import SealBroken, unseal
from campaign_crm.platform.database import acting_as
from campaign_crm.platform.spool import Fields, Spool
from messaging.models import ProviderAccount, ProviderEvent
from messaging.providers.errors import WebhookRefused
from messaging.providers.hooks import CannotVerifyYet, HookCall, hook_kind
from messaging.webhooks.address import HookAddress

logger = logging.getLogger(__name__)

SPOOL = Spool("events")
MAIL = "mail"
HEADERS = (
    "authorization",
    "x-twilio-email-event-webhook-signature",
    "x-twilio-email-event-webhook-timestamp",
)
"""Those that prove a call; no other is kept."""

TRIED_FOR = timedelta(days=1)
"""How long a call waits for what proves it."""

AWAY = (OperationalError, InterfaceError, InternalError)
"""The database is away, or takes no writes: a standby says so by an internal error (25006)."""

REFUSAL_SHOWN = 7 * 86_400  # seconds that the page of the account shows the last call refused


class NoSuchHook(Exception):
    """The address is an old one, or its account has another kind now."""


@dataclass(frozen=True)
class _Known:
    """How an account's calls are proven."""

    kind: str
    secret: str
    settings: dict[str, Any]


_known: dict[int, _Known] = {}
"""As this process last read them: what verifies calls while the database is away."""


def receive(address: HookAddress, call: HookCall) -> None:
    """Verify and keep one call; raises NoSuchHook, WebhookRefused, or OSError when it can be kept nowhere."""
    try:
        with acting_as("crm_national"):
            known = _read(address.account)
    except AWAY as error:
        _database_is_away(address, error)
        _spool_call(address, call, _known.get(address.account))
        return
    try:
        once = _verified(address, call, known)
    except CannotVerifyYet:
        _spool_call(address, call, None)
        return
    try:
        with acting_as("crm_national"):
            keep(address.account, address.kind, call.raw, once=once, at=None)
    except AWAY as error:
        _database_is_away(address, error)
        _spool_call(address, call, None)


def keep(account: int, form: str, raw: bytes, *, once: str = "", at: datetime | None) -> bool:
    """Write one body, in the caller's transaction; False when it was there already.

    Raises WebhookRefused when another body came with the same `once`.
    """
    digest = hashlib.sha256(raw).digest()
    row = ProviderEvent(account_id=account, form=form, digest=digest, once=once, body=raw)
    row.received_at = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_providerevent"
            " (account_id, form, received_at, digest, once, body, state, error)"
            " VALUES (%s, %s, %s, %s, %s, %s, 'waiting', '') ON CONFLICT DO NOTHING",
            [account, form, row.received_at, digest, once, raw],
        )
        if cursor.rowcount:
            return True
    if not ProviderEvent.objects.filter(account_id=account, digest=digest).exists():
        raise WebhookRefused("The token of this call was used for another one")
    return False


def drain_spool(*, batch: int = 200) -> int:
    """Keep in PostgreSQL what this machine kept while it was away; returns how many lines were read."""

    def store(lines: Sequence[Fields]) -> None:
        accounts: dict[int, _Known | None] = {}
        with transaction.atomic():
            again = [line for line in lines if not _stored(line, accounts)]
        for line in again:  # in a new file, before this one is forgotten
            SPOOL.keep(line)

    return SPOOL.drain(store, batch=batch)


def spool_mail(account: int, raw: bytes) -> None:
    """Keep a message for later; raises OSError."""
    SPOOL.keep(_line(account, MAIL, "", raw, {}, timezone.now()))


def last_refusal(account: int) -> dict[str, Any] | None:
    """When and why the last call was refused: {"at": …, "text": …}; None when none was."""
    found: dict[str, Any] | None = cache.get(_refusal_key(account))
    return found


def _stored(line: Fields, accounts: dict[int, _Known | None]) -> bool:
    """Verify a line once more and keep it; False when it must wait on. What is refused now is forgotten.

    `accounts`: those of this batch that were read already.
    """
    try:
        account, form, raw = int(line["account"]), str(line["form"]), b64decode(line["body"])
        at = datetime.fromisoformat(line["at"])
        if form == MAIL:
            if ProviderAccount.objects.filter(pk=account).exists():
                keep(account, MAIL, raw, at=at)
            return True
        if account not in accounts:
            accounts[account] = _read(account)
        address = HookAddress(form, account, str(line["secret"]))
        call = HookCall(dict(line["headers"]), raw, at)
        keep(account, form, raw, once=_verified(address, call, accounts[account]), at=at)
    except CannotVerifyYet:
        return timezone.now() - at > TRIED_FOR
    except (NoSuchHook, WebhookRefused) as error:
        logger.warning("A call kept for later is refused (%s)", type(error).__name__)
    except (KeyError, TypeError, ValueError):
        logger.error("A line of the spool of events cannot be read; left out")
    return True


def _read(account: int) -> _Known | None:
    """How the calls of an account are proven today; None when there is none."""
    found = ProviderAccount.objects.filter(pk=account).first()
    if found is None or not found.hook_secret:
        _known.pop(account, None)
        return None
    try:
        secrets = unseal(found.sealed_hook_secrets)
    except SealBroken:
        logger.error("The webhook secrets of account %s cannot be opened", account)
        secrets = {}
    known = _Known(found.hook_kind, found.hook_secret, {**found.hook_settings, **secrets})
    _known[account] = known
    return known


def _verified(address: HookAddress, call: HookCall, known: _Known | None) -> str:
    """What the provider uses once; raises NoSuchHook, WebhookRefused or CannotVerifyYet."""
    if known is None or (known.kind, known.secret) != (address.kind, address.secret):
        raise NoSuchHook
    kind = hook_kind(address.kind)
    try:
        once = kind.verify(call, known.settings)
        if kind.confirm is not None:
            kind.confirm(call, known.settings)
    except WebhookRefused as error:
        told = {"at": call.received_at.isoformat(), "text": error.text}
        cache.set(_refusal_key(address.account), told, timeout=REFUSAL_SHOWN)
        raise
    return once


def _spool_call(address: HookAddress, call: HookCall, known: _Known | None) -> None:
    """Keep a call on this machine; a forged one is refused already here when its account is known."""
    if known is not None:
        with suppress(CannotVerifyYet):
            _verified(address, call, known)
    headers = {name: call.headers[name] for name in HEADERS if name in call.headers}
    SPOOL.keep(_line(address.account, address.kind, address.secret, call.raw, headers, call.received_at))


def _line(account: int, form: str, secret: str, raw: bytes, headers: dict[str, str], at: datetime) -> Fields:
    return {
        "account": account,
        "form": form,
        "secret": secret,
        "headers": headers,
        "at": at.isoformat(),
        "body": b64encode(raw).decode("ascii"),
    }


def _database_is_away(address: HookAddress, error: Exception) -> None:
    logger.warning(
        "Database away (%s): a call of account %s is spooled", type(error).__name__, address.account
    )
    connection.close()


def _refusal_key(account: int) -> str:
    return f"hook-refused:{account}"
