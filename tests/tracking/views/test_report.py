"""The report of a mailing, as its page asks for it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from messaging.models import Link
from tests.messaging.people import make_campaign
from tests.messaging.views.conftest import make_sent
from tracking.enums import Metric
from tracking.models import CampaignCounter

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Client:
    client = Client()
    client.force_login(
        User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    )
    return client


def test_report_tells_people_from_robots_and_named_from_nameless(reader: Client) -> None:
    campaign = make_sent(["accepted"] * 12)
    Link.objects.create(campaign=campaign, number=1, url="https://example.org/rally", label="I come")
    for metric, link, number in (
        (Metric.UNIQUE_OPENS, None, 6),
        (Metric.UNIQUE_CLICKS, None, 3),
        (Metric.CLICKS, 1, 4),
        (Metric.PROXY_OPENS, None, 5),
        (Metric.SET_ASIDE, None, 9),
        (Metric.UNSUBSCRIBES, None, 1),
    ):
        CampaignCounter.objects.create(campaign=campaign, metric=metric, link_number=link, delta=number)
    answer = reader.get(reverse("tracking:campaign_report", args=[campaign.pk]))
    shown = " ".join(answer.content.decode().split())
    assert "0 readers agreed to be measured by name; counted without a name: 12." in shown
    assert "Privacy proxies (Gmail, Apple) fetched 5 messages" in shown
    assert "9 hits are set aside." in shown
    assert "50% of the delivered" in shown
    assert "I come" in shown
    assert "Others and unknown" in shown


def test_report_of_a_mailing_that_counts_nothing_says_so(reader: Client) -> None:
    campaign = make_sent(["accepted"], tracking=False)
    shown = reader.get(reverse("tracking:campaign_report", args=[campaign.pk])).content.decode()
    assert "are not counted" in shown
    assert "Clicks by link" not in shown


def test_page_of_the_mailing_asks_for_its_report(reader: Client) -> None:
    campaign = make_sent(["accepted"])
    url = reverse("tracking:campaign_report", args=[campaign.pk])
    assert f'hx-get="{url}"' in reader.get(reverse("messaging:campaign", args=[campaign.pk])).content.decode()


def test_service_messages_have_no_report(reader: Client) -> None:
    standing = make_campaign(standing_for="confirmation:fr", state="sending")
    assert reader.get(reverse("tracking:campaign_report", args=[standing.pk])).status_code == 404
