"""One month to answer, three at most (Article 12(3) of Regulation (EU) 2016/679)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from contacts.models import PersonRequest

MONTHS, MONTHS_EXTENDED = 1, 3
REMINDED_AFTER = (15, 25, 28)
"""Days after the arrival; once extended, as many days before its end as these are before a month's."""
A_MONTH = 30


def due(received: date, *, months: int = MONTHS) -> date:
    """The same day of a later month, or the last one of a shorter month."""
    years, month = divmod(received.month - 1 + months, 12)
    year, month = received.year + years, month + 1
    return date(year, month, min(received.day, monthrange(year, month)[1]))


def reminder_days(request: PersonRequest, received: date) -> list[date]:
    """The days on which the team is reminded; the last is the first day on which it is too late."""
    if request.extended_at is None:
        days = [received + timedelta(days=after) for after in REMINDED_AFTER]
    else:
        days = [request.due_on - timedelta(days=A_MONTH - after) for after in REMINDED_AFTER]
    return [*days, request.due_on + timedelta(days=1)]
