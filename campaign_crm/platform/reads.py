"""What is read of people: openings of a record, pages of lists, and what leaves by the API.

An opening is kept once a member, record and day. Pages and answers of the API are counted as they leave and
become one line an hour of the journal, for each key and member (`journal_tallies`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaign_crm.platform.limits import is_within
from campaign_crm.platform.models import ApiKey, ReadTally, RecordRead, User
from campaign_crm.platform.rights import Right

HOUR = 3600
PAGES_AN_HOUR = 60  # of a list of people, after its first, for who may take nobody out: 3,000 people
PAGES_AN_HOUR_OF_EXPORTERS = 600


class TooManyPages(PermissionDenied):
    """More of a list than somebody who works with people needs in an hour."""

    def __init__(self) -> None:
        super().__init__(
            _("You have turned many pages of people in an hour. Search or filter, or come back later.")
        )


def note_opened(*, object_type: str, object_id: int, by: User) -> None:
    """Note that a member opened a record: one statement, which does nothing the second time that day."""
    row = RecordRead(object_type=object_type, object_id=object_id, member=by, day=datetime.now(UTC).date())
    RecordRead.objects.bulk_create([row], ignore_conflicts=True)


def openings_of(object_type: str, ids: Collection[int]) -> QuerySet[RecordRead]:
    """Who opened a record and when, newest first."""
    found = RecordRead.objects.filter(object_type=object_type, object_id__in=ids)
    return found.select_related("member").order_by("-at", "-id")


def check_turning(user: User) -> None:
    """Count one more page of a list of people; raises TooManyPages."""
    at_most = PAGES_AN_HOUR_OF_EXPORTERS if user.has_right(Right.EXPORT_PEOPLE) else PAGES_AN_HOUR
    if not is_within("pages-of-people", str(user.pk), at_most=at_most, seconds=HOUR):
        raise TooManyPages


def tally(*, people: int, member: User | None = None, key: ApiKey | None = None) -> None:
    """Count people who left by the API, or on a further page of a list."""
    if people:
        row = ReadTally(people=people, member=member, key=key)
        ReadTally.objects.bulk_create([row], ignore_conflicts=True)  # reads nothing back: a scope may not


_JOURNALED = """
WITH gone AS (
    DELETE FROM platform_readtally WHERE at < date_trunc('hour', now())
    RETURNING date_trunc('hour', at) AS since, member_id, key_id, people
)
INSERT INTO platform_auditentry (action, object_type, object_id, actor_id, fields, detail, reason)
SELECT 'people.read',
       CASE WHEN key_id IS NULL THEN 'platform.user' ELSE 'platform.apikey' END,
       coalesce(key_id, member_id)::text, member_id, '[]',
       jsonb_build_object('since', to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"'),
                          'times', count(*), 'people', sum(people)),
       ''
  FROM gone GROUP BY key_id, member_id, since
"""


@transaction.atomic
def journal_tallies() -> int:
    """Put what was read in the hours that are over into the journal; returns how many lines."""
    with connection.cursor() as cursor:
        cursor.execute(_JOURNALED)
        return int(cursor.rowcount)
