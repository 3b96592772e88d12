"""An installation that counts no opens and clicks: what is said, what is kept, and what is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.models import AuditEntry, Organisation, User
from campaign_crm.platform.rights import Role
from messaging.content.tokens import PersonalMark, sign_message
from tests.messaging.views.conftest import make_sent
from tracking.enums import Metric
from tracking.ingest import consumer
from tracking.ingest.hits import new_hit
from tracking.models import CampaignCounter, Interaction

pytestmark = pytest.mark.django_db
PAGE = "/settings/opens-and-clicks/"


@pytest.fixture
def signed_in() -> Callable[[str], Client]:
    def make(role: str) -> Client:
        client = Client()
        member = User.objects.create_user(email=f"{role}@example.org", role=role, language="en")
        client.force_login(member)
        return client

    return make


def test_an_administrator_switches_counting_with_a_reason_and_nobody_else(signed_in) -> None:
    boss, director = signed_in(Role.ADMINISTRATOR), signed_in(Role.DIRECTOR)
    off = {"turn": "off", "reason": "Decided by the board."}
    assert (director.get(PAGE).status_code, director.post(PAGE, off).status_code) == (403, 403)
    assert boss.post(PAGE, {"turn": "off"}).context["form"].errors.keys() == {"reason"}
    assert Organisation.current().counting_enabled
    assert "their links lead straight to their pages" in boss.get(PAGE).text
    for _time in range(2):
        assert boss.post(PAGE, off)["Location"] == PAGE
    assert not Organisation.current().counting_enabled
    assert "Count opens and clicks again" in boss.get(PAGE).text
    (entry,) = AuditEntry.objects.filter(action="organisation.counting_off")
    assert (entry.reason, entry.fields) == (off["reason"], ["counting_enabled"])


def test_links_of_earlier_messages_bring_nothing_and_the_report_says_so(signed_in) -> None:
    reader, before, after = signed_in(Role.READ_ONLY), make_sent(["accepted"]), make_sent(["accepted"])
    CampaignCounter.objects.create(campaign=before, metric=Metric.UNIQUE_OPENS, delta=1)
    Organisation.objects.update(counting_enabled=False)
    token = sign_message(PersonalMark(before.ledger_month, before.pk, 1))
    consumer.store([new_hit(token=token, user_agent="Mozilla/5.0 Firefox/140.0")])
    assert not Interaction.objects.exists()
    pages = [
        " ".join(reader.get(reverse("tracking:campaign_report", args=[campaign.pk])).text.split())
        for campaign in (before, after)
    ]
    assert "these opens and clicks are those of before" in pages[0]
    assert ">Opened<" in pages[0]
    assert "This installation counts no opens and clicks. What was delivered" in pages[1]
    assert ">Opened<" not in pages[1]
