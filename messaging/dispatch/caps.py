"""How many messages an account or a sender may hand over in an hour and in a day, counted in the ledger.

Every batch leaves a row in `HandOver`, in the transaction of its intent: the counts outlive Redis. Whoever
has a cap is asked under a lock of its own, so that workers together never pass it.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from messaging.dispatch import warm_up
from messaging.dispatch.intervals import wilson_lower
from messaging.dispatch.ledger import Claim, Key
from messaging.dispatch.warm_up import OTHERS, Progress
from messaging.models import CampaignWatch, HandOver, ProviderAccount, SenderIdentity

WARM_UP_BOUNCES = 0.03
"""A warm-up stops while more of its messages than that are returned."""

WARM_UP_AT_LEAST = 50  # accepted messages before returns say anything
BOUNCES_COUNT_FOR = timedelta(days=7)
KEPT_FOR = timedelta(days=3)

HOUR_FULL = gettext_noop("Its messages of this hour have left")
DAY_FULL = gettext_noop("Its messages of these 24 hours have left")
WARM_UP_FULL = gettext_noop("Its messages of this day of the warm-up have left")
WARM_UP_STOPPED = gettext_noop("Its warm-up has stopped: too many messages were returned")


class Window(NamedTuple):
    """At most `most` messages in any `seconds`; `why`: what to say when they have left."""

    seconds: int
    most: int
    why: str


@dataclass(frozen=True)
class Full:
    """Accounts and senders that may hand over nothing now, each with the reason (an English msgid)."""

    accounts: dict[int, str]
    senders: dict[int, str]


@dataclass
class Book:
    """What one chunk may hand over by an account, asked and written with each batch's intent.

    `held`: messages of the last batch that a cap left behind; `late`: those that a warm-up holds at their
    family, each with the seconds to wait. Service messages count and are never held: a mailing must not use
    up what confirmations need. A service mailing is a mailing here.
    """

    account: ProviderAccount
    sender: SenderIdentity
    is_service: bool = False
    held: int = 0
    late: list[tuple[Key, float]] = field(default_factory=list)
    _families: Mapping[Key, str] = field(default_factory=dict)
    _progress: list[tuple[ProviderAccount | SenderIdentity, dict[str, Progress]]] = field(
        default_factory=list
    )

    def begin(self, claim: Claim) -> list[tuple[Key, float]]:
        """Learn to whom a chunk goes, where somebody warms up; what surely waits, with the seconds."""
        if self.is_service or not any(who.warm_up_from for who in self._both):
            return []
        self._families = warm_up.families_of_rows(claim.rows)
        self._progress = [(who, warm_up.progress_of(who)) for who in self._both]
        waits = ((key, self._wait_of(family)) for key, family in self._families.items())
        return [(key, wait) for key, wait in waits if wait is not None]

    def choose(self, keys: Sequence[Key]) -> list[Key]:
        """Those that may be handed over now, by the caps of both.

        In the transaction of the hand-over: who has a cap is held until its end, account before sender.
        """
        self.held, self.late = 0, []
        if self.is_service:
            return list(keys)
        allowed = min(_room(who, len(keys)) for who in self._both)
        if self._families:
            self._progress = [(who, warm_up.progress_of(who)) for who in self._both]
        else:
            self.held = max(0, len(keys) - allowed)
            return list(keys[:allowed])
        taken: Counter[str] = Counter()
        chosen: list[Key] = []
        for key in keys:
            family = self._families.get(key, OTHERS)
            wait = self._wait_of(family, beyond=taken[family])
            if wait is not None:
                self.late.append((key, wait))
            elif len(chosen) < allowed:
                chosen.append(key)
                taken[family] += 1
        self.held = len(keys) - len(chosen) - len(self.late)
        return chosen

    def write(self, keys: Collection[Key]) -> None:
        """Keep what was handed over; in the same transaction."""
        if not self._families:
            write(self.account.pk, self.sender.pk, len(keys))
            return
        counts = Counter(self._families.get(key, OTHERS) for key in keys)
        for who, progress in self._progress:
            warm_up.note_day(who, [progress[family] for family in counts if family in progress])
        counted = {
            family
            for _who, progress in self._progress
            for family, one in progress.items()
            if one.most is not None
        }
        for family in counted & counts.keys():
            write(self.account.pk, self.sender.pk, counts.pop(family), family)
        write(self.account.pk, self.sender.pk, counts.total())

    @property
    def _both(self) -> tuple[ProviderAccount | SenderIdentity, ...]:
        return (self.account, self.sender)

    def _wait_of(self, family: str, *, beyond: int = 0) -> float | None:
        """Seconds until more may leave to a family, `beyond` messages of it apart; None: it may now."""
        full = [
            progress[family].wait
            for _who, progress in self._progress
            if family in progress
            and progress[family].most is not None
            and progress[family].left - beyond <= 0
        ]
        return max(full, default=None)


def windows_of(who: ProviderAccount | SenderIdentity) -> list[Window]:
    """The caps of an account or a sender."""
    found = []
    per_hour = who.per_hour if isinstance(who, ProviderAccount) else None
    if per_hour is not None:
        found.append(Window(3_600, per_hour, HOUR_FULL))
    if who.per_day is not None:
        found.append(Window(86_400, who.per_day, DAY_FULL))
    return found


def write(account: int, sender: int, messages: int, family: str = "") -> None:
    """Keep what was handed over; in the same transaction."""
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_handover (account_id, sender_id, messages, family)"
            " VALUES (%s, %s, %s, %s)",
            [account, sender, messages, family],
        )


def full() -> Full:
    """Everybody who has come to a cap, or whose warm-up has stopped."""
    accounts = _full("account_id", ProviderAccount.objects.filter(is_active=True))
    senders = _full("sender_id", SenderIdentity.objects.filter(is_active=True))
    return Full(accounts, senders)


def purge() -> None:
    """Forget batches that no window counts any more."""
    HandOver.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()


def _room(who: ProviderAccount | SenderIdentity, wanted: int) -> int:
    """How many of `wanted` messages its windows allow; whoever has a cap is locked."""
    windows = windows_of(who)
    if not windows and who.warm_up_from is None:
        return wanted
    column = "account_id" if isinstance(who, ProviderAccount) else "sender_id"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(f"messaging.caps.{column}.{who.pk}".encode())]
        )
    return max(0, min([wanted, *(window.most - _left_in(column, who.pk, window) for window in windows)]))


def _full(column: str, everybody: Iterable[ProviderAccount | SenderIdentity]) -> dict[int, str]:
    found = {}
    for who in everybody:
        for window in windows_of(who):
            if _left_in(column, who.pk, window) >= window.most:
                found[who.pk] = window.why
        if who.warm_up_from is None:
            continue
        if all(one.is_full for one in warm_up.progress_of(who).values()):
            found[who.pk] = WARM_UP_FULL
        if warm_up.is_under_way(who) and _returns_too_many(column, who.pk):
            found[who.pk] = WARM_UP_STOPPED
    return found


def _left_in(column: str, pk: int, window: Window) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(messages), 0) FROM messaging_handover WHERE {column} = %s"  # noqa: S608
            " AND at > now() - make_interval(secs => %s)",
            [pk, window.seconds],
        )
        return int(cursor.fetchone()[0])


def _returns_too_many(column: str, pk: int) -> bool:
    """By the mailings counted within `BOUNCES_COUNT_FOR`."""
    watches = CampaignWatch.objects.filter(counted_at__gt=timezone.now() - BOUNCES_COUNT_FOR)
    if column == "sender_id":
        watches = watches.filter(campaign__sender=pk)
    accepted = bounced = 0
    for told in watches.values_list("accounts", flat=True):
        for account, counts in told.items():
            if column == "sender_id" or account == str(pk):
                accepted += counts["accepted"]
                bounced += counts["bounced"]
    return accepted >= WARM_UP_AT_LEAST and wilson_lower(bounced, accepted) > WARM_UP_BOUNCES
