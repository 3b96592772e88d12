"""Service messages that left while the silence before a vote held: an entry of the journal for each mailing.

Counted once the silence is over everywhere, by the hour at which each message was handed over: nothing is
written or asked while messages leave.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from campaign_crm.platform import audit
from campaign_crm.platform.models import AuditEntry
from contacts.models import SilenceWindow
from contacts.rules.silence import windows_sql
from messaging.models import Campaign
from messaging.models.campaign import TEST_PREFIX

ACTION = "silence.exempt"
LOOKED_BACK = timedelta(days=7)
"""Silences that ended longer ago have been counted, or nobody ran the product then."""

_LEFT = """SELECT c.id, count(*)
FROM messaging_campaign c
JOIN messaging_delivery d ON d.ledger_month = c.ledger_month AND d.campaign_id = c.id
WHERE c.kind = 'service' AND NOT c.standing_for ^@ %(tests)s
    AND c.ledger_month >= date_trunc('month', %(begins)s - interval '3 months')
    AND d.handed_at >= %(begins)s AND d.handed_at < %(ends)s
    AND EXISTS (SELECT {windows} AND w.round_id = %(round)s)
GROUP BY c.id ORDER BY c.id"""


def journal_exemptions() -> int:
    """Write what left during the silences that have ended; returns how many entries."""
    now = timezone.now()
    ended = SilenceWindow.objects.values("round").annotate(last=Max("ends_at"))
    written = 0
    for row in ended.filter(last__lt=now, last__gte=now - LOOKED_BACK):
        written += _journal(row["round"])
    return written


@transaction.atomic
def _journal(round_id: int) -> int:
    windows = SilenceWindow.objects.filter(round=round_id).select_related("round__election")
    election = windows[0].round.election
    noted = AuditEntry.objects.filter(action=ACTION, at__gte=min(one.begins_at for one in windows))
    done = {entry["object_id"] for entry in noted.filter(detail__round=round_id).values("object_id")}
    with connection.cursor() as cursor:
        cursor.execute(
            _LEFT.replace("{windows}", "true " + windows_sql("d", now="d.handed_at")),
            {
                "tests": TEST_PREFIX,
                "begins": min(one.begins_at for one in windows),
                "ends": max(one.ends_at for one in windows),
                "round": round_id,
            },
        )
        left = {campaign: number for campaign, number in cursor.fetchall() if str(campaign) not in done}
    for campaign in Campaign.objects.filter(pk__in=left).order_by("pk"):
        detail = {"messages": left[campaign.pk], "round": round_id, "election": election.name}
        audit.record(action=ACTION, on=campaign, by=None, detail=detail)
    return len(left)
