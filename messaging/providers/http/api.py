"""What an adapter of a batch provider says: how a call looks, and what its answer means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from messaging.providers.base import OutgoingMessage, Result, SharedContent
from messaging.providers.http.batches import Limits
from messaging.providers.http.transport import Answer, Request


class BatchApi(ABC):
    """One provider's calls. Texts reach it as slots (`SharedContent`); it keeps no state between calls."""

    limits: ClassVar[Limits]
    repeats: ClassVar[int] = 0
    """How often a call without an answer is repeated: only where the provider drops a repeat by its key."""

    whole_messages: ClassVar[bool] = False
    """True where each message carries the whole text: a batch of few rounds, so that memory stays small."""

    @abstractmethod
    def prepare(self, shared: SharedContent) -> Any:
        """What is worked out once for a content; passed back to `fragment` and `request`."""

    @abstractmethod
    def fragment(self, prepared: Any, message: OutgoingMessage) -> bytes:
        """One message's own part of a call."""

    @abstractmethod
    def request(
        self, prepared: Any, fragments: Sequence[bytes], messages: Sequence[OutgoingMessage]
    ) -> Request:
        """One call for some messages; the same arguments need not make the same bytes."""

    @abstractmethod
    def read(self, answer: Answer, messages: Sequence[OutgoingMessage]) -> list[Result]:
        """One result a message, in order.

        Raises MessagesRefused or a ProviderError only when the whole call was surely not carried out.
        """

    def fixed_bytes(self, prepared: Any) -> int:
        """Bytes of a call without any message."""
        return len(self.request(prepared, [], []).body)
