"""Every provider that takes batches over HTTP: its account, its connections, its events."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

from messaging.providers.base import (
    Batch,
    Capabilities,
    Channel,
    Content,
    IndexedResults,
    Provider,
    SharedContent,
)
from messaging.providers.http.api import BatchApi
from messaging.providers.http.config import HttpConfig
from messaging.providers.http.run import REPEAT_PAUSE, Run
from messaging.providers.http.transport import Transport

KEPT_CONTENTS = 8

LARGE_BATCH = 2_000
"""Messages given to a provider at once, in whole rounds of its connections."""


class HttpProvider(Provider):
    """One account at a provider of batches. `kind` is the name of its folder.

    Its webhooks are a kind of their own (`messaging.providers.hooks`): an account may report by another way.
    """

    kind: ClassVar[str]

    def __init__(self, api: BatchApi, config: HttpConfig, **transport: Any) -> None:
        self.api = api
        self.config = config
        self._transport_options = transport
        self._prepared: list[tuple[SharedContent, Any, int]] = []
        self._start_afresh()

    @property
    def capabilities(self) -> Capabilities:
        config, limits = self.config, self.api.limits
        round_size = limits.messages * config.connections
        return Capabilities(
            channel=Channel.EMAIL,
            content=Content.SLOTS,
            max_batch=round_size * (1 if self.api.whole_messages else max(1, LARGE_BATCH // round_size)),
            call_seconds=config.batch_timeout + self.last_call_seconds,
            answered_together=limits.messages,
            webhooks=True,
            max_call_bytes=limits.call_bytes,
            max_slot_bytes=limits.message_bytes,
        )

    @property
    def last_call_seconds(self) -> float:
        """How long a call that began just before the batch's time ended is waited for, at most."""
        return (2 * self.config.timeout + REPEAT_PAUSE) * (1 + self.api.repeats)

    def send_iter(self, batch: Batch) -> Iterator[IndexedResults]:
        if batch.shared is None:
            raise ValueError("This provider takes slotted messages: the batch has no shared content.")
        if self._process != os.getpid():  # after a fork the parent's sockets are left alone
            self._start_afresh()
        return Run(self, batch, batch.shared).results()

    def close(self) -> None:
        self.transport.close()

    def prepared(self, shared: SharedContent) -> tuple[Any, int]:
        """What the adapter made of a content, and the bytes of a call without messages."""
        for known, made, fixed in self._prepared:
            if known is shared:
                return made, fixed
        made = self.api.prepare(shared)
        fixed = self.api.fixed_bytes(made)
        self._prepared = [(shared, made, fixed), *self._prepared[: KEPT_CONTENTS - 1]]
        return made, fixed

    def abandon_calls(self) -> None:
        """Let go of calls that do not end: their threads end by themselves, and nobody waits for them."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._process = os.getpid()
        config = self.config
        self.transport = Transport(
            config.base, connections=config.connections, timeout=config.timeout, **self._transport_options
        )
        self.threads = ThreadPoolExecutor(config.connections, thread_name_prefix=f"{self.kind}-call")
