"""What keeps a test of versions from leaving."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations

from django.utils import timezone
from django.utils.translation import gettext as _

from campaign_crm.platform.models import Organisation
from contacts.registry import registry
from messaging.models import Campaign, Experiment
from messaging.services.experiment_sides import Side, sides_of, test_of


def faults_of_test(campaign: Campaign, *, recipients: int) -> Iterator[str]:
    """Everything that must be mended in its test first; nothing without one.

    `campaign.scheduled_at`, where it is set, is when it leaves. A version that cannot be drawn is told with
    the others (`pre_send`).
    """
    test = test_of(campaign)
    if test is None:
        return
    sides = sides_of(campaign)
    if len(sides) < 2:
        yield _("The test has no version beside A: add one, or take the test away.")
    yield from _alike(sides)
    if 0 < recipients < len(sides):
        yield _("There are fewer recipients than versions.")
    goal = registry.campaign_goals.get(test.goal)
    if goal is None:
        yield _("Nothing called “%(goal)s” is counted: choose another goal.") % {"goal": test.goal}
    elif goal.by_links and not campaign.tracking:
        yield _("The test is decided by clicks, and this mailing does not count them.")
    elif goal.by_links and not Organisation.current().counting_enabled:
        yield _("The test is decided by clicks, and this installation does not count them.")
    if (
        test.has_others
        and campaign.send_until is not None
        and campaign.send_until <= _looked_at(campaign, test)
    ):
        yield _("The others would get it too late: its last hour comes before the look at the test.")


def _alike(sides: list[Side]) -> Iterator[str]:
    for one, other in combinations(sides, 2):
        if one.differs_by == other.differs_by:
            yield _("Versions %(one)s and %(other)s are the same: change one, or take it away.") % {
                "one": one.letter,
                "other": other.letter,
            }


def _looked_at(campaign: Campaign, test: Experiment) -> datetime:
    """The earliest moment at which its test is looked at."""
    leaves = max(timezone.now(), campaign.scheduled_at or timezone.now())
    return leaves + timedelta(hours=test.wait_hours)
