"""Local kits: filled in by a territory, sent to its own people, and locked where the kit is locked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from contacts.enums import TerritoryKind, UnreachableReason
from contacts.models import Contact, Territory
from messaging.errors import MessagingError, NotAllowed
from messaging.models import Campaign, CampaignVariant, Delivery, Template
from messaging.services.campaigns import duplicate, update_campaign
from messaging.services.compiling import words_of_variant
from messaging.services.kits import share_kit, start_local_mailing
from messaging.services.pre_send import pre_send
from messaging.services.targeting import criteria_of, targeted_mailings
from messaging.services.variants import BlockIsLocked, may_write_version
from messaging.services.version_counts import count_versions
from tests.messaging.dispatch.conftest import start
from tests.messaging.dispatch.test_variants import communes as communes
from tests.messaging.dispatch.test_variants import local_sender, place
from tests.messaging.people import agree_to_targeting, make_campaign, make_officer, make_people

LOCKED = {"id": "a", "type": "text", "html": "<p>The same everywhere</p>", "align": "left"}
OPEN = {
    **{"id": "b", "type": "card", "title": "Meeting", "when": "", "where": "", "html": "", "image": ""},
    **{"alt": "", "label": "", "url": "", "open": True},
}
FILLED = {**OPEN, "when": "3 December, 7 pm", "where": "Town hall", "image": "https://example.org/i/a.png"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def kit(db: None) -> Template:
    template = Template.objects.create(name="Meeting", subject="Meeting near you", blocks=[LOCKED, OPEN])
    return share_kit(template=template, shared=True, by=make_officer())


@pytest.fixture
def oise(db: None) -> Territory:
    return place("60", TerritoryKind.DEPARTMENT)


def local(kit: Template, where: Territory) -> Campaign:
    return start_local_mailing(template=kit, territory=where, name="Meeting in the Oise", by=make_officer())


def write(campaign: Campaign, **fields: Any) -> Campaign:
    return update_campaign(campaign=campaign, revision=campaign.revision, by=make_officer(), **fields)


def test_a_territory_fills_in_place_date_and_picture(kit: Template, oise: Territory) -> None:
    campaign = local(kit, oise)
    assert (campaign.scope, campaign.audience) == ([oise.pk], {"type": "everyone"})
    campaign = write(campaign, blocks=[LOCKED, FILLED], subject="Beauvais")
    assert (campaign.blocks, campaign.subject) == ([LOCKED, FILLED], "Beauvais")
    assert AuditEntry.objects.get(action="kit.use").detail == {"territory": oise.pk, "template": kit.pk}


@pytest.mark.parametrize(
    "blocks",
    [
        [{**LOCKED, "html": "<p>Mine</p>"}, FILLED],
        [FILLED],
        [FILLED, LOCKED],
        [LOCKED, FILLED, {"id": "c", "type": "divider"}],
        [{**LOCKED, "open": True}, FILLED],
        [LOCKED, {**LOCKED, "id": "b", "open": True}],
        [LOCKED, {**FILLED, "only_if": {"genders": ["F"]}, "otherwise": []}],
        [LOCKED, "b"],
        "no list",
    ],
    ids=["words", "less", "order", "more", "opened", "kind", "for some", "no block", "no list"],
)
def test_no_request_changes_what_the_kit_locks(kit: Template, oise: Territory, blocks: Any) -> None:
    campaign = local(kit, oise)
    with pytest.raises(BlockIsLocked):
        write(campaign, blocks=blocks)
    campaign.refresh_from_db()
    assert campaign.blocks == [LOCKED, OPEN]


def test_a_kit_without_its_defaults_is_filled_in_as_any(kit: Template, oise: Territory) -> None:
    bare = {"id": "a", "type": "text", "html": "<p>The same everywhere</p>"}
    Template.objects.filter(pk=kit.pk).update(blocks=[bare, OPEN])
    kit.refresh_from_db()
    campaign = write(local(kit, oise), blocks=[LOCKED, FILLED])
    assert campaign.blocks == [bare, FILLED]


def test_an_open_block_stays_open_and_its_words_are_cleaned(kit: Template, oise: Territory) -> None:
    closed = {name: value for name, value in FILLED.items() if name != "open"}
    campaign = write(local(kit, oise), blocks=[LOCKED, {**closed, "html": "<p>Hi<script>1</script></p>"}])
    assert campaign.blocks[1] == {**FILLED, "html": "<p>Hi</p>"}


def test_a_copy_is_locked_as_its_original(kit: Template, oise: Territory) -> None:
    copy = duplicate(campaign=local(kit, oise), by=make_officer())
    assert (copy.scope, copy.from_kit) == ([oise.pk], True)
    with pytest.raises(BlockIsLocked):
        write(copy, blocks=[FILLED])


def test_a_kit_that_changes_or_goes_changes_no_mailing_made_from_it(kit: Template, oise: Territory) -> None:
    campaign = local(kit, oise)
    kit.delete()
    campaign.refresh_from_db()
    with pytest.raises(BlockIsLocked):
        write(campaign, blocks=[FILLED])


def test_no_version_of_a_local_mailing_changes_what_is_locked(kit: Template, oise: Territory) -> None:
    campaign = local(kit, oise)
    version = CampaignVariant(campaign=campaign, number=1, label="B", blocks=[FILLED], replaced={"a": FILLED})
    assert words_of_variant(campaign, version).blocks == [LOCKED, OPEN]
    assert not may_write_version(make_officer(), campaign, oise)


def test_the_sender_is_the_territorys_own(kit: Template, oise: Territory) -> None:
    mine, theirs = (local_sender(make_campaign(), "Oise"), local_sender(make_campaign(), "Sud"))
    mine.territory, theirs.territory = oise, place("13", TerritoryKind.DEPARTMENT)
    mine.save()
    theirs.save()
    campaign = local(kit, oise)
    assert campaign.sender == mine
    with pytest.raises(NotAllowed, match="another territory"):
        write(campaign, sender=theirs)


def test_only_a_shared_template_with_something_to_fill_in_is_a_kit(oise: Territory) -> None:
    template = Template.objects.create(name="Closed", blocks=[LOCKED])
    with pytest.raises(MessagingError, match="open a block"):
        share_kit(template=template, shared=True, by=make_officer())
    with pytest.raises(NotAllowed):
        local(template, oise)


def test_who_may_not_write_mailings_uses_no_kit(kit: Template, oise: Territory) -> None:
    reader = User.objects.create_user(email="r@example.org", role=Role.READ_ONLY, language="en")
    with pytest.raises(NotAllowed):
        start_local_mailing(template=kit, territory=oise, name="Mine", by=reader)
    with pytest.raises(NotAllowed):
        share_kit(template=kit, shared=False, by=reader)
    commune = place("60057", TerritoryKind.COMMUNE, oise)
    with pytest.raises(NotAllowed):
        local(kit, commune)


def test_a_mailing_of_a_kit_has_a_territory(oise: Territory) -> None:
    with pytest.raises(IntegrityError, match="campaign_of_a_kit_has_territory"), transaction.atomic():
        make_campaign(from_kit=True)


@pytest.mark.django_db(transaction=True)
def test_only_people_of_the_territory_are_written_to(communes: dict[str, Territory]) -> None:
    people = make_people(4)
    for person, where in zip(people, ("beauvais", "beauvais", "amiens"), strict=False):
        Contact.objects.filter(pk=person.pk).update(commune=communes[where])
    agree_to_targeting(*people[1:])
    campaign = make_campaign(territory=communes["oise"], from_kit=True)
    found = pre_send(campaign)
    assert (found.recipients, found.excluded[UnreachableReason.OUT_OF_SCOPE]) == (1, 2)
    assert count_versions(campaign).people == {0: 1}
    campaign = start(campaign)
    written = Delivery.objects.filter(campaign=campaign).values_list("contact_id", flat=True)
    assert list(written) == [people[1].pk], "of the territory, and agreed to be chosen"
    left_out = {UnreachableReason.OUT_OF_SCOPE.value: 2, UnreachableReason.NO_TARGETING_CONSENT.value: 1}
    assert campaign.excluded == left_out
    assert campaign in targeted_mailings()
    assert "Place 60" in " ".join(criteria_of(campaign))
