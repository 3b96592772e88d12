"""A mailing with versions to test, and what people did with them, told by a count of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from contacts.registry import CampaignGoal, registry
from messaging.models import Campaign, Experiment
from messaging.services import experiments
from tests.messaging.dispatch.conftest import pump as pump
from tests.messaging.dispatch.conftest import shared_sink as shared_sink
from tests.messaging.dispatch.conftest import sink as sink
from tests.messaging.people import make_campaign, make_officer
from tests.support.smtp_sink import SmtpSink

Did = Callable[..., None]


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def did(monkeypatch: pytest.MonkeyPatch) -> Did:
    """`did(goal={1: 12}, left={1: 5})`: people by number of version."""
    goal: dict[int, int] = {}
    left: dict[int, int] = {}
    monkeypatch.setitem(registry.campaign_goals, "clicks", CampaignGoal("Clicks", lambda _pk, _month: goal))
    monkeypatch.setattr(registry, "version_departures", {"test": lambda _pk, _month: left})

    def tell(**counts: dict[int, int]) -> None:
        goal.update(counts.get("goal", {}))
        left.update(counts.get("left", {}))

    return tell


def make_tested(
    sink: SmtpSink | None = None, *, versions: int = 2, settings: dict[str, Any] | None = None, **fields: Any
) -> Campaign:
    """A complete mailing whose versions differ by subject: A, B, C…"""
    campaign = make_campaign(sink, **({"subject": "Subject A"} | fields))
    given = {"sample_percent": 50, "wait_hours": 4, "goal": "clicks", "if_none": "first"} | (settings or {})
    by = make_officer()
    experiments.set_test(campaign=campaign, revision=0, by=by, **given)
    for _more in range(versions - 1):
        variant = experiments.add_variant(campaign=campaign, by=by)
        subject = f"Subject {variant.label}"
        experiments.save_variant(campaign=campaign, number=variant.number, revision=1, by=by, subject=subject)
    return campaign


def hours_pass(campaign: Campaign, hours: int = 5) -> None:
    """As if its sample had been sent so long ago."""
    before = timezone.now() - timedelta(hours=hours)
    assert (
        Experiment.objects.filter(campaign=campaign)
        .exclude(sample_sent_at=None)
        .update(sample_sent_at=before)
    )
