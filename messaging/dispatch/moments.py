"""In which order and when each recipient is due: engaged first, at their local time, at their own hour.

What is known of a person decides only for those who agreed to it; the others leave in the order of the base,
at the moment of the mailing, and nobody is left out. What people do is known above (`tracking`), which
registers it as `recipient_values`: SQL of rows (contact_id, value).
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from contacts.registry import registry
from contacts.territories.zones import OVERSEAS
from messaging.enums import Moment
from messaging.models import Campaign

EARLIEST = timedelta(hours=13)
"""How much earlier a day begins where it begins first: Wallis and Futuna, beside mainland France."""

_LOCAL = """(moment.at AT TIME ZONE '{zone}') AT TIME ZONE
    (CASE {cases} ELSE '{zone}' END)"""

# The next time that their hour comes, counted from when the mailing leaves: within a day.
_BEST_HOUR = """moment.at + make_interval(hours => mod(
    hour_of.value::int - extract(hour FROM moment.at AT TIME ZONE '{zone}')::int + 24, 24))"""


def ordering(campaign: Campaign) -> str:
    """SQL of what recipients are ordered by before their number, read from `engaged`; the highest first."""
    return (
        "CASE WHEN r.targeting THEN coalesce(engaged.value, 0) ELSE 0 END" if campaign.engaged_first else "0"
    )


def step(campaign: Campaign) -> str:
    """SQL added to the moment of each row, so that rows are claimed in their order; empty without one."""
    return " + frozen.position * interval '1 microsecond'" if campaign.engaged_first else ""


def due(campaign: Campaign) -> str:
    """SQL of the moment at which a recipient is due, from `moment.at`; null: when the mailing leaves."""
    match campaign.moment:
        case Moment.LOCAL_TIME:
            cases = " ".join(
                f"WHEN place.department = '{code}' THEN '{zone}'" for code, zone in OVERSEAS.items()
            )
            # Where the hour has passed already, at once; everybody else not before the mailing itself.
            own = _LOCAL.format(zone=settings.TIME_ZONE, cases=cases)
            return f"CASE WHEN r.targeting THEN {own} ELSE moment.at END"
        case Moment.BEST_HOUR:
            own = _BEST_HOUR.format(zone=settings.TIME_ZONE)
            return f"CASE WHEN r.targeting AND r.measurement AND hour_of.value IS NOT NULL THEN {own} END"
        case _:
            return "NULL::timestamptz"


def values_joined(campaign: Campaign) -> str:
    """SQL that joins what `ordering` and `due` read, and nothing else."""
    joins = []
    if campaign.engaged_first:
        joins.append(
            f"LEFT JOIN ({registry.recipient_values['engagement']}) engaged ON engaged.contact_id = c.id"
        )
    if campaign.moment == Moment.BEST_HOUR:
        joins.append(
            f"LEFT JOIN ({registry.recipient_values['best_hour']}) hour_of ON hour_of.contact_id = c.id"
        )
    return "\n".join(joins)
