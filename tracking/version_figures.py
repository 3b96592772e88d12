"""What came back of each version of a mailing, by territory or of a test; small ones are told together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.utils.translation import gettext as _

from campaign_crm.platform.caching import remembered
from messaging.enums import DeliveryState
from messaging.models import Campaign, CampaignVariant
from messaging.models.experiment import UNDECIDED
from messaging.services.experiment_sides import letter_of
from tracking.cells import large_cells

DELIVERED = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.COMPLAINED)
SENT = (*DELIVERED, DeliveryState.BOUNCED, DeliveryState.UNKNOWN, DeliveryState.ABANDONED)
KEPT_SECONDS = 15
NATIONAL, OTHERS = 0, -1

# People by what they did: clicks by a person are of the one named, or of one message; robots are set aside.
# Whoever left and came back is not counted: what they did last decides (`services.departures`).
_CLICKED = """
SELECT variant, count(DISTINCT (contact_id, visitor)) FROM tracking_interaction
WHERE campaign_id = %(campaign)s AND kind = 'click' AND hit_class = 'human'
    AND at >= %(month)s::date - interval '1 day' AND (contact_id IS NOT NULL OR visitor IS NOT NULL)
GROUP BY variant
"""
_LEFT = """
SELECT d.variant, count(*)
FROM (
    SELECT DISTINCT ON (contact_id) contact_id, kind FROM tracking_interaction
    WHERE campaign_id = %(campaign)s AND kind IN ('unsubscribe', 'preferences') AND contact_id IS NOT NULL
        AND at >= %(month)s::date - interval '1 day'
    ORDER BY contact_id, at DESC
) last
JOIN messaging_delivery d ON d.ledger_month = %(month)s AND d.campaign_id = %(campaign)s
    AND d.contact_id = last.contact_id AND d.occasion = ''
WHERE last.kind = 'unsubscribe' GROUP BY d.variant
"""


@dataclass(frozen=True)
class VersionLine:
    """One version in messages and people.

    `number`: NATIONAL for the mailing itself, OTHERS for the small ones told together; `sender`: the name
    that readers saw, empty for those.
    """

    number: int
    name: str
    sender: str
    recipients: int
    sent: int
    delivered: int
    clicked: int
    unsubscribed: int


def version_lines(campaign: Campaign, states: Mapping[int, Mapping[str, int]]) -> list[VersionLine]:
    """One line a version of `SMALLEST_CELL` recipients or more; empty without versions.

    Of a test in the order of its letters, without those who wait for the result; of territories, most
    recipients first. `states`: recipients by number of version and state, from the ledger.
    """
    variants = list(campaign.variants.select_related("sender").defer("compiled"))
    if not variants:
        return []
    states = {number: by_state for number, by_state in states.items() if number != UNDECIDED}
    names = _names(campaign, variants)
    recipients = {number: sum(by_state.values()) for number, by_state in states.items()}
    shown = large_cells(recipients, set(recipients))
    clicked, left = _done(campaign)
    cells: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for number, by_state in states.items():
        cell = cells[number if number in shown else OTHERS]
        cell[0] += recipients[number]
        cell[1] += sum(by_state.get(state, 0) for state in SENT)
        cell[2] += sum(by_state.get(state, 0) for state in DELIVERED)
        cell[3] += clicked.get(number, 0)
        cell[4] += left.get(number, 0)
    lines = [VersionLine(number, *names[number], *cell) for number, cell in cells.items() if number in names]
    if variants[0].territory_id is None:
        return sorted(lines, key=lambda line: (line.number == OTHERS, line.number))
    return sorted(lines, key=lambda line: (line.number < 1, -line.recipients, line.name))


def _names(campaign: Campaign, variants: Sequence[CampaignVariant]) -> dict[int, tuple[str, str]]:
    """What each version is called, and the name it is sent by, by its number."""
    is_test = variants[0].territory_id is None  # a mailing has one kind or the other
    sender = campaign.sender.from_name if campaign.sender else ""
    first = _lettered(letter_of(NATIONAL)) if is_test else _("National message")
    names = {NATIONAL: (first, sender), OTHERS: (_("Small versions together"), "")}
    for version in variants:
        name = _lettered(letter_of(version.number)) if is_test else version.label
        names[version.number] = (name, version.sender.from_name if version.sender else sender)
    return names


def _lettered(letter: str) -> str:
    return _("Version %(version)s") % {"version": letter}


def _done(campaign: Campaign) -> tuple[dict[int, int], dict[int, int]]:
    """People who clicked and people who left, by number of version; some seconds old."""
    clicked, left = remembered(
        f"report-versions-{campaign.pk}", seconds=KEPT_SECONDS, compute=lambda: _count(campaign)
    )
    return dict(clicked), dict(left)


def _count(campaign: Campaign) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    of = (campaign.pk, campaign.ledger_month)
    return list(clicked_by_version(*of).items()), list(left_by_version(*of).items())


def clicked_by_version(campaign_id: int, ledger_month: date) -> dict[int, int]:
    """People who clicked, by number of version: each once, named or not; robots set aside."""
    return _by_version(_CLICKED, campaign_id, ledger_month)


def left_by_version(campaign_id: int, ledger_month: date) -> dict[int, int]:
    """People who unsubscribed because of this mailing and have not come back, by number of version."""
    return _by_version(_LEFT, campaign_id, ledger_month)


def _by_version(statement: str, campaign_id: int, ledger_month: date) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"campaign": campaign_id, "month": ledger_month})
        return dict(cursor.fetchall())
