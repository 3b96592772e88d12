"""Warm-up: a new server or sender begins with few messages a day at each family of mailboxes.

Each family makes up its own mind about who writes to it, so each has its own days: those on which messages
left to it. Thirty idle days, and it begins again there. Large families stand for themselves, everybody else
together for one: thousands of small domains are filtered by a few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.dispatch import families
from messaging.dispatch.clock import database_now
from messaging.dispatch.ledger import Key, Row
from messaging.models import ProviderAccount, SenderIdentity, WarmUp

WARM_UP = (
    *(50, 100, 250, 500, 1_000, 2_500, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000, 40_000, 55_000),
    *(70_000, 100_000),
)
"""Messages of each day of a warm-up; afterwards there is none. After SendGrid's schedule."""

IDLE_DAYS = 30
"""Mailboxes have forgotten who wrote nothing for longer: the warm-up begins again."""

OTHERS = "others"
FAMILIES = (*families.KNOWN, OTHERS)
DAY = timedelta(days=1)

SHORTEST_WAIT = 60.0
LONGEST_WAIT = 3_600.0
"""Seconds before what a warm-up holds is asked again: before its day ends, should the settings change."""


class Progress(NamedTuple):
    """One family: the day of the warm-up that today is, and what today still allows.

    `most`: messages in 24 hours; None: the warm-up is over there, and `left` says nothing. `opens_at`: when
    more may leave than at `asked_at`. `is_new_day`: nothing has left to it on `today`.
    """

    family: str
    day: int
    most: int | None
    left: int
    asked_at: datetime
    opens_at: datetime
    is_new_day: bool
    today: date

    @property
    def is_full(self) -> bool:
        return self.most is not None and self.left <= 0

    @property
    def label(self) -> str:
        return label_of(self.family)

    @property
    def wait(self) -> float:
        """Seconds after which what is held should be asked again."""
        seconds = (self.opens_at - self.asked_at).total_seconds()
        return min(LONGEST_WAIT, max(SHORTEST_WAIT, seconds))


def allowed_on(day: int) -> int | None:
    """Messages of a day of the warm-up, the first being 1; None once it is over."""
    return WARM_UP[day - 1] if day <= len(WARM_UP) else None


def day_of(record: WarmUp | None, begins: date, today: date) -> int:
    """Which day of the warm-up today is at one family."""
    if record is None or (today - record.last_on).days > IDLE_DAYS or record.last_on < begins <= today:
        return 1
    return record.days + (record.last_on < today)


def progress_of(who: ProviderAccount | SenderIdentity) -> dict[str, Progress]:
    """Every family by its name; empty for who does not warm up."""
    if who.warm_up_from is None:
        return {}
    now = database_now()
    today = timezone.localdate(now)
    records = {record.family: record for record in _records(who)}
    days = {family: day_of(records.get(family), who.warm_up_from, today) for family in FAMILIES}
    lately = _lately(who, [family for family, day in days.items() if allowed_on(day) is not None])
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    found = {}
    for family, day in days.items():
        most = allowed_on(day)
        sent, first = lately.get(family, (0, now))
        record = records.get(family)
        found[family] = Progress(
            family,
            day,
            most,
            (most or 0) - sent,
            now,
            min(first + DAY, midnight),
            record is None or record.last_on != today,
            today,
        )
    return found


def full_families(who: ProviderAccount | SenderIdentity) -> frozenset[str]:
    """Families to which nothing more may leave now."""
    return frozenset(family for family, one in progress_of(who).items() if one.is_full)


def is_under_way(who: ProviderAccount | SenderIdentity) -> bool:
    """True while it has yet to prove itself at a family that it writes to, or has written to nobody."""
    if who.warm_up_from is None:
        return False
    lately = timezone.localdate(database_now()) - timedelta(days=IDLE_DAYS)
    days = list(_records(who).filter(last_on__gte=lately).values_list("days", flat=True))
    return not days or any(allowed_on(day) is not None for day in days)


def families_of_rows(rows: Sequence[Row]) -> dict[Key, str]:
    """The family of each row, small ones as `OTHERS`; one query."""
    domains = {row.key: families.domain_of(row.address) for row in rows}
    found = families.families_of(domains.values())
    return {key: group_of(found[domain]) for key, domain in domains.items()}


def group_of(family: str) -> str:
    return family if family in families.KNOWN else OTHERS


def label_of(family: str) -> str:
    """The name that people read."""
    return _("other mailboxes") if family == OTHERS else families.label_of(family)


def note_day(who: ProviderAccount | SenderIdentity, progress: Iterable[Progress]) -> None:
    """Write that messages left to these families today; once a day, in the transaction of the hand-over."""
    column = _column(who)
    fresh = [
        WarmUp(**{column: who.pk}, family=one.family, days=one.day, last_on=one.today)
        for one in progress
        if one.is_new_day
    ]
    if fresh:
        WarmUp.objects.bulk_create(
            fresh,
            update_conflicts=True,
            unique_fields=["account", "sender", "family"],
            update_fields=["days", "last_on"],
        )


def _lately(who: ProviderAccount | SenderIdentity, asked: list[str]) -> Mapping[str, tuple[int, datetime]]:
    """Messages of the last 24 hours to each family, and when the first of them left."""
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT family, sum(messages), min(at) FROM messaging_handover WHERE {_column(who)} = %s"  # noqa: S608
            " AND at > now() - interval '1 day' AND family = ANY(%s) GROUP BY 1",
            [who.pk, asked],
        )
        return {family: (int(sent), first) for family, sent, first in cursor.fetchall()}


def _records(who: ProviderAccount | SenderIdentity) -> QuerySet[WarmUp]:
    return WarmUp.objects.filter(**{_column(who): who.pk})


def _column(who: ProviderAccount | SenderIdentity) -> str:
    return "account_id" if isinstance(who, ProviderAccount) else "sender_id"
