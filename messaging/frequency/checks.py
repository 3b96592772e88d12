"""Asked at hand-over: would this message be one too many for its recipient?"""

from __future__ import annotations

import zlib

from django.utils.translation import gettext_noop

from contacts.registry import HandOverCheck

RECEIVED_STATES = "'handed', 'accepted', 'delivered', 'unknown'"
"""States of a message that the person has, or may have."""

LONGEST_DRAFT = "13 months"
"""Partitions are named by the month in which a mailing was begun: older ones are not looked into."""

TOLERANCE = "12 hours"
"""A weekly letter that leaves a little earlier in the day than the last one is still a weekly letter."""


def received_since(person: str, since: str, channel: str = "") -> str:
    """SQL of the political messages that a person got since a moment; `channel`: SQL, empty for all."""
    narrowed = f"AND q.channel = {channel}" if channel else ""
    return f"""FROM messaging_delivery p JOIN messaging_campaign q ON q.id = p.campaign_id
        WHERE p.contact_id = {person} AND p.ledger_month > (now() - interval '{LONGEST_DRAFT}')::date
            AND p.handed_at > {since} AND p.state IN ({RECEIVED_STATES})
            AND q.kind = 'political' {narrowed}"""


_WEEK = "now() - interval '7 days'"

# Two mailings may come to the same person at the same instant, and neither sees the other's intent before it
# is committed: where somebody counts and several are under way, their hand-overs go one after the other.
ONE_AFTER_THE_OTHER = f"""
SELECT pg_advisory_xact_lock({zlib.crc32(b"messaging.frequency")})
WHERE (EXISTS (SELECT FROM contacts_chosenfrequency) OR EXISTS (SELECT FROM messaging_frequencycap))
    AND EXISTS (
        SELECT FROM messaging_campaign
        WHERE state = 'sending' AND kind = 'political' OFFSET 1)
"""  # noqa: S608 - our own text

# Most organisations have no cap, and nobody chose: this is seen once a batch, and no message is counted.
CHECKS = {
    "chosen_frequency": HandOverCheck(
        90,
        "suppressed",
        f"""EXISTS (SELECT FROM contacts_chosenfrequency) AND c.kind = 'political' AND (
            SELECT true FROM contacts_chosenfrequency f
            WHERE f.contact_id = d.contact_id AND f.channel = c.channel AND EXISTS (
                SELECT {
            received_since(
                "d.contact_id",
                f"now() - make_interval(days => f.days) + interval '{TOLERANCE}'",
                "c.channel",
            )
        }) LIMIT 1)""",  # noqa: S608 - our own text
        gettext_noop("The person asked for fewer messages"),
    ),
    "frequency_cap": HandOverCheck(
        92,
        "suppressed",
        f"""EXISTS (SELECT FROM messaging_frequencycap) AND c.kind = 'political' AND d.contact_id <> 0 AND (
            (SELECT true FROM messaging_frequencycap f WHERE f.channel = c.channel AND f.per_week <= (
                SELECT count(*) {received_since("d.contact_id", _WEEK, "c.channel")}))
            OR (SELECT true FROM messaging_frequencycap f WHERE f.channel = '' AND f.per_week <= (
                SELECT count(*) {received_since("d.contact_id", _WEEK)})))""",  # noqa: S608 - our own text
        gettext_noop("They have received enough messages this week"),
    ),
}
