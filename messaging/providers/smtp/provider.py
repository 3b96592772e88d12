"""The SMTP adapter: one transaction a message, pipelined, over a few connections kept open."""

from __future__ import annotations

from collections.abc import Iterator

from messaging.providers.base import (
    IN_FLIGHT_PER_CONNECTION,
    Batch,
    Capabilities,
    Channel,
    Content,
    IndexedResults,
    Provider,
)
from messaging.providers.smtp.config import SmtpConfig
from messaging.providers.smtp.pool import Pool


class SmtpProvider(Provider):
    """Any SMTP server. It reports nothing back: bounces come as messages to the return path."""

    def __init__(self, config: SmtpConfig) -> None:
        self.config = config
        self._pool = Pool(config)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            channel=Channel.EMAIL,
            content=Content.RENDERED,
            max_batch=IN_FLIGHT_PER_CONNECTION * self.config.connections,
            call_seconds=self.config.batch_timeout + self.config.final_timeout,
        )

    def send_iter(self, batch: Batch) -> Iterator[IndexedResults]:
        places = sorted(batch.hand_over(range(len(batch.items))))
        for results in self._pool.send([batch.items[place] for place in places]):
            yield [(places[index], result) for index, result in results]

    def close(self) -> None:
        self._pool.close()
