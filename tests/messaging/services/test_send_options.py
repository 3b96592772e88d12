"""Every option of a send says what it makes of the audience in law."""

from __future__ import annotations

import pytest
from django.utils import timezone

from contacts.enums import TargetingClass
from contacts.segments.audience import resolve_audience
from messaging.forms.campaigns import SendForm
from messaging.models import Campaign
from messaging.services import send_options
from messaging.services.pre_send import pre_send
from messaging.services.send_options import SEND_OPTIONS, is_targeted, options_of
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db


def test_every_option_that_a_send_offers_declares_its_class() -> None:
    assert set(SendForm.base_fields) <= set(SEND_OPTIONS)
    used = options_of(Campaign(scheduled_at=timezone.now(), send_until=timezone.now()))
    assert set(used) <= set(SEND_OPTIONS)
    assert set(SEND_OPTIONS.values()) <= set(TargetingClass)


def test_an_option_that_chooses_people_makes_the_mailing_targeted(monkeypatch: pytest.MonkeyPatch) -> None:
    make_people(1)
    campaign = make_campaign(audience={"type": "everyone"}, send_until=timezone.now())
    assert not pre_send(campaign).targeted
    chooses = {**SEND_OPTIONS, "send_until": TargetingClass.CRITERION}
    monkeypatch.setattr(send_options, "SEND_OPTIONS", chooses)
    assert is_targeted(campaign, resolve_audience(campaign.audience))
    assert pre_send(campaign).targeted
