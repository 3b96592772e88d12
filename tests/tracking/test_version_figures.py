"""The report by version, of regions or of a test: own figures, small ones together, nothing to subtract."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.database import ensure_partition
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import TerritoryKind
from contacts.models import Territory
from messaging.models import Campaign, CampaignVariant, Delivery, Experiment
from messaging.models.experiment import UNDECIDED
from tracking.enums import HitClass, InteractionKind
from tracking.models import Interaction
from tracking.selectors import campaign_report
from tracking.services.departures import Recipient, note_departure, note_return

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


MONTH = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


def regional(campaign: Campaign, **sizes: int) -> Campaign:
    """A version for each region named, with so many recipients; `national` gets none of its own."""
    ensure_partition("messaging_delivery", MONTH.isoformat())
    person = 0
    for number, (name, size) in enumerate(sizes.items()):
        if number:
            where = Territory.objects.create(kind=TerritoryKind.REGION, code=f"{number:02}", name=name)
            CampaignVariant.objects.create(campaign=campaign, number=number, label=name, territory=where)
        Delivery.objects.bulk_create(
            Delivery(
                ledger_month=MONTH,
                campaign=campaign,
                contact_id=person + index,
                occasion="",
                state="failed" if index == 0 else "bounced" if index == 1 else "accepted",
                address=f"{person + index}@example.org",
                address_hash=(person + index).to_bytes(32, "big"),
                variant=number,
                department="60",
            )
            for index in range(size)
        )
        person += size
    Campaign.objects.filter(pk=campaign.pk).update(audience_count=person)
    campaign.refresh_from_db()
    return campaign


def click(campaign: Campaign, variant: int, **fields: Any) -> None:
    ensure_partition("tracking_interaction", timezone.now().strftime("%Y-%m-01"))
    Interaction.objects.bulk_create(
        [
            Interaction(
                at=timezone.now(),
                event_id=uuid.uuid4(),
                kind=InteractionKind.CLICK,
                campaign=campaign,
                ledger_month=MONTH,
                variant=variant,
                **({"hit_class": HitClass.HUMAN} | fields),
            )
        ]
    )


def lines(campaign: Campaign) -> list[tuple[Any, ...]]:
    return [
        (line.name, line.sent, line.delivered, line.clicked, line.unsubscribed)
        for line in campaign_report(campaign).versions
    ]


def test_each_version_has_its_own_figures(campaign: Campaign) -> None:
    regional(campaign, national=12, Bretagne=20, Corse=15)
    for visitor in (1, 1, 2):  # one message twice, another once
        click(campaign, 1, visitor=visitor)
    click(campaign, 1, contact_id=15)
    click(campaign, 2, visitor=3, hit_class=HitClass.SCANNER)
    for contact in (13, 14, 40):
        note_departure(Recipient(campaign.pk, MONTH, contact), {})
    note_return(Recipient(campaign.pk, MONTH, 14), {})
    assert lines(campaign) == [
        ("Bretagne", 19, 18, 3, 1),
        ("Corse", 14, 13, 0, 1),
        ("National message", 11, 10, 0, 0),
    ]


def test_small_versions_are_told_together(campaign: Campaign) -> None:
    regional(campaign, national=30, Bretagne=20, Corse=9, Normandie=4)
    click(campaign, 2, visitor=1)
    assert [line[0] for line in lines(campaign)] == [
        "Bretagne",
        "National message",
        "Small versions together",
    ]
    assert lines(campaign)[-1] == ("Small versions together", 11, 9, 1, 0)


def test_the_smallest_version_joins_a_cell_that_could_be_worked_out(campaign: Campaign) -> None:
    regional(campaign, national=30, Bretagne=20, Corse=3)
    assert [(line[0], line[1]) for line in lines(campaign)] == [
        ("National message", 29),
        ("Small versions together", 21),
    ]


def test_a_regional_mailing_is_not_told_by_department_too(campaign: Campaign) -> None:
    Territory.objects.create(kind=TerritoryKind.DEPARTMENT, code="60", name="Oise")
    regional(campaign, national=12, Bretagne=12)
    assert campaign_report(campaign).territories == []


def with_test(campaign: Campaign) -> Campaign:
    """Version A to 30 people, version B to 20 others, and 10 who wait for the result of the test."""
    regional(campaign, national=50)
    CampaignVariant.objects.create(campaign=campaign, number=1, label="B", subject="B")
    Delivery.objects.of_campaign(campaign).filter(contact_id__gte=30).update(variant=1)
    Delivery.objects.bulk_create(
        Delivery(
            ledger_month=MONTH,
            campaign=campaign,
            contact_id=person,
            occasion="",
            state="queued",
            address=f"{person}@example.org",
            address_hash=person.to_bytes(32, "big"),
            variant=UNDECIDED,
        )
        for person in range(50, 60)
    )
    return campaign


def test_versions_of_a_test_have_letters_and_leave_out_who_waits(campaign: Campaign) -> None:
    Territory.objects.create(kind=TerritoryKind.DEPARTMENT, code="60", name="Oise")
    with_test(campaign)
    click(campaign, 1, visitor=1)
    assert lines(campaign) == [("Version A", 29, 28, 0, 0), ("Version B", 20, 20, 1, 0)]
    assert [line.code for line in campaign_report(campaign).territories] == ["60"]


def test_versions_of_a_test_are_in_the_page_and_in_the_api(campaign: Campaign) -> None:
    client = Client()
    client.force_login(User.objects.create_user(email="r@example.org", role=Role.READ_ONLY, language="en"))
    with_test(campaign)
    page = client.get(reverse("tracking:campaign_report", args=[campaign.pk])).content.decode()
    assert "By version" in page
    assert "Version B" in page
    assert "By region" not in page
    url = reverse("api:report", args=[campaign.pk])
    assert client.get(url).json()["test"] is None
    figures = {"number": 0, "recipients": 30, "reached": 28, "goal": 2, "unsubscribed": 1, "complained": 0}
    now = timezone.now()
    Experiment.objects.create(
        campaign=campaign, looked_at=now, decided_at=now, outcome="none", chosen=0, figures=[figures]
    )
    report = client.get(url).json()
    assert [(one["number"], one["name"], one["delivered"]) for one in report["versions"]] == [
        (0, "Version A", 28),
        (1, "Version B", 20),
    ]
    test = report["test"]
    assert (test["outcome"], test["chosen"], test["figures"]) == ("none", 0, [figures])


def test_the_page_shows_it(campaign: Campaign) -> None:
    client = Client()
    client.force_login(User.objects.create_user(email="r@example.org", role=Role.READ_ONLY, language="en"))
    regional(campaign, national=12, Bretagne=20)
    page = client.get(reverse("tracking:campaign_report", args=[campaign.pk])).content.decode()
    assert "By region" in page
    assert "Bretagne" in page
    assert "By department" not in page
