"""Drafts for those who did not open a mailing and for those who clicked; tags for web statistics."""

from __future__ import annotations

import pytest

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import TerritoryKind
from contacts.models import Segment
from messaging.content.utm import UtmTags, clean_tag
from messaging.enums import CampaignState
from messaging.errors import NotAllowed, WrongState
from messaging.models import Campaign
from messaging.services.compiling import compile_campaign
from messaging.services.follow_up import FollowUp, follow_up
from tests.messaging.dispatch.test_variants import local_sender, place
from tests.messaging.people import make_campaign, make_officer

pytestmark = pytest.mark.django_db
TAGS = UtmTags("campagne-2027", "meeting")


def sent() -> Campaign:
    campaign = make_campaign()
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.SENT, audience_count=0)
    campaign.refresh_from_db()
    return campaign


@pytest.mark.parametrize(
    ("to", "rule"),
    [
        (FollowUp.NOT_OPENED, {"condition": "open_mailing", "operator": "none"}),
        (FollowUp.CLICKED, {"condition": "click_mailing", "operator": "any"}),
    ],
)
def test_a_follow_up_is_a_draft_for_a_segment_of_recipients(to: FollowUp, rule: dict[str, str]) -> None:
    campaign = sent()
    draft = follow_up(campaign=campaign, to=to, by=make_officer())
    segment = Segment.objects.get()
    assert (draft.state, draft.subject, draft.blocks) == ("draft", campaign.subject, campaign.blocks)
    assert draft.audience == {"type": "segment", "id": segment.pk}
    received = {"condition": "received_mailing", "operator": "any", "value": [campaign.pk]}
    assert segment.tree == {"all": [received, rule | {"value": [campaign.pk]}]}
    # Asked again: another draft, the same segment.
    assert follow_up(campaign=campaign, to=to, by=make_officer()).audience == draft.audience


@pytest.mark.parametrize(("to", "kept"), [(FollowUp.NOT_OPENED, True), (FollowUp.CLICKED, False)])
def test_once_more_each_place_reads_its_own_version(to: FollowUp, kept: bool) -> None:
    campaign = sent()
    sender = local_sender(campaign, "Nord")
    own = {"number": 3, "label": "Nord", "subject": "Lille", "replaced": {"b": {"id": "b"}}}
    territory = place("32", TerritoryKind.REGION)
    version = campaign.variants.create(territory=territory, sender=sender, compiled={}, **own)
    draft = follow_up(campaign=campaign, to=to, by=make_officer())
    found = draft.variants.values("territory", "sender", "compiled", "revision", *own)
    told = {"territory": territory.pk, "sender": sender.pk, "compiled": None, "revision": 1}
    assert list(found) == ([told | own] if kept else [])
    assert campaign.variants.get() == version


def test_what_was_not_sent_has_no_follow_up_and_readers_make_none() -> None:
    with pytest.raises(WrongState):
        follow_up(campaign=make_campaign(), to=FollowUp.CLICKED, by=make_officer())
    reader = User.objects.create_user(email="r@example.org", full_name="Lou", role=Role.READ_ONLY)
    with pytest.raises(NotAllowed):
        follow_up(campaign=sent(), to=FollowUp.CLICKED, by=reader)
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("url", "tagged"),
    [
        ("https://example.org/a", "https://example.org/a?{}"),
        ("https://example.org/a?x=1#top", "https://example.org/a?x=1&{}#top"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ],
)
def test_tags_are_added_to_web_addresses(url: str, tagged: str) -> None:
    tags = "utm_source=campagne-2027&utm_medium=email&utm_campaign=meeting"
    assert TAGS.put_in(url) == tagged.format(tags)


def test_a_tag_that_the_author_wrote_stays() -> None:
    found = TAGS.put_in("https://example.org/?utm_source=tract")
    assert found == "https://example.org/?utm_source=tract&utm_medium=email&utm_campaign=meeting"


def test_links_of_a_mailing_carry_its_tags_only_when_it_has_a_name() -> None:
    campaign = make_campaign()
    (link,) = compile_campaign(campaign).tracked_links
    assert link.url == "https://example.org/programme"
    campaign.utm_campaign = "meeting"
    (link,) = compile_campaign(campaign).tracked_links
    assert link.url.endswith("/programme?utm_source=campagne-2027&utm_medium=email&utm_campaign=meeting")


def test_what_is_typed_becomes_a_tag() -> None:
    assert clean_tag(" Meeting à Lyon ! ") == "Meeting-a-Lyon"
