"""When the messages of measured people were handed over: what comes back within seconds is a robot's.

Nobody's mark holds that minute itself (`tracking.ingest.hits`); a person's delivery is read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import connection

from messaging.content.tokens import PersonalMark
from tracking.ingest.hits import Understood, with_seconds
from tracking.ingest.signals import SECONDS_KEPT

_HANDED = f"""
SELECT d.ledger_month, d.campaign_id, given.contact, d.handed_at
FROM json_to_recordset(%s) AS given (month date, campaign bigint, contact bigint)
JOIN LATERAL (
    SELECT own.ledger_month, own.campaign_id, own.handed_at FROM messaging_delivery own
    WHERE own.ledger_month = given.month AND own.campaign_id = given.campaign
          AND own.contact_id = given.contact AND own.occasion = '' LIMIT 1
) d ON d.handed_at > %s::timestamptz - interval '{SECONDS_KEPT} seconds'
"""  # noqa: S608 - our own numbers


def with_moments(understood: Sequence[Understood]) -> list[Understood]:
    """The same hits, those of measured people with the seconds since their message was handed over."""
    handed = _handed(understood)
    return [
        replace(one, signals=with_seconds(one.signals, since=since, at=one.hit.at))
        if isinstance(one.mark, PersonalMark)
        and (since := handed.get((one.mark.ledger_month, one.mark.campaign, one.mark.contact)))
        else one
        for one in understood
    ]


def _handed(understood: Sequence[Understood]) -> dict[tuple[object, int, int], datetime]:
    marks = {
        (one.mark.ledger_month, one.mark.campaign, one.mark.contact)
        for one in understood
        if isinstance(one.mark, PersonalMark) and not one.mark.occasion
    }
    if not marks:
        return {}
    asked = [
        {"month": month.isoformat(), "campaign": campaign, "contact": contact}
        for month, campaign, contact in marks
    ]
    earliest = min(one.hit.at for one in understood)
    with connection.cursor() as cursor:
        cursor.execute(_HANDED, [json.dumps(asked), earliest])
        return {(month, campaign, contact): at for month, campaign, contact, at in cursor.fetchall()}
