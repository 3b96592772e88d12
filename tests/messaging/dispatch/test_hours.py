"""Text messages and calls wait for the hours of the place where each person lives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import AreaTime, RuleChange, Source
from messaging.dispatch.gate import hand_over
from messaging.dispatch.ledger import Ledger, claim
from messaging.enums import DeliveryState
from messaging.models import Campaign, Delivery
from tests.messaging.dispatch.conftest import start
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def texts() -> Campaign:
    """A mailing of text messages to two people, one of them in Réunion."""
    make_people(2)
    campaign = start(make_campaign())
    Campaign.objects.filter(pk=campaign.pk).update(channel="sms")
    Source.objects.update(channels=["email", "sms"])
    first = Delivery.objects.order_by("contact_id").first()
    assert first is not None
    Delivery.objects.filter(contact_id=first.contact_id).update(department="974")
    return campaign


def handed(campaign: Campaign) -> set[str]:
    """Departments of those whose message is handed over now."""
    held = claim(Ledger(campaign.ledger_month, campaign.pk), limit=100)
    keys = hand_over(held, [row.key for row in held.rows], account=1, seconds=60)
    people = [key.contact for key in keys]
    return set(Delivery.objects.filter(contact_id__in=people).values_list("department", flat=True))


def close(*areas: str) -> None:
    """Today, yesterday and tomorrow are holidays there, and nowhere else."""
    today = timezone.now().date()
    days = [today + timedelta(days=number) for number in (-1, 0, 1)]
    AreaTime.objects.update(holidays=[], zones=_noon_zone())
    AreaTime.objects.filter(area__in=areas).update(holidays=days)


def _noon_zone() -> list[str]:
    """A zone where it is about noon now, so that only the day decides; none has Sunday everywhere else."""
    offset = 12 - timezone.now().hour
    return [f"Etc/GMT{-offset:+d}"]


def no_sunday() -> bool:
    offset = 12 - timezone.now().hour
    return (timezone.now() + timedelta(hours=offset)).weekday() != 6


def test_on_a_holiday_of_the_place_a_text_waits_for_the_next_morning(texts: Campaign) -> None:
    close("974")
    expected = {""} if no_sunday() else set()
    assert handed(texts) == expected
    waiting = Delivery.objects.get(department="974")
    assert (waiting.state, waiting.answer) == (
        DeliveryState.QUEUED,
        "Waits for the hours of text messages and calls",
    )
    assert timezone.now() + timedelta(hours=12) < waiting.due_at < timezone.now() + timedelta(days=4)


def test_without_hours_written_down_nothing_leaves(texts: Campaign) -> None:
    AreaTime.objects.all().delete()
    assert handed(texts) == set()


def test_e_mails_and_answers_do_not_wait(texts: Campaign) -> None:
    close("", "974")
    Campaign.objects.filter(pk=texts.pk).update(kind="service")
    assert handed(texts) == {"", "974"}


def test_e_mail_has_no_hours(texts: Campaign) -> None:
    close("", "974")
    Campaign.objects.filter(pk=texts.pk).update(channel="email")
    assert handed(texts) == {"", "974"}


def test_whoever_answers_for_data_protection_may_switch_the_rule_off(texts: Campaign) -> None:
    close("", "974")
    RuleChange.objects.create(rule="hours", severity="off", figure=20, reason="A test of the field")
    assert handed(texts) == {"", "974"}
