"""Giving the others the version that was chosen: a parked row takes its number, and is due as before."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from messaging.enums import CampaignState, Moment
from messaging.models import Campaign, CampaignWatch, Experiment
from messaging.models.experiment import UNDECIDED

CHUNK = 10_000
"""Rows a statement. The choice is committed before: whoever is killed here leaves the rest to the next."""

_RELEASE = """
WITH found AS (
    SELECT ctid AS place FROM messaging_delivery
    WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND variant = %(undecided)s
        AND state IN ('queued', 'retry_wait')
    LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE messaging_delivery d SET variant = %(chosen)s, due_at = {due} FROM found
WHERE d.ledger_month = %(month)s AND d.ctid = found.place AND d.variant = %(undecided)s
    AND d.state IN ('queued', 'retry_wait')
"""

# A mailing that leaves at an hour of each person keeps to it: the next time that it comes.
_SAME_HOUR = """due_at + make_interval(days => greatest(0,
    ceil(extract(epoch FROM now() - due_at) / 86400))::int)"""


def release_chosen() -> int:
    """Let go whoever waits in a test that is decided; returns how many. Also those who came back since."""
    released = 0
    under_way = Experiment.objects.filter(
        chosen__isnull=False, campaign__state__in=[CampaignState.SENDING, CampaignState.PAUSED]
    )
    for test in under_way.select_related("campaign"):
        released += release(test.campaign, test.chosen or 0)
    return released


def release(campaign: Campaign, chosen: int) -> int:
    """Give everybody who waits this version; returns how many."""
    statement = _RELEASE.replace("{due}", _SAME_HOUR if campaign.moment != Moment.TOGETHER else "due_at")
    values: dict[str, Any] = {
        "month": campaign.ledger_month,
        "campaign": campaign.pk,
        "undecided": UNDECIDED,
        "chosen": chosen,
        "limit": CHUNK,
    }
    released = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            if not cursor.rowcount:
                break
            released += cursor.rowcount
    if released:  # the hours of the wait were no standstill
        CampaignWatch.objects.filter(campaign=campaign).update(progressed_at=Now(), told_at=None)
    return released
