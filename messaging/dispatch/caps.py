"""How many messages an account or a sender may hand over in an hour and in a day, counted in the ledger.

Every batch leaves a row in `HandOver`, in the transaction of its intent: the counts outlive Redis. Whoever
has a cap is asked under a lock of its own, so that workers together never pass it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_noop

from messaging.dispatch.intervals import wilson_lower
from messaging.models import CampaignWatch, HandOver, ProviderAccount, SenderIdentity

WARM_UP = (
    *(50, 100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 40_000, 55_000),
    *(70_000, 100_000),
)
"""Messages of each day of a warm-up; afterwards there is none. After SendGrid's schedule."""

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

    `held`: messages of the last batch that a cap left behind. Service messages count and are never held: a
    mailing must not use up what confirmations need.
    """

    account: ProviderAccount
    sender: SenderIdentity
    is_service: bool = False
    held: int = 0

    def room(self, wanted: int) -> int:
        allowed = wanted if self.is_service else room(self.account, self.sender, wanted)
        self.held = wanted - allowed
        return allowed

    def write(self, messages: int) -> None:
        write(self.account.pk, self.sender.pk, messages)


def windows_of(who: ProviderAccount | SenderIdentity, today: date) -> list[Window]:
    """The caps of an account or a sender today."""
    found = []
    per_hour = who.per_hour if isinstance(who, ProviderAccount) else None
    if per_hour is not None:
        found.append(Window(3_600, per_hour, HOUR_FULL))
    if who.per_day is not None:
        found.append(Window(86_400, who.per_day, DAY_FULL))
    if (warm := warm_up_of(who.warm_up_from, today)) is not None:
        found.append(Window(86_400, warm, WARM_UP_FULL))
    return found


def warm_up_of(begins: date | None, today: date) -> int | None:
    """Messages that a warm-up allows today; None without one, or once it is over."""
    if begins is None:
        return None
    day = max(0, (today - begins).days)
    return WARM_UP[day] if day < len(WARM_UP) else None


def room(account: ProviderAccount, sender: SenderIdentity, wanted: int) -> int:
    """How many of `wanted` messages may be handed over now, by the caps of both.

    In the transaction of the hand-over: what has a cap is held until its end, account before sender.
    """
    today = timezone.localdate()
    for column, who in (("account_id", account), ("sender_id", sender)):
        windows = windows_of(who, today)
        if not windows:
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(f"messaging.caps.{column}.{who.pk}".encode())]
            )
        wanted = min([wanted, *(window.most - _left_in(column, who.pk, window) for window in windows)])
    return max(0, wanted)


def write(account: int, sender: int, messages: int) -> None:
    """Keep what was handed over; in the same transaction."""
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_handover (account_id, sender_id, messages) VALUES (%s, %s, %s)",
            [account, sender, messages],
        )


def full() -> Full:
    """Everybody who has come to a cap, or whose warm-up has stopped."""
    today = timezone.localdate()
    accounts = _full("account_id", ProviderAccount.objects.filter(is_active=True), today)
    senders = _full("sender_id", SenderIdentity.objects.filter(is_active=True), today)
    return Full(accounts, senders)


def purge() -> None:
    """Forget batches that no window counts any more."""
    HandOver.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()


def _full(column: str, everybody: Iterable[ProviderAccount | SenderIdentity], today: date) -> dict[int, str]:
    found = {}
    for who in everybody:
        for window in windows_of(who, today):
            if _left_in(column, who.pk, window) >= window.most:
                found[who.pk] = window.why
        if warm_up_of(who.warm_up_from, today) is not None and _returns_too_many(column, who.pk):
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
