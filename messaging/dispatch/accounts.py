"""Providers of this worker, one an account, made when first used and made again when its settings change."""

from __future__ import annotations

import hashlib
import json

from campaign_crm.platform.crypto import unseal
from messaging.models import ProviderAccount
from messaging.providers import registry
from messaging.providers.base import Provider


class Providers:
    """Connections stay open between batches; `close` gives them back when there is nothing to send."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[str, Provider]] = {}

    def of(self, account: ProviderAccount) -> Provider:
        """The provider of an account; raises a ProviderError if its settings cannot work."""
        fingerprint = _fingerprint(account)
        known = self._open.get(account.pk)
        if known is not None:
            if known[0] == fingerprint:
                return known[1]
            known[1].close()
        provider = registry.create(account.kind, account.settings | unseal(account.sealed_credentials))
        self._open[account.pk] = (fingerprint, provider)
        return provider

    def close(self) -> None:
        for _fingerprint_of, provider in self._open.values():
            provider.close()


def _fingerprint(account: ProviderAccount) -> str:
    told = json.dumps([account.kind, account.settings, account.sealed_credentials], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
