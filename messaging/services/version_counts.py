"""How many people get each version of a regional mailing, as the freeze would decide now."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.core.exceptions import EmptyResultSet
from django.db import connection

from contacts.enums import Channel, MessageKind
from contacts.segments.audience import resolve_audience
from messaging.models import Campaign

# The nearest place decides: a department before its region. One that opted out reads the national message,
# which has the number 0, even inside a region with a version. One parameter: the campaign.
OWN_VERSIONS = """
        SELECT DISTINCT ON (a.descendant_id) a.descendant_id AS commune_id,
            CASE WHEN v.opted_out THEN 0 ELSE v.number END AS number
        FROM messaging_campaignvariant v
        JOIN contacts_territoryancestor a ON a.ancestor_id = v.territory_id
        WHERE v.campaign_id = %s
        ORDER BY a.descendant_id, a.depth"""

_COUNT = """
SELECT CASE WHEN targeting THEN number ELSE 0 END, number > 0 AND NOT targeting, count(*)
FROM (
    SELECT DISTINCT ON (e.address_hash) r.targeting, coalesce(own_version.number, 0) AS number
    FROM contacts_contact c
    JOIN contacts_reach r ON r.contact_id = c.id AND r.channel = %s
    JOIN contacts_emailaddress e ON e.id = r.point_id
    LEFT JOIN ({own_versions}) own_version ON own_version.commune_id = c.commune_id
    WHERE c.id IN ({people})
    ORDER BY e.address_hash, c.id
) chosen GROUP BY 1, 2
"""


@dataclass(frozen=True)
class VersionCounts:
    """People by number of version (0: the national message). `without_agreement`: those of version 0 who live
    where there is another one, and have not agreed to be chosen by place."""

    people: dict[int, int] = field(default_factory=dict)
    without_agreement: int = 0


def count_versions(campaign: Campaign) -> VersionCounts:
    """Count exactly, one an address; raises a ContactsError when there is no such audience."""
    channel, kind = Channel(campaign.channel), MessageKind(campaign.kind)
    people = resolve_audience(campaign.audience, channel=channel).reachable(
        channel=channel, kind=kind, scope=campaign.scope
    )
    try:
        sql, parameters = people.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return VersionCounts()
    statement = _COUNT.replace("{own_versions}", OWN_VERSIONS).replace("{people}", sql)
    counted: dict[int, int] = {}
    lacking = 0
    with connection.cursor() as cursor:
        cursor.execute(statement, [channel.value, campaign.pk, *parameters])
        for number, lacks, found in cursor.fetchall():
            counted[number] = counted.get(number, 0) + found
            lacking += found if lacks else 0
    return VersionCounts(counted, lacking)
