"""What a test of versions is reckoned to show, from the last mailings or an assumed share."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from contacts.registry import registry
from messaging.enums import CampaignState
from messaging.models import Experiment
from messaging.services.experiment_plan import ASSUMED_SHARE, plan_of, usual_share
from tests.messaging.people import make_campaign

pytestmark = pytest.mark.django_db


def test_recipients_are_shared_evenly_and_the_others_wait() -> None:
    plan = plan_of(Experiment(sample_percent=20), versions=3, recipients=1000)
    assert plan is not None
    assert (plan.each, plan.others, plan.usual, plan.is_assumed) == (66, 800, ASSUMED_SHARE, True)


def test_a_larger_test_shows_a_smaller_difference() -> None:
    plans = [
        plan_of(Experiment(sample_percent=20), versions=2, recipients=number) for number in (2_000, 200_000)
    ]
    assert plans[0] is not None
    assert plans[1] is not None
    assert plans[0].least > plans[1].least > ASSUMED_SHARE


@pytest.mark.parametrize(("versions", "recipients"), [(1, 1000), (2, 0)])
def test_nothing_to_compare_has_no_plan(versions: int, recipients: int) -> None:
    assert plan_of(Experiment(), versions=versions, recipients=recipients) is None


def test_the_usual_share_is_that_of_mailings_that_were_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def clicked(ids: list[int]) -> dict[int, dict[str, int]]:
        return {pk: {"clicked": 30} for pk in ids}

    monkeypatch.setattr(registry, "campaign_figures", {"test": clicked})
    fields: dict[str, Any] = {"state": CampaignState.SENT, "audience_count": 500, "sender": None}
    make_campaign(**fields, state_counts={"accepted": 150, "bounced": 50})
    assert usual_share() is None  # too few to say anything
    make_campaign(**fields, state_counts={"accepted": 300, "delivered": 150})
    make_campaign(**fields, state_counts={"accepted": 900}, tracking=False)
    make_campaign(**fields, state_counts={"accepted": 900}, finished_at=timezone.now())  # still being read
    assert usual_share() == 0.1
