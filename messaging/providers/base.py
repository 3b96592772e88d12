"""The one protocol that every way out speaks: e-mail first, SMS and social accounts alike.

An adapter asks `batch.hand_over` for the messages that it is about to offer: their intent is committed then,
and those that come back may leave. What it says of each is certain (`accepted`, `refused`, `retry`) or openly
not (`unknown`): an adapter never guesses. Each adapter lists, in one file, which answers mean "surely not
accepted"; everything else is `unknown`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import NamedTuple, Self

# At most this many messages are handed over on one SMTP connection with no result written yet; on one of
# HTTP, those of one call, and a group of results beside (`http.run.RESULTS_A_GROUP`). It bounds what a killed
# worker can leave `unknown`.
IN_FLIGHT_PER_CONNECTION = 50


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    SOCIAL = "social"


class Content(StrEnum):
    """What a message carries when it reaches the adapter."""

    RENDERED = "rendered"  # finished bytes, one full message a recipient
    SLOTS = "slots"  # shared text once a batch, and each recipient's values


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one configured account can do; the dispatcher cuts its batches to it."""

    channel: Channel
    content: Content
    max_batch: int  # messages a call
    call_seconds: float  # `send` has returned after this long, whatever happened: a lease must be longer
    answered_together: int = 1  # messages whose fate one lost answer leaves open
    idempotent: bool = False  # the provider drops a repeat with the same key: `unknown` may be sent again
    webhooks: bool = False  # it reports events: `messaging.providers.hooks`
    max_message_bytes: int | None = None  # None: known only from the server, or without limit
    max_call_bytes: int | None = None
    max_slot_bytes: int | None = None


class OutgoingMessage(NamedTuple):
    """One message to one address.

    `content` is a whole RFC 5322 message with CRLF line ends, as bytes or as segments whose concatenation it
    is: segments shared by a campaign are checked once, so segments are the fast form. Adapters that want
    slots read `slots` (text, already escaped for its place) and `headers` instead. `wire_ready`: whoever made
    the content answers for it that every line ends with CRLF and none begins with a dot (what
    `messaging.content.mime` builds is so), and nobody reads it once more.
    """

    key: str  # the Delivery's key, opaque here; returned by webhooks where the provider can carry it
    sender: str  # envelope sender (return path), never the From header
    recipient: str
    content: bytes | tuple[bytes, ...] = b""
    slots: tuple[str, ...] = ()
    headers: Mapping[str, str] = {}
    wire_ready: bool = False


@dataclass(frozen=True, slots=True)
class SharedContent:
    """What a batch of slotted messages has in common; an int stands for the slot of that number.

    `headers` go with every message, beside its own; names and values are printable ASCII. `mailing` names a
    mailing that reaches an address once at most, the same at each try; empty for service messages.
    """

    from_name: str
    from_address: str
    subject: tuple[str | int, ...]
    html: tuple[str | int, ...] = ()
    text: tuple[str | int, ...] = ()
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    mailing: str = ""


HandOver = Callable[[Sequence[int]], Collection[int]]
"""Commits the intent to offer the messages at these places of a batch; returns the places that may leave."""


def _everything(places: Sequence[int]) -> Collection[int]:
    return places


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages to send. `shared` is None for rendered messages.

    `hand_over` is asked once for each message, in the thread that reads the results, just before it is
    offered for the first time; what does not come back is left alone and has no result.
    """

    items: Sequence[OutgoingMessage]
    shared: SharedContent | None = None
    hand_over: HandOver = _everything


class Outcome(StrEnum):
    ACCEPTED = "accepted"  # the provider took responsibility
    REFUSED = "refused"  # surely not accepted, and trying again is useless
    RETRY = "retry"  # surely not accepted, may be tried again
    UNKNOWN = "unknown"  # may have been accepted: never sent again by itself


class Fault(StrEnum):
    """Whom a refusal is about. Only `refused` with RECIPIENT may lead to suppressing the address."""

    NONE = ""
    RECIPIENT = "recipient"  # the address does not exist
    MAILBOX = "mailbox"  # it exists, and takes nothing now (full, disabled)
    MESSAGE = "message"  # this message: size, content, encoding
    SENDER = "sender"  # our name, domain, reputation or rights: pause, never suppress
    ACCOUNT = "account"  # the way out itself: connection, sign-in, quota
    UNTRIED = "untried"  # nobody looked at this message: it was offered only with others that were refused
    OTHER = "other"  # the provider did not say


class Result(NamedTuple):
    """What became of one message. `text` never holds an address (personal data stays out of ledger texts).

    Texts made here rather than by a server are English msgids: a screen shows `gettext(text)`.
    """

    outcome: Outcome
    message_id: str = ""  # the provider's own id, where it says one
    code: int = 0  # SMTP reply or HTTP status; 0 when no answer came
    enhanced: str = ""  # RFC 3463, as in "5.1.1"
    text: str = ""
    retry_after: float | None = None  # seconds, when the provider said how long
    fault: Fault = Fault.NONE


IndexedResults = list[tuple[int, Result]]


class EventKind(StrEnum):
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    REFUSED = "refused"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a provider reported, in our words. `at` is aware; `key` and `message_id` may be empty."""

    kind: EventKind
    event_id: str
    at: datetime
    key: str = ""
    message_id: str = ""
    recipient: str = ""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    fault: Fault = Fault.NONE
    machine: bool = False  # the provider itself says that no person did it


class Provider(ABC):
    """One configured way out. Belongs to one worker process; not for use by two threads at once."""

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities: ...

    @abstractmethod
    def send_iter(self, batch: Batch) -> Iterator[IndexedResults]:
        """Send, yielding results (index in the batch, result) in small groups as they become certain.

        Every index that was handed over comes exactly once. Raises a ProviderError only before anything was
        sent, so that every message of the batch is then surely not accepted. A caller that stops reading
        early must take every message that was handed over and has no result for `unknown`.
        """

    def send(self, batch: Batch) -> list[Result]:
        """Send a batch; one result an item that was handed over, in order. Errors as in `send_iter`."""
        found: dict[int, Result] = {}
        for results in self.send_iter(batch):
            found.update(results)
        return [found[index] for index in sorted(found)]

    def close(self) -> None:  # noqa: B027 - an adapter without connections has nothing to do
        """Give connections back. The provider may be used again afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
