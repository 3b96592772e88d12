"""What a test of versions will be able to show, reckoned before anybody is written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db.models.functions import Now

from contacts.registry import registry
from messaging.enums import CampaignState, DeliveryState
from messaging.experiments.figures import REACHED
from messaging.experiments.verdict import least_shown
from messaging.models import Campaign, Experiment

ASSUMED_SHARE = 0.03
"""Of the readers, who click: taken while no mailing has been measured."""

LOOKED_BACK = 10  # mailings
READ_WITHIN = timedelta(days=1)  # what left since is still being read
FEWEST_MEASURED = 200
"""People who got those mailings: fewer say nothing about the next one."""


@dataclass(frozen=True)
class Plan:
    """A test in people: `each` version's (the fewest), and the `others` who wait. Shares from 0 to 1.

    `usual`: who clicks in a version like the last mailings, or assumed (`is_assumed`). `least`: the smallest
    share of a version that is found to be better than such others, four times in five.
    """

    each: int
    others: int
    usual: float
    least: float
    is_assumed: bool

    @property
    def is_small(self) -> bool:
        """Whether a version must do twice as well as usual to be found."""
        return self.least >= 2 * self.usual


def plan_of(test: Experiment, *, versions: int, recipients: int) -> Plan | None:
    """The plan of a test with so many versions and recipients; None where there is nothing to compare."""
    if versions < 2 or not recipients:
        return None
    in_test = max(ceil(recipients * test.sample_percent / 100), versions)
    each = in_test // versions
    usual = usual_share()
    share = usual if usual is not None else ASSUMED_SHARE
    lead = least_shown(each, share, versions=versions)
    return Plan(each, max(0, recipients - in_test), share, share + lead, usual is None)


def usual_share() -> float | None:
    """People who clicked of those reached by the last mailings; None where too few were."""
    sent = Campaign.objects.mailings().filter(state=CampaignState.SENT, tracking=True)
    sent = sent.exclude(finished_at__gt=Now() - READ_WITHIN)
    counted = dict(sent.order_by("-pk").values_list("pk", "state_counts")[:LOOKED_BACK])
    reached = sum(counts.get(state, 0) for counts in counted.values() for state in map(_value, REACHED))
    if reached < FEWEST_MEASURED:
        return None
    clicked: int = 0
    for figures in registry.campaign_figures.values():
        clicked += sum(found.get("clicked", 0) for found in figures(list(counted)).values())
    return float(min(1.0, clicked / reached))


def _value(state: DeliveryState) -> str:
    return state.value
