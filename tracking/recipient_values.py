"""What people did, as dispatch may use it for those who agreed: how engaged they are, and at which hour.

Each is SQL of rows (contact_id, value), of human hits alone.
"""

from __future__ import annotations

from django.conf import settings

ENGAGEMENT = """
SELECT contact_id, sum(CASE kind WHEN 'click' THEN 3 ELSE 1 END) AS value FROM tracking_interaction
WHERE contact_id IS NOT NULL AND kind IN ('open', 'click') AND hit_class = 'human'
    AND at > now() - interval '90 days'
GROUP BY contact_id
"""
"""Clicks and opens of the last 90 days; a click says three times as much."""

CLICKS_FOR_AN_HOUR = 3

BEST_HOUR = f"""
SELECT contact_id,
    mode() WITHIN GROUP (ORDER BY extract(hour FROM at AT TIME ZONE '{settings.TIME_ZONE}')) AS value
FROM tracking_interaction
WHERE contact_id IS NOT NULL AND kind = 'click' AND hit_class = 'human' AND at > now() - interval '180 days'
GROUP BY contact_id HAVING count(*) >= {CLICKS_FOR_AN_HOUR}
"""  # noqa: S608 - our own text
"""The hour of the day at which somebody clicked most often in half a year, if they clicked three times."""
