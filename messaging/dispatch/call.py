"""One batch given to a provider, outside any transaction: every row handed over gets exactly one result."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext_noop

from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.services.stopped_addresses import Stopped, stop_addresses
from messaging.dispatch import outcomes
from messaging.dispatch.circuit import REFUSED, Circuit, PauseReason
from messaging.dispatch.doubts import Answers
from messaging.dispatch.ledger import Claim, Key, Row
from messaging.dispatch.outcomes import Settled
from messaging.dispatch.soft_returns import note_refusals
from messaging.enums import DeliveryState
from messaging.providers.base import (
    Batch,
    Fault,
    IndexedResults,
    Outcome,
    OutgoingMessage,
    Provider,
    Result,
    SharedContent,
)
from messaging.providers.errors import ProviderError

logger = logging.getLogger(__name__)

NO_RESULT = gettext_noop("The provider said nothing about this message")
ADAPTER_FAILED = gettext_noop("The way out failed in an unexpected way; the log says how.")
SOON = 1.0
"""Seconds before what one way out surely did not take is due again, when another can carry it."""

WRITE_AGAIN_AFTER = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds: what the provider said is worth waiting for a database that starts again."""


@dataclass
class Sent:
    """What a chunk came to. `pause`: why its campaign should be paused, if it should."""

    handed: int = 0
    accepted: int = 0
    pause: PauseReason | None = None
    refused: str = ""
    """The server's words for a message it refused for a reason of ours; its row waits."""
    whole: bool = False
    """Every row of the chunk was treated: time did not end first."""

    def reason_to_pause(self) -> PauseReason | None:
        """Also when a whole chunk came to nothing but refusals for a reason of ours: more help nobody."""
        if self.pause is None and self.whole and self.refused and not self.accepted:
            return PauseReason(REFUSED, self.refused)
        return self.pause


class Call:
    """Hands messages over, as many at once as the provider offers together, and writes what becomes of each.

    `hand_over` commits the intent for some keys and returns those that may leave.
    """

    def __init__(
        self,
        provider: Provider,
        circuit: Circuit,
        claim: Claim,
        built: Sequence[tuple[Row, OutgoingMessage]],
        sent: Sent,
        shared: SharedContent | None = None,
        *,
        hand_over: Callable[[Sequence[Key]], Collection[Key]],
        elsewhere: bool = False,
    ) -> None:
        self._shared = shared
        self._elsewhere = elsewhere  # another way out is open: what is not accepted here leaves there
        self._provider = provider
        self._circuit = circuit
        self._claim = claim
        self._rows = [row for row, _message in built]
        self._messages = [message for _row, message in built]
        self._hand_over = hand_over
        self._broken: Exception | None = None  # the database, while intents were committed
        self._together = provider.capabilities.answered_together
        self._open: set[int] = set()  # handed over, without a result
        self._held: list[tuple[int, Result]] = []  # the connection failed: judged when the call is over
        self._decided = False
        self._sent = sent

    def make(self) -> None:
        """Call the provider; results are written as they come."""
        try:
            for results in self._provider.send_iter(Batch(self._messages, self._shared, self._handed)):
                self._record(results)
        except ProviderError as error:
            self._not_offered(error)
        except (OperationalError, InterfaceError):
            raise  # nothing can be written: the lease will make the rest uncertain, openly
        except Exception as error:
            logger.exception("Campaign %s: the provider's adapter failed", self._claim.ledger.campaign)
            self._sent.pause = PauseReason(ADAPTER_FAILED, type(error).__name__)
            self._leave_unknown(f"{ADAPTER_FAILED} ({type(error).__name__})")
        else:
            self._leave_unknown(NO_RESULT)
        self._judge_held()
        if self._broken is not None:
            raise self._broken

    def _handed(self, places: Sequence[int]) -> list[int]:
        """Commit the intent for some messages; a gate that fails ends what begins, not what is under way.

        Its commit may have come through: those rows are offered to nobody, and their lease says unknown.
        """
        if self._broken is not None:
            return []
        try:
            allowed = self._hand_over([self._rows[place].key for place in places])
        except Exception as error:  # raised once what is under way has its results
            self._broken = error
            return []
        found = [place for place in places if self._rows[place].key in allowed]
        self._open.update(found)
        self._sent.handed += len(found)
        return found

    def _record(self, results: IndexedResults) -> None:
        settled = []
        for index, result in results:
            self._open.discard(index)
            if result.outcome is Outcome.RETRY and result.fault is Fault.ACCOUNT:
                self._held.append((index, result))
                continue
            self._decided = self._decided or result.outcome is not Outcome.UNKNOWN
            settled.append(self._settle(index, result))
        self._write(settled)
        self._doubt(results)
        self._stop(
            [
                (self._rows[index], result)
                for index, result in results
                if result.outcome is Outcome.REFUSED and result.fault is Fault.RECIPIENT
            ]
        )
        self._note_full(
            [
                (self._rows[index], result)
                for index, result in results
                if result.outcome is Outcome.REFUSED and result.fault is Fault.MAILBOX
            ]
        )

    def _settle(self, index: int, result: Result) -> Settled:
        row = self._rows[index]
        settled = outcomes.judge(row.key, result, attempts=row.attempts)
        if self._elsewhere and settled.state == DeliveryState.RETRY_WAIT and result.fault in outcomes.OURS:
            settled = settled._replace(delay=SOON)
        self._circuit.answered(result, settled.answer)
        self._sent.accepted += result.outcome is Outcome.ACCEPTED
        if outcomes.is_our_refusal(result):
            self._sent.refused = settled.answer
        return settled

    def _judge_held(self) -> None:
        """Rows that the connection failed: an attempt of their own only if the server worked for others, and
        did not ask for time."""
        if not self._held:
            return
        asked = max((result.retry_after or 0.0 for _index, result in self._held), default=0.0)
        if self._decided and not asked:
            self._write([self._settle(index, result) for index, result in self._held])
            return
        words = outcomes.answer_of(self._held[0][1])
        if self._decided:
            delay = self._circuit.asked_for_time(words, asked)
        else:
            delay = self._circuit.failed(words, asked=asked)
        self._wait([index for index, _result in self._held], words, delay)

    def _not_offered(self, error: ProviderError) -> None:
        """The call was never made: everybody waits, and the attempt is not theirs."""
        delay = self._circuit.failed(str(error), asked=error.retry_after)
        if error.permanent:
            self._sent.pause = PauseReason(error.text, error.detail)
        self._wait(sorted(self._open), str(error), delay)
        self._open.clear()

    def _wait(self, indexes: Sequence[int], answer: str, delay: float) -> None:
        rows = [self._rows[index] for index in indexes]
        delay = SOON if self._elsewhere else delay
        self._write(
            [
                outcomes.waiting_for_account(row.key, attempts=row.attempts, answer=answer, delay=delay)
                for row in rows
            ]
        )

    def _leave_unknown(self, answer: str) -> None:
        rows = [self._rows[index] for index in sorted(self._open)]
        self._write([outcomes.unanswered(row.key, attempts=row.attempts, answer=answer) for row in rows])
        if rows:
            _insist(lambda: self._circuit.unanswered(self._answers(len(rows)), answer))
        self._open.clear()

    def _doubt(self, results: IndexedResults) -> None:
        """Tell the circuit of answers that never came, and that answers come again."""
        unknown = [result for _index, result in results if result.outcome is Outcome.UNKNOWN]
        accepted = sum(result.outcome is Outcome.ACCEPTED for _index, result in results)
        if unknown:
            words = outcomes.answer_of(unknown[0])
            _insist(lambda: self._circuit.unanswered(self._answers(len(unknown)), words))
        if accepted:
            _insist(lambda: self._circuit.went_well(self._answers(accepted)))

    def _answers(self, messages: int) -> Answers:
        """How many answers so many messages are, at least one, and whether each stands for a whole call."""
        return Answers(-(-messages // self._together), is_call=self._together > 1)

    def _write(self, settled: Sequence[Settled]) -> None:
        _insist(lambda: outcomes.record(self._claim, settled))

    def _stop(self, refused: Sequence[tuple[Row, Result]]) -> None:
        """Addresses that do not exist (RFC 3463 X.1.x): nothing is written there again, by anybody."""
        campaign = self._claim.ledger.campaign
        stopped = [
            Stopped(row.address_hash, {"campaign": campaign, "code": result.code or result.enhanced})
            for row, result in refused
            if result.enhanced.startswith("5.1.") or not result.enhanced
        ]
        if stopped:
            _insist(lambda: _stop_all(stopped))

    def _note_full(self, refused: Sequence[tuple[Row, Result]]) -> None:
        """Mailboxes that take nothing now: of no consequence, until they have done so for weeks."""
        told = [
            (row.key, row.address_hash, result.enhanced, outcomes.answer_of(result))
            for row, result in refused
        ]
        if told:
            account = self._circuit.account
            _insist(lambda: note_refusals(self._claim.ledger, account, told, Channel.EMAIL))


def _stop_all(stopped: Sequence[Stopped]) -> None:
    stop_addresses(
        channel=Channel.EMAIL,
        scope=SuppressionScope.EVERYTHING,
        reason=SuppressionReason.HARD_BOUNCE,
        stopped=stopped,
    )


def _insist(write: Callable[[], object]) -> None:
    """Write what the provider said, waiting for a database that is away; twice changes nothing."""
    for delay in WRITE_AGAIN_AFTER:
        try:
            write()
            return
        except (OperationalError, InterfaceError) as error:
            logger.warning("Results wait for the database (%s)", type(error).__name__)
            connection.close()
            time.sleep(delay)
    write()
