"""What came back of each version of a test so far: the figures that it is decided by."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import connection

from campaign_crm.platform.caching import remembered
from contacts.registry import registry
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery, Experiment
from messaging.models.experiment import UNDECIDED

REACHED = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.COMPLAINED)
"""Messages that a way out took and nobody returned: what every share is a share of."""

WAITING = (DeliveryState.QUEUED, DeliveryState.RETRY_WAIT)
KEPT_SECONDS = 2

_SENT = """
SELECT variant, count(*), count(*) FILTER (WHERE state = ANY(%(reached)s)),
    count(*) FILTER (WHERE state = 'complained')
FROM messaging_delivery
WHERE ledger_month = %(month)s AND campaign_id = %(campaign)s AND variant <> %(undecided)s
GROUP BY variant
"""


@dataclass(frozen=True)
class VersionFigures:
    """One version in people: `number` 0 is the mailing itself. `goal`: those who did what the test counts."""

    number: int
    recipients: int
    reached: int
    goal: int
    unsubscribed: int
    complained: int

    @property
    def share(self) -> float:
        """Of those reached, who did what is counted; from 0 to 1."""
        return self.goal / self.reached if self.reached else 0.0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


def count_versions_so_far(campaign: Campaign, experiment: Experiment) -> list[VersionFigures]:
    """One entry a version in the test, by number; those who wait for the result are in none."""
    month = campaign.ledger_month
    reached_by = [state.value for state in REACHED]
    with connection.cursor() as cursor:
        cursor.execute(
            _SENT,
            {"month": month, "campaign": campaign.pk, "undecided": UNDECIDED, "reached": reached_by},
        )
        sent = {number: counts for number, *counts in cursor.fetchall()}
    goal = registry.campaign_goals[experiment.goal].count(campaign.pk, month)
    left: dict[int, int] = {}
    for count in registry.version_departures.values():
        for number, people in count(campaign.pk, month).items():
            left[number] = left.get(number, 0) + people
    found = []
    for number in numbers_of(campaign):
        recipients, reached, complained = sent.get(number, (0, 0, 0))
        # Who acted on a message that was called uncertain has it: nobody acts more often than once.
        of_version = (min(goal.get(number, 0), reached), min(left.get(number, 0), reached), complained)
        found.append(VersionFigures(number, recipients, reached, *of_version))
    return found


def waiting_for_test(campaign: Campaign) -> int:
    """Recipients who wait for the result of its test; some seconds old."""
    if not Experiment.objects.filter(campaign=campaign, sample_percent__lt=100).exists():
        return 0
    waiting = Delivery.objects.of_campaign(campaign).filter(variant=UNDECIDED, state__in=WAITING)
    return remembered(f"test-waits:{campaign.pk}", seconds=KEPT_SECONDS, compute=waiting.count)


def others_wait(campaign: Campaign) -> bool:
    """Whether anybody waits for the result: a few recipients may all be in the test, or have left since."""
    return Delivery.objects.of_campaign(campaign).filter(variant=UNDECIDED, state__in=WAITING).exists()


def numbers_of(campaign: Campaign) -> list[int]:
    """Numbers of the versions in its test: the mailing itself first."""
    tested = campaign.variants.tested().order_by("number")
    return [0, *tested.values_list("number", flat=True)]
