"""Deltas of counters into one row a counter: a large mailing adds thousands a minute."""

from __future__ import annotations

from django.db import connection, transaction

_SCATTERED = """
SELECT DISTINCT campaign_id FROM (
    SELECT campaign_id FROM tracking_campaigncounter
    GROUP BY campaign_id, metric, link_number, department HAVING count(*) > 1
) AS counter
"""
# One statement: whoever reads meanwhile sees the deltas or their sum, never both, and new deltas stay.
_FOLD = """
WITH gone AS (
    DELETE FROM tracking_campaigncounter WHERE campaign_id = %s
    RETURNING campaign_id, metric, link_number, department, delta, at
)
INSERT INTO tracking_campaigncounter (campaign_id, metric, link_number, department, delta, at)
SELECT campaign_id, metric, link_number, department, sum(delta), max(at)
FROM gone GROUP BY campaign_id, metric, link_number, department
"""


def fold_counters() -> int:
    """Sum the deltas of each campaign that has several of one counter; returns how many campaigns."""
    with connection.cursor() as cursor:
        cursor.execute(_SCATTERED)
        campaigns = [pk for (pk,) in cursor.fetchall()]
    for campaign in campaigns:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_FOLD, [campaign])
    return len(campaigns)
