"""Local kits on screen: shared, begun in a territory, filled in."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from contacts.enums import TerritoryKind
from messaging.models import Campaign, Template
from tests.messaging.dispatch.test_variants import place
from tests.messaging.people import make_people

pytestmark = pytest.mark.django_db
LOCKED = {"id": "a", "type": "text", "html": "<p>National words</p>", "align": "left"}
OPEN = {"id": "b", "type": "text", "html": "<p>Where and when</p>", "align": "left", "open": True}
LIST = reverse("messaging:templates")


@pytest.fixture
def kit(db: None) -> Template:
    return Template.objects.create(name="Meeting", subject="Meeting", blocks=[LOCKED, OPEN], is_kit=True)


def begin(client: Client, kit: Template, code: str = "60") -> Campaign:
    where = place(code, TerritoryKind.DEPARTMENT)
    answer = client.post(reverse("messaging:template_kit", args=[kit.pk]), {"territory": where.pk})
    campaign = Campaign.objects.get()
    assert answer["Location"] == reverse("messaging:campaign_compose", args=[campaign.pk])
    return campaign


def test_a_template_is_shared_and_taken_back(officer: Client) -> None:
    template = Template.objects.create(name="Meeting", blocks=[LOCKED, OPEN])
    url = reverse("messaging:template_share", args=[template.pk])
    assert "Local kit" in officer.post(url, {"shared": "yes"}, follow=True).content.decode()
    assert Template.objects.get().is_kit
    assert "no longer shared" in officer.post(url, {"shared": "no"}, follow=True).content.decode()
    assert officer.get(reverse("messaging:template_kit", args=[template.pk])).status_code == 404


def test_what_has_nothing_to_fill_in_is_not_shared(officer: Client) -> None:
    template = Template.objects.create(name="Closed", blocks=[LOCKED])
    url = reverse("messaging:template_share", args=[template.pk])
    assert "Nothing could be filled in" in officer.post(url, {"shared": "yes"}, follow=True).content.decode()
    assert not Template.objects.get().is_kit


def test_a_kit_is_begun_in_a_territory_and_filled_in(officer: Client, kit: Template) -> None:
    campaign = begin(officer, kit)
    assert campaign.name == "Meeting – Place 60"
    page = officer.get(reverse("messaging:campaign_compose", args=[campaign.pk]))
    data = page.context["data"]
    assert data["fixed"] is True
    assert "copy" not in data["urls"]
    assert "Local mailing" in page.content.decode()
    assert reverse("messaging:campaign_territories", args=[campaign.pk]) not in page.content.decode()
    save = reverse("messaging:campaign_save", args=[campaign.pk])
    content = data["content"] | {"blocks": [LOCKED, {**OPEN, "html": "<p>Town hall, Friday</p>"}]}
    body = json.dumps({"revision": 1, "content": content})
    assert officer.post(save, body, content_type="application/json").json()["revision"] == 2
    forged = content | {"blocks": [{**LOCKED, "html": "<p>Mine</p>"}, OPEN]}
    body = json.dumps({"revision": 2, "content": forged})
    answer = officer.post(save, body, content_type="application/json")
    assert (answer.status_code, "locked" in answer.json()["message"]) == (400, True)
    campaign.refresh_from_db()
    assert [block["html"] for block in campaign.blocks] == [
        "<p>National words</p>",
        "<p>Town hall, Friday</p>",
    ]


def test_a_territory_is_chosen(officer: Client, kit: Template) -> None:
    commune = place("60057", TerritoryKind.COMMUNE)
    for chosen in ("", commune.pk):
        url = reverse("messaging:template_kit", args=[kit.pk])
        assert officer.post(url, {"territory": chosen}).status_code == 422
    assert not Campaign.objects.exists()


def test_its_audience_counts_its_own_people(officer: Client, kit: Template) -> None:
    make_people(2)
    campaign = begin(officer, kit)
    page = officer.get(reverse("messaging:campaign_audience", args=[campaign.pk]))
    assert page.context["picture"].counts.reachable == 0
    assert "Only people of this territory receive it: Place 60." in page.content.decode()
    assert (
        officer.get(reverse("messaging:campaign_review", args=[campaign.pk])).context["found"].recipients == 0
    )
