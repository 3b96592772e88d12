"""Sending one claimed chunk: build, commit the intent, call the provider, batch after batch."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from messaging.dispatch import gate, ledger, outcomes, quarantine
from messaging.dispatch.call import Call, Sent
from messaging.dispatch.caps import Book
from messaging.dispatch.circuit import Circuit, PauseReason
from messaging.dispatch.ledger import Claim, Key, Row
from messaging.dispatch.outbox import Outbox, Prepared
from messaging.dispatch.rates import Rates
from messaging.providers.base import Content, OutgoingMessage, Provider
from messaging.providers.smtp.sources import Stream
from messaging.returns.verp import return_path

logger = logging.getLogger(__name__)

LEASE_MARGIN = 30.0
"""Seconds that a handed row's lease outlasts the provider's longest call."""

EVERYBODY = 20
"""Rows at which preparing fails, with none at which it does not: it is not the rows."""

LONGEST_NAP = 1.0  # seconds asleep at once while the rate allows nothing


class ChunkSender:
    """Sends claimed rows of one campaign through one account, in batches the provider may hold in flight."""

    def __init__(
        self,
        outbox: Outbox,
        provider: Provider,
        *,
        rates: Rates,
        circuit: Circuit,
        may_go_on: Callable[[], bool],
        elsewhere: bool = False,
    ) -> None:
        self._outbox = outbox
        self._provider = provider
        self._rates = rates
        self._circuit = circuit
        self._may_go_on = may_go_on
        self._elsewhere = elsewhere  # another way out is open for these rows
        self._book = Book(outbox.account, outbox.sender, is_service=outbox.stream is Stream.SERVICE)
        can = provider.capabilities
        self._batch = can.max_batch
        self._lease = can.call_seconds + LEASE_MARGIN
        self._slotted = can.content is Content.SLOTS
        # Providers by API have return paths of their own.
        self._return_host = "" if self._slotted else outbox.return_host

    def send(self, claim: Claim) -> Sent:
        """Send what the rate, the caps, the time and the gate allow; `whole` says whether it was everything.

        The rest stays claimed: whoever claimed it gives it back.
        """
        sent = Sent()
        waiting: Sequence[Prepared] = self._prepared(claim, sent)
        while waiting and self._may_send(sent):
            granted = self._permitted(min(len(waiting), self._batch))
            if granted and not self._send_batch(claim, waiting[:granted], sent):
                break
            waiting = waiting[granted:]
        sent.whole = not waiting and sent.pause is None
        return sent

    def _ready(self, claim: Claim) -> list[Row]:
        """The rows that no warm-up holds now; the others are due again later."""
        late = self._book.begin(claim)
        ledger.put_off(claim, late)
        held = {key for key, _wait in late}
        return [row for row in claim.rows if row.key not in held]

    def _prepared(self, claim: Claim, sent: Sent) -> list[Prepared]:
        """The rows with what their messages may know; the one at which it fails is set apart in the end.

        Where it fails at everybody, something else is broken: the mailing waits for a person.
        """
        found: list[Prepared] = []
        faults: list[Key] = []
        parts = deque([self._ready(claim)])
        while parts:
            part = parts.popleft()
            try:
                found += self._outbox.prepare(part)
                continue
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                if len(part) == 1:
                    campaign, contact = self._outbox.ledger.campaign, part[0].key.contact
                    logger.exception("Delivery %s/%s cannot be prepared", campaign, contact)
            if len(part) > 1:
                parts.extendleft((part[len(part) // 2 :], part[: len(part) // 2]))
                continue
            faults.append(part[0].key)
            if not found and len(faults) >= EVERYBODY:
                sent.pause = PauseReason(quarantine.UNMADE)
                return []
        quarantine.note_losses(claim, faults)
        return found

    def _may_send(self, sent: Sent) -> bool:
        circuit = self._circuit
        stopped = sent.pause is not None or circuit.is_resting or circuit.reason_to_pause() is not None
        return not stopped and self._may_go_on()

    def _permitted(self, wanted: int) -> int:
        account, sender = self._outbox.account, self._outbox.sender
        name, rate = f"account:{account.pk}", account.messages_per_second
        ahead = self._outbox.stream is Stream.SERVICE
        grant = self._rates.take(name, rate=rate, wanted=wanted, ahead=ahead)
        if grant.messages and sender.messages_per_second is not None:
            own = self._rates.take(
                f"sender:{sender.pk}", rate=sender.messages_per_second, wanted=grant.messages, ahead=ahead
            )
            self._rates.put_back(name, rate=rate, unused=grant.messages - own.messages)
            grant = own
        if not grant.messages:
            time.sleep(min(grant.wait, LONGEST_NAP))
        return grant.messages

    def _send_batch(self, claim: Claim, batch: Sequence[Prepared], sent: Sent) -> bool:
        """Hand one batch over; False when some of it was left behind: by a cap, a pause, the end of time."""
        built = self._outbox.build(batch, at=timezone.now(), slotted=self._slotted)
        outcomes.fail_unbuilt(claim, built.faults)
        if not built.messages:
            return True
        asked = 0
        is_stopped = False

        def hand_over(keys: Sequence[Key]) -> set[Key]:
            """Intents are committed one call of the provider after the other: it may stop between two."""
            nonlocal asked, is_stopped
            if is_stopped or (asked and not self._may_send(sent)):
                return set()
            asked += len(keys)
            account = self._outbox.account.pk
            allowed = gate.hand_over(claim, keys, account=account, seconds=self._lease, book=self._book)
            ledger.put_off(claim, self._book.late)
            # Nothing at all: the campaign was paused meanwhile.
            is_stopped = bool(self._book.held) or not (allowed or self._book.late)
            return allowed

        Call(
            self._provider,
            self._circuit,
            claim,
            [(row, self._returning(message)) for row, message in built.messages],
            sent,
            built.shared,
            hand_over=hand_over,
            elsewhere=self._elsewhere,
        ).make()
        return asked == len(built.messages) and not is_stopped

    def _returning(self, message: OutgoingMessage) -> OutgoingMessage:
        """With a return path of its own, where returns name their message."""
        if not self._return_host:
            return message
        return message._replace(sender=return_path(message.key, self._return_host))
