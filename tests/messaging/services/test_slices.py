"""A bought file: whole, untargeted, and by a test slice first."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from contacts.enums import Channel, MessageKind, SourceKind, TargetingClass
from contacts.models import Contact, Source
from contacts.segments.audience import AudienceRefused, bucket_for, resolve_audience
from messaging.models import Campaign
from messaging.services import slices
from messaging.services.origins import origins_of
from messaging.services.pre_send import pre_send
from tests.messaging.people import make_campaign, make_officer, make_people, make_source

pytestmark = pytest.mark.django_db
TERMS: Any = {"channel": Channel.EMAIL, "kind": MessageKind.POLITICAL}


@pytest.fixture
def bought() -> Source:
    """A bought file of forty people, in forty buckets."""
    source = make_source(
        "Exempla",
        kind=SourceKind.BROKER_PURCHASE,
        supplier="Exempla",
        proof="Contract of January",
        consent_wording="I agree to messages of partners.",
    )
    for number, person in enumerate(make_people(40, source=source)):
        Contact.objects.filter(pk=person.pk).update(bucket=number * 25)
    return source


def whole(source: Source, **part: Any) -> dict[str, Any]:
    return {"type": "source", "id": source.pk, **part}


def refusals(campaign: Campaign) -> list[str]:
    with translation.override("en"):
        return [text for text in pre_send(campaign).problems if "test slice" in text]


def test_the_slice_and_the_rest_are_everybody_once_and_choose_nobody(bought: Source) -> None:
    below = bucket_for(40, 10)
    found = {
        part: resolve_audience(whole(bought, part=part, below=below), channel=Channel.EMAIL)
        for part in ("slice", "rest")
    }
    people = {part: set(one.reachable(**TERMS).values_list("pk", flat=True)) for part, one in found.items()}
    assert len(people["slice"]) == 11
    assert not people["slice"] & people["rest"]
    assert len(people["slice"] | people["rest"]) == 40
    assert found["slice"].classes == {TargetingClass.SUBSCRIPTION, TargetingClass.TECHNICAL}
    assert not found["slice"].targeted_on(Channel.EMAIL)


@pytest.mark.parametrize(
    "part", [{"part": "half", "below": 5}, {"part": "slice", "below": 0}, {"part": "rest"}]
)
def test_a_part_that_is_none_is_refused(bought: Source, part: dict[str, Any]) -> None:
    with pytest.raises(AudienceRefused):
        resolve_audience(whole(bought, **part))
    with pytest.raises(AudienceRefused):
        resolve_audience({"type": "everyone", "part": "slice", "below": 5})


def test_a_bought_file_is_refused_as_a_whole_before_a_slice_has_left(
    bought: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SMALL", 20)
    campaign = make_campaign(audience=whole(bought))
    (refusal,) = refusals(campaign)
    assert "“Exempla” was bought: send it to a test slice first" in refusal
    slice_of_it = make_campaign(sender=campaign.sender, audience=whole(bought, part="slice", below=256))
    assert refusals(slice_of_it) == []
    assert refusals(campaign)  # it has not left yet
    Campaign.objects.filter(pk=slice_of_it.pk).update(state="sent", audience_count=11)
    assert refusals(campaign) == []


def test_a_small_bought_file_and_a_file_of_our_own_need_no_slice(bought: Source) -> None:
    assert refusals(make_campaign(audience=whole(bought))) == []


def test_a_slice_is_a_quarter_of_the_file_at_most(bought: Source) -> None:
    assert bucket_for(40, 1000) == 256
    with translation.override("en"), pytest.raises(AudienceRefused, match="a quarter of the file at most"):
        resolve_audience(whole(bought, part="slice", below=257))
    assert resolve_audience(whole(bought, part="rest", below=1023))  # of a slice that left before


def test_the_first_message_carries_the_whole_information(bought: Source) -> None:
    origin = origins_of([bought.pk], languages=["en"])[bought.pk, "en"]
    assert "Exempla passed your address on to us" in origin.sentence
    for words in ("responsible for this data", "from Exempla", "erased", "object", "CNIL"):
        assert words in origin.notice


def test_the_page_cuts_a_slice_and_finds_the_rest_again(client: Client, bought: Source) -> None:
    client.force_login(make_officer())
    campaign = make_campaign()
    page = reverse("messaging:campaign_audience", args=[campaign.pk])
    chosen = {"type": "source", "source": bought.pk, "kind": "political"}
    refused = client.post(page, chosen | {"part": "rest"})
    assert refused.status_code == 422
    assert client.post(page, chosen | {"part": "slice", "size": "3"}).status_code == 422
    most_of_it = client.post(page, chosen | {"part": "slice", "size": "50"})
    assert most_of_it.status_code == 422, "no slice is most of a file"
    assert "a quarter of the file at most. Here: 10 people" in most_of_it.content.decode()
    make_people(160, source=bought, start=100)
    assert client.post(page, chosen | {"part": "slice", "size": "50"}).status_code == 302
    campaign.refresh_from_db()
    assert campaign.audience == whole(bought, part="slice", below=256)
    Campaign.objects.filter(pk=campaign.pk).update(state="sent", audience_count=40)
    rest = make_campaign(sender=campaign.sender)
    client.post(reverse("messaging:campaign_audience", args=[rest.pk]), chosen | {"part": "rest"})
    rest.refresh_from_db()
    assert rest.audience == whole(bought, part="rest", below=256)
    shown = client.get(reverse("messaging:campaign_audience", args=[rest.pk])).content.decode()
    assert '<option value="rest" selected>' in shown
