"""Providers of this worker, made when first used and made again when an account's settings change.

One an account and stream: service messages have connections of their own, and their own addresses where the
account has several, so that a big mailing neither holds nor harms them.
"""

from __future__ import annotations

import hashlib
import json

from campaign_crm.platform.crypto import unseal
from messaging.models import ProviderAccount
from messaging.providers import registry
from messaging.providers.base import Provider
from messaging.providers.smtp.sources import Stream


class Providers:
    """Connections stay open between batches; `close` gives them back when there is nothing to send."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, Stream], tuple[str, Provider]] = {}

    def of(self, account: ProviderAccount, stream: Stream) -> Provider:
        """The provider of an account for a stream; raises a ProviderError if its settings cannot work."""
        fingerprint = _fingerprint(account)
        known = self._open.get((account.pk, stream))
        if known is not None:
            if known[0] == fingerprint:
                return known[1]
            known[1].close()
        provider = make_provider(account, stream)
        self._open[account.pk, stream] = (fingerprint, provider)
        return provider

    def close(self) -> None:
        for _fingerprint_of, provider in self._open.values():
            provider.close()


def make_provider(account: ProviderAccount, stream: Stream, *, patience: int | None = None) -> Provider:
    """A provider ready to send one stream; raises a ProviderError if the settings cannot work.

    `patience`: seconds of each wait, where somebody waits for the page; the account's own if not given.
    """
    settings = account.settings | unseal(account.sealed_credentials)
    asked = {field.name for field in registry.kind(account.kind).fields}
    if "stream" in asked:
        settings["stream"] = stream.value
    if patience is not None:
        settings |= dict.fromkeys(asked & {"timeout", "final_timeout", "batch_timeout"}, patience)
    return registry.create(account.kind, settings)


def _fingerprint(account: ProviderAccount) -> str:
    told = json.dumps([account.kind, account.settings, account.sealed_credentials], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
