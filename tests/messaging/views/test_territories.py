"""Territories of a mailing: the table, the page where one writes, and what the page before sending counts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.enums import TerritoryKind
from contacts.models import Territory
from messaging.enums import CampaignState
from messaging.models import Campaign, CampaignVariant
from messaging.services.variants import revision_of
from tests.messaging.dispatch.test_variants import live_in, place
from tests.messaging.people import make_campaign, make_people

pytestmark = pytest.mark.django_db
LOCKED = {"id": "a", "type": "text", "html": "<p>National words</p>", "align": "left"}
OPEN = {"id": "b", "type": "text", "html": "<p>Near you</p>", "align": "left", "open": True}


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign(blocks=[LOCKED, OPEN])


@pytest.fixture
def region(db: None) -> Territory:
    return place("32", TerritoryKind.REGION)


@pytest.fixture
def oise(region: Territory) -> Territory:
    return place("60", TerritoryKind.DEPARTMENT, region)


def at(page: str, campaign: Campaign, territory: Territory, *more: str) -> str:
    return reverse(f"messaging:version_{page}", args=[campaign.pk, territory.pk, *more])


def table(client: Client, campaign: Campaign, show: str = "") -> dict[str, str]:
    url = reverse("messaging:campaign_territories", args=[campaign.pk])
    return {row.territory.code: row.state for row in client.get(url, {"show": show}).context["rows"]}


def save(client: Client, campaign: Campaign, territory: Territory, revision: int = 0, **content: Any) -> Any:
    whole = {"sender": "", "subject": "", "preview_text": "", "opted_out": False, "blocks": [OPEN]} | content
    return client.post(
        at("save", campaign, territory),
        json.dumps({"revision": revision, "content": whole}),
        content_type="application/json",
    )


def test_the_table_says_what_people_of_each_place_read(
    officer: Client, campaign: Campaign, region: Territory, oise: Territory
) -> None:
    somme = place("80", TerritoryKind.DEPARTMENT, region)
    place("93", TerritoryKind.REGION)
    assert table(officer, campaign) == {"32": "missing", "93": "missing"}
    CampaignVariant.objects.create(campaign=campaign, number=1, label="Region", territory=region)
    CampaignVariant.objects.create(
        campaign=campaign, number=2, label="Somme", territory=somme, opted_out=True
    )
    assert table(officer, campaign) == {"32": "own", "93": "missing"}
    assert table(officer, campaign, "departments") == {oise.code: "above", "80": "opted_out"}
    assert table(officer, campaign, "own") == {"32": "own", "80": "opted_out"}


def test_the_table_asks_as_much_for_three_as_for_one(officer: Client, campaign: Campaign) -> None:
    url = reverse("messaging:campaign_territories", args=[campaign.pk])
    asked = []
    for codes in (("01",), ("02", "03")):
        for code in codes:
            where = place(code, TerritoryKind.REGION)
            number = campaign.variants.count() + 1
            CampaignVariant.objects.create(campaign=campaign, number=number, label=code, territory=where)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            officer.get(url)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_the_composer_of_a_territory_holds_its_local_blocks_only(
    officer: Client, campaign: Campaign, region: Territory
) -> None:
    data = officer.get(at("compose", campaign, region)).context["data"]
    assert data["content"]["blocks"] == [OPEN]
    assert (data["fixed"], data["national"], data["revision"]) == (True, {"b": OPEN}, 0)


def test_what_is_written_is_saved_and_previewed_in_the_whole_message(
    officer: Client, campaign: Campaign, region: Territory
) -> None:
    mine = {**OPEN, "html": "<p>In Lille</p>"}
    assert save(officer, campaign, region, blocks=[mine], subject="  Lille ").json()["revision"] == 1
    version = campaign.variants.get()
    assert (version.replaced, version.subject) == ({"b": mine}, "Lille")
    shown = officer.get(at("preview", campaign, region)).content.decode()
    assert "National words" in shown
    assert "In Lille" in shown
    assert officer.get(at("check", campaign, region)).json()["inbox"]["subject"] == "Lille"
    assert save(officer, campaign, region, 1, blocks=[mine], opted_out=True).status_code == 200
    assert "In Lille" not in officer.get(at("preview", campaign, region)).content.decode()


def test_a_forged_request_changes_no_locked_block(
    officer: Client, campaign: Campaign, region: Territory
) -> None:
    answer = save(officer, campaign, region, blocks=[OPEN, {**LOCKED, "html": "<p>Mine</p>"}])
    assert answer.status_code == 400
    assert "Only local blocks" in answer.json()["message"]
    assert not campaign.variants.exists()


def test_somebody_else_saved_meanwhile(officer: Client, campaign: Campaign, region: Territory) -> None:
    save(officer, campaign, region, subject="First")
    answer = save(officer, campaign, region, 0, subject="Second")
    assert answer.status_code == 409
    assert (answer.json()["revision"], answer.json()["content"]["subject"]) == (1, "First")


@pytest.mark.parametrize(
    "content", [{"blocks": "no"}, {"blocks": ["no"]}, {"subject": 1}, {"subject": "x" * 201}]
)
def test_what_cannot_be_read_is_refused(
    officer: Client, campaign: Campaign, region: Territory, content: dict[str, Any]
) -> None:
    assert save(officer, campaign, region, **content).status_code == 400


def test_opting_out_and_taking_away_from_the_table(
    officer: Client, campaign: Campaign, region: Territory
) -> None:
    officer.post(at("act", campaign, region, "opt-out"), {"revision": "0"})
    assert table(officer, campaign) == {"32": "opted_out"}
    officer.post(at("act", campaign, region, "opt-in"), {"revision": "1"})
    assert table(officer, campaign) == {"32": "own"}
    officer.post(at("act", campaign, region, "remove"), {"revision": "1"})
    assert table(officer, campaign) == {"32": "own"}, "made on an older text"
    officer.post(at("act", campaign, region, "remove"), {"revision": "2"})
    assert table(officer, campaign) == {"32": "missing"}
    assert officer.post(at("act", campaign, region, "other"), {"revision": "0"}).status_code == 404


def test_a_mailing_that_leaves_shows_its_versions_and_takes_none(
    officer: Client, campaign: Campaign, region: Territory
) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.FREEZING)
    assert table(officer, campaign) == {"32": "missing"}
    assert officer.get(at("compose", campaign, region)).status_code == 302


def test_before_sending_each_version_is_counted(officer: Client, campaign: Campaign, oise: Territory) -> None:
    commune = place("60057", TerritoryKind.COMMUNE, oise)
    people = make_people(5)
    live_in(people[:2], commune)
    live_in(people[2:3], commune, agree=False)
    CampaignVariant.objects.create(campaign=campaign, number=1, label="Oise", territory=oise, subject="Oise")
    url = reverse("messaging:campaign_review", args=[campaign.pk])
    page = officer.get(url)
    versions = page.context["versions"]
    assert [(name, number) for name, number, _version in versions.lines] == [
        ("Oise", 2),
        ("National message", 3),
    ]
    assert versions.without_agreement == 1
    assert "1 person lives where there is a version" in page.content.decode()
    # What leaves is what was looked at: a version written meanwhile asks to look again.
    seen = revision_of(campaign)
    save(officer, campaign, oise, 1, subject="Beauvais")
    officer.post(url, {"when": "now", "revision": seen})
    campaign.refresh_from_db()
    assert campaign.state == CampaignState.DRAFT
