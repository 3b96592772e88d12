"""What a territory may write in a national mailing, and what is refused whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from contacts.enums import TerritoryKind
from contacts.models import Territory
from messaging.enums import CampaignState
from messaging.errors import EditedMeanwhile, MessagingError, NotAllowed, WrongState
from messaging.models import Campaign, CampaignVariant
from messaging.services.campaigns import update_campaign
from messaging.services.compiling import words_of_variant
from messaging.services.variants import (
    BlockIsLocked,
    remove_version,
    revision_of,
    save_version,
    senders_for,
)
from tests.messaging.dispatch.test_variants import local_sender, place
from tests.messaging.people import make_campaign, make_officer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


LOCKED = {"id": "a", "type": "text", "html": "<p>National</p>", "align": "left"}
OPEN = {"id": "b", "type": "text", "html": "<p>Near you</p>", "align": "left", "open": True}


def own(html: str = "<p>In Lille</p>", **fields: Any) -> dict[str, Any]:
    return {**OPEN, "html": html} | fields


@pytest.fixture
def nord(db: None) -> Territory:
    return place("32", TerritoryKind.REGION)


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign(blocks=[LOCKED, OPEN])


def save(campaign: Campaign, territory: Territory, revision: int = 0, **fields: Any) -> CampaignVariant:
    return save_version(
        campaign=campaign, territory=territory, revision=revision, by=make_officer(), **fields
    )


def test_a_territory_writes_its_block_subject_and_sender(campaign: Campaign, nord: Territory) -> None:
    sender = local_sender(campaign, "Nord")
    version = save(campaign, nord, replaced={"b": own()}, subject="Lille", sender=sender)
    assert (version.number, version.label, version.revision) == (1, nord.name, 1)
    assert version.sender == sender
    words = words_of_variant(campaign, version)
    assert (words.blocks, words.subject) == ([LOCKED, own()], "Lille")
    entry = AuditEntry.objects.get(action="version.save")
    assert entry.fields == ["replaced", "sender", "subject"]
    assert (entry.object_id, entry.detail) == (str(campaign.pk), {"territory": nord.pk})


@pytest.mark.parametrize(
    "replaced",
    [
        {"a": {**LOCKED, "html": "<p>Mine</p>"}},
        {"z": own(id="z")},
        {"b": own(id="a")},
        {"b": {"id": "b", "type": "button", "label": "Go", "url": "https://example.org/"}},
        {"b": own(only_if={"genders": ["F"]}, otherwise=[])},
    ],
    ids=["locked", "unknown", "another's id", "another kind", "for some readers"],
)
def test_anything_but_the_words_of_an_open_block_is_refused(
    campaign: Campaign, nord: Territory, replaced: dict[str, Any]
) -> None:
    with pytest.raises(BlockIsLocked):
        save(campaign, nord, replaced=replaced)
    assert not CampaignVariant.objects.exists()


def test_what_is_written_is_cleaned_and_what_is_national_follows_the_mailing(
    campaign: Campaign, nord: Territory
) -> None:
    version = save(campaign, nord, replaced={"b": own("<p onclick='x()'>Hi<script>1</script></p>")})
    assert version.replaced["b"]["html"] == "<p>Hi</p>"
    assert save(campaign, nord, 1, replaced={"b": {**OPEN}}).replaced == {}


def test_a_block_that_is_closed_again_is_national_again(campaign: Campaign, nord: Territory) -> None:
    version = save(campaign, nord, replaced={"b": own()})
    closed = {name: value for name, value in OPEN.items() if name != "open"}
    campaign = update_campaign(
        campaign=campaign, revision=campaign.revision, by=make_officer(), blocks=[LOCKED, closed]
    )
    assert words_of_variant(campaign, version).blocks == [LOCKED, closed]


def test_an_edit_made_on_an_older_text_overwrites_nothing(campaign: Campaign, nord: Territory) -> None:
    save(campaign, nord, subject="First")
    for revision in (0, 2):
        with pytest.raises(EditedMeanwhile):
            save(campaign, nord, revision, subject="Second")
        with pytest.raises(EditedMeanwhile):
            remove_version(campaign=campaign, territory=nord, revision=revision, by=make_officer())
    assert campaign.variants.get().subject == "First"


def test_opting_out_and_removing(campaign: Campaign, nord: Territory) -> None:
    version = save(campaign, nord, opted_out=True)
    assert version.opted_out
    remove_version(campaign=campaign, territory=nord, revision=1, by=make_officer())
    assert not campaign.variants.exists()
    assert AuditEntry.objects.filter(action="version.remove").count() == 1


def test_saving_the_same_again_is_no_edit(campaign: Campaign, nord: Territory) -> None:
    save(campaign, nord, subject="Lille")
    assert save(campaign, nord, 1, subject="Lille").revision == 1


def test_the_sender_of_another_territory_is_refused(campaign: Campaign, nord: Territory) -> None:
    oise = place("60", TerritoryKind.DEPARTMENT, nord)
    mine, theirs, nobodys = (local_sender(campaign, name) for name in ("Oise", "Sud", "Paris"))
    south = place("93", TerritoryKind.REGION)
    for sender, where in ((mine, oise), (theirs, south)):
        sender.territory = where
        sender.save()
    assert campaign.sender is not None
    usable = {mine.pk, nobodys.pk, campaign.sender.pk}
    assert {sender.pk for sender in senders_for(oise)} == usable
    assert {sender.pk for sender in senders_for(nord)} == usable
    with pytest.raises(NotAllowed, match="another territory"):
        save(campaign, oise, sender=theirs)


def test_who_may_not_write_mailings_writes_no_version(campaign: Campaign, nord: Territory) -> None:
    reader = User.objects.create_user(
        email="r@example.org", full_name="R", role=Role.READ_ONLY, language="en"
    )
    with pytest.raises(NotAllowed):
        save_version(campaign=campaign, territory=nord, revision=0, by=reader, subject="Mine")
    commune = place("59350", TerritoryKind.COMMUNE, nord)
    with pytest.raises(NotAllowed):
        save(campaign, commune, subject="A commune")


def test_a_mailing_that_leaves_or_that_is_tested_takes_no_version(
    campaign: Campaign, nord: Territory
) -> None:
    CampaignVariant.objects.create(campaign=campaign, number=1, label="B", subject="B")
    with pytest.raises(WrongState, match="tests versions"):
        save(campaign, nord, subject="Lille")
    campaign.variants.all().delete()
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.FREEZING)
    with pytest.raises(WrongState, match="no longer"):
        save(campaign, nord, subject="Lille")


def test_every_edit_of_a_version_changes_what_was_looked_at(campaign: Campaign, nord: Territory) -> None:
    seen = [revision_of(campaign)]
    save(campaign, nord, subject="Lille")
    seen.append(revision_of(campaign))
    save(campaign, nord, 1, subject="Roubaix")
    seen.append(revision_of(campaign))
    remove_version(campaign=campaign, territory=nord, revision=2, by=make_officer())
    save(campaign, nord, subject="Roubaix")
    seen.append(revision_of(campaign))
    assert len(set(seen)) == 4


def test_there_are_as_many_versions_as_a_token_can_number(
    campaign: Campaign, nord: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.services.variants.MOST_VARIANTS", 1)
    save(campaign, nord, subject="Lille")
    with pytest.raises(MessagingError, match="1 versions at most"):
        save(campaign, place("93", TerritoryKind.REGION), subject="Nice")
