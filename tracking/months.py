"""Months of opens, clicks, acts and deliveries: made ahead, and dropped whole at the end of their term.

The database refuses a month that is younger than the shortest term (`partitions_dropped.sql`). Counters stay:
reports of mailings tell their sums as long as the mailings are there.
"""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError, connection, transaction

from campaign_crm.platform import audit
from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import Organisation
from contacts.retention.rules import months_by_kind_and_relationship

logger = logging.getLogger(__name__)

INTERACTIONS, DELIVERIES = "tracking_interaction", "messaging_delivery"
AHEAD = timedelta(days=7)
SHORTEST = 36  # months of interactions
PROOF = 84  # months of deliveries: seven years (Regulation (EU) 2024/900, art. 9 and 12)

_MONTHS = """
SELECT to_date(right(inhrelid::regclass::text, 8), '"y"YYYY"m"MM') FROM pg_inherits
WHERE inhparent = %s::regclass ORDER BY 1
"""


def make_months_ahead() -> None:
    """Make the partitions of a month before its first row.

    Making one locks the whole table for a moment: behind a long report, everybody would wait at midnight.
    """
    for table in (INTERACTIONS, DELIVERIES):
        for moment in (datetime.now(UTC), datetime.now(UTC) + AHEAD):
            ensure_partition(table, moment.strftime("%Y-%m-01"))


def drop_months(today: date) -> list[tuple[str, date]]:
    """Drop what is past its term, each month with a line in the journal; returns which.

    A month that somebody reads just now is left for the next time.
    """
    dropped = []
    for table, months in ((INTERACTIONS, interactions_kept()), (DELIVERIES, PROOF)):
        for month in _months_of(table):
            if _months_after(month, months + 1) <= today and _drop(table, month):
                dropped.append((table, month))
    return dropped


def interactions_kept() -> int:
    """Months: as long as any rule of the last sign of life looks back, so that no sign is forgotten early."""
    terms = [term.months for term in months_by_kind_and_relationship() if term.months is not None]
    return max([SHORTEST, *terms])


def _drop(table: str, month: date) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT crm_drop_partition(%s, %s)", [table, month])
            if not cursor.fetchone()[0]:
                return False
            detail = {"table": table, "month": month.isoformat()}
            audit.record(action="retention.month", on=Organisation.current(), by=None, detail=detail)
    except DatabaseError as error:
        logger.warning("Month %s of %s stays (%s)", month, table, type(error).__name__)
        return False
    return True


def _months_of(table: str) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(_MONTHS, [table])
        return [month for (month,) in cursor.fetchall()]


def _months_after(month: date, months: int) -> date:
    years, number = divmod(month.month - 1 + months, 12)
    return date(month.year + years, number + 1, 1)
