"""What people received in the last seven days, and who would be held back from one message more."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet
from django.db import connection

from contacts.enums import Channel, MessageKind
from contacts.segments.audience import resolve_audience
from messaging.frequency.checks import LONGEST_DRAFT, RECEIVED_STATES, TOLERANCE
from messaging.models import Campaign
from messaging.models.frequency_cap import EVERY_CHANNEL, WARN_FROM, FrequencyCap

# Only mailings that handed something over lately are read: the primary key begins with month and mailing.
_RECEIVED = f"""
WITH received AS MATERIALIZED (
    SELECT p.contact_id, q.channel, count(*) AS messages
    FROM messaging_campaign q JOIN messaging_delivery p
        ON p.ledger_month = q.ledger_month AND p.campaign_id = q.id
    WHERE q.kind = 'political' AND q.started_at IS NOT NULL
        AND (q.finished_at IS NULL OR q.finished_at > now() - interval '7 days')
        AND p.handed_at > now() - interval '7 days' AND p.state IN ({RECEIVED_STATES}) AND p.contact_id <> 0
    GROUP BY 1, 2
)
"""  # noqa: S608 - our own text

_FIGURES = f"""{_RECEIVED}
SELECT channel, count(*), avg(messages)::float8, percentile_disc(0.95) WITHIN GROUP (ORDER BY messages),
    max(messages), count(*) FILTER (WHERE messages >= (%(warn)s::jsonb ->> channel)::int)
FROM received GROUP BY channel ORDER BY channel
"""  # noqa: S608 - our own text

_HELD_BACK = f"""{_RECEIVED}, totals AS (
    SELECT contact_id, coalesce(sum(messages) FILTER (WHERE channel = %(channel)s), 0) AS here,
        sum(messages) AS everywhere
    FROM received GROUP BY contact_id
)
SELECT count(*) FILTER (WHERE chose), count(*) FILTER (WHERE NOT chose AND capped)
FROM (
    SELECT coalesce(t.here >= %(cap)s OR t.everywhere >= %(cap_of_all)s, false) AS capped,
        EXISTS (
            SELECT FROM contacts_chosenfrequency f
            WHERE f.contact_id = person.id AND f.channel = %(channel)s AND EXISTS (
                SELECT FROM messaging_delivery p JOIN messaging_campaign q ON q.id = p.campaign_id
                WHERE p.contact_id = person.id
                    AND p.ledger_month > (now() - interval '{LONGEST_DRAFT}')::date
                    AND p.handed_at > now() - make_interval(days => f.days) + interval '{TOLERANCE}'
                    AND p.state IN ({RECEIVED_STATES}) AND q.kind = 'political' AND q.channel = %(channel)s
            )) AS chose
    FROM contacts_contact person LEFT JOIN totals t ON t.contact_id = person.id
    WHERE person.id IN (SELECT id FROM (__PEOPLE__) people)
) asked
"""  # noqa: S608 - our own text


@dataclass(frozen=True, slots=True)
class Received:
    """Political messages a person got in the last seven days on one channel, of people who got any.

    `often`: people at or above the number from which a warning is shown (`WARN_FROM`).
    """

    channel: Channel
    people: int
    mean: float
    centile_95: int
    most: int
    often: int
    warn_from: int | None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """People of an audience to whom one message more would not leave now."""

    by_choice: int = 0
    by_cap: int = 0

    @property
    def total(self) -> int:
        return self.by_choice + self.by_cap


def received_lately() -> list[Received]:
    """One line a channel on which anything political was sent in the last seven days."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"warn": json.dumps(WARN_FROM)})
        return [
            Received(Channel(channel), people, mean, centile, most, often, WARN_FROM.get(channel))
            for channel, people, mean, centile, most, often in cursor.fetchall()
        ]


def caps() -> dict[str, int]:
    """The caps that are set, by channel; `EVERY_CHANNEL` for all together."""
    return dict(FrequencyCap.objects.values_list("channel", "per_week"))


def held_back(campaign: Campaign) -> HeldBack:
    """Who of its audience has had enough, as the gate would judge now. Service messages hold nobody back.

    Raises a ContactsError when there is no such audience.
    """
    kind, channel = MessageKind(campaign.kind), Channel(campaign.channel)
    if kind != MessageKind.POLITICAL:
        return HeldBack()
    audience = resolve_audience(campaign.audience, channel=channel)
    people = audience.reachable(channel=channel, kind=kind, scope=campaign.scope)
    try:
        sql, parameters = people.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return HeldBack()
    limits = caps()
    named = {f"own_{number}": value for number, value in enumerate(parameters)}
    inside = sql % tuple(f"%({name})s" for name in named)
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD_BACK.replace("__PEOPLE__", inside),
            {
                "channel": channel.value,
                "cap": limits.get(channel.value),
                "cap_of_all": limits.get(EVERY_CHANNEL),
                **named,
            },
        )
        by_choice, by_cap = cursor.fetchone()
    return HeldBack(by_choice, by_cap)
