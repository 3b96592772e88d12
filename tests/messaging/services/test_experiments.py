"""What people set in a test of versions before it leaves, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from contacts.enums import TerritoryKind
from messaging.enums import CampaignState
from messaging.errors import CannotSend, EditedMeanwhile, MessagingError, NotAllowed, WrongState
from messaging.models import Approval, Campaign, CampaignVariant, Experiment
from messaging.services import experiments
from messaging.services.approval_state import content_of, is_approved
from messaging.services.campaigns import duplicate, schedule
from messaging.services.compiling import compile_variant
from messaging.services.experiment_sides import MOST_SIDES, sides_of
from messaging.services.pre_send import About, pre_send
from messaging.services.variants import revision_of, save_version
from messaging.views.checklist import checklist
from tests.messaging.dispatch.test_variants import local_sender, place
from tests.messaging.people import BLOCKS, make_campaign, make_officer, make_people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def campaign(db: None) -> Campaign:
    return make_campaign()


def set_test(campaign: Campaign, *, revision: int = 0, by: User | None = None, **fields: Any) -> Experiment:
    given = {"sample_percent": 20, "wait_hours": 4, "goal": "clicks", "if_none": "first"} | fields
    return experiments.set_test(campaign=campaign, revision=revision, by=by or make_officer(), **given)


def add(campaign: Campaign, **fields: Any) -> CampaignVariant:
    variant = experiments.add_variant(campaign=campaign, by=make_officer())
    return save(campaign, variant.number, 1, **fields) if fields else variant


def save(campaign: Campaign, number: int, revision: int, **fields: Any) -> CampaignVariant:
    return experiments.save_variant(
        campaign=campaign, number=number, revision=revision, by=make_officer(), **fields
    )


def test_a_test_is_set_changed_and_taken_away_with_its_versions(campaign: Campaign) -> None:
    assert experiments.test_of(campaign) is None
    test = set_test(campaign)
    assert (test.sample_percent, test.revision, test.outcome, test.is_open) == (20, 1, "", True)
    test = set_test(campaign, revision=1, sample_percent=100, if_none="wait")
    assert (test.revision, test.has_others, test.if_none) == (2, False, "wait")
    assert set_test(campaign, revision=2, sample_percent=100, if_none="wait").revision == 2  # nothing new
    entries = AuditEntry.objects.filter(action="test.set").order_by("pk")
    assert [entry.fields for entry in entries] == [[], ["if_none", "sample_percent"]]
    add(campaign)
    experiments.remove_test(campaign=campaign, revision=2, by=make_officer())
    assert experiments.test_of(campaign) is None
    assert not campaign.variants.exists()


@pytest.mark.parametrize(
    "fields", [{"sample_percent": 0}, {"sample_percent": 101}, {"wait_hours": 73}, {"if_none": "x"}], ids=str
)
def test_what_is_out_of_range_is_refused(campaign: Campaign, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        set_test(campaign, **fields)


def test_a_goal_that_nobody_counts_is_refused(campaign: Campaign) -> None:
    with pytest.raises(MessagingError):
        set_test(campaign, goal="applause")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("experiment_sample_is_a_share", {"sample_percent": 0}),
        ("experiment_wait", {"wait_hours": 0}),
        ("experiment_looked_at_has_outcome", {"outcome": "none"}),
        ("experiment_chosen_once_looked_at", {"chosen": 1}),
    ],
)
def test_the_database_refuses_what_cannot_be(campaign: Campaign, name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Experiment.objects.create(campaign=campaign, **fields)


def test_versions_have_letters_and_say_what_they_say_otherwise(campaign: Campaign) -> None:
    set_test(campaign)
    sender = local_sender(campaign, "Nord")
    b = add(campaign, subject="Other subject", preview_text="Other preview", sender=sender)
    own = [{**BLOCKS[0], "html": "<p onclick='x()'>Hello</p>"}, BLOCKS[1]]
    c = add(campaign, blocks=own)
    assert [(one.number, one.label, one.revision) for one in (b, c)] == [(1, "B", 2), (2, "C", 2)]
    a, b_side, c_side = sides_of(campaign)
    assert (a.letter, a.variant, a.words.subject) == ("A", None, campaign.subject)
    assert (b_side.words.subject, b_side.words.blocks) == ("Other subject", campaign.blocks)
    assert (b_side.sender, c_side.sender) == (sender, campaign.sender)
    assert "<p>Hello</p>" in c_side.words.blocks[0]["html"]  # cleaned
    assert "Hello" in compile_variant(campaign, c).html
    entry = AuditEntry.objects.filter(action="test.save_version").earliest("pk")
    assert (entry.fields, entry.detail) == (["preview_text", "sender", "subject"], {"version": 1})


def test_the_mailings_own_blocks_are_not_kept_and_follow_it(campaign: Campaign) -> None:
    set_test(campaign)
    assert add(campaign, blocks=BLOCKS).blocks is None


def test_a_removed_letter_is_free_again_and_the_others_keep_theirs(campaign: Campaign) -> None:
    set_test(campaign)
    add(campaign)
    add(campaign)
    experiments.remove_variant(campaign=campaign, number=1, revision=1, by=make_officer())
    assert [side.letter for side in sides_of(campaign)] == ["A", "C"]
    assert add(campaign).label == "B"
    for _more in range(MOST_SIDES - 3):
        add(campaign)
    with pytest.raises(MessagingError, match="8 versions at most"):
        add(campaign)


def test_an_edit_made_on_an_older_one_overwrites_nothing(campaign: Campaign) -> None:
    set_test(campaign)
    add(campaign, subject="First")
    for seen in (0, 2):
        with pytest.raises(EditedMeanwhile):
            set_test(campaign, revision=seen)
        with pytest.raises(EditedMeanwhile):
            experiments.remove_test(campaign=campaign, revision=seen, by=make_officer())
    for seen in (1, 3):
        with pytest.raises(EditedMeanwhile):
            save(campaign, 1, seen, subject="Second")
        with pytest.raises(EditedMeanwhile):
            experiments.remove_variant(campaign=campaign, number=1, revision=seen, by=make_officer())
    with pytest.raises(EditedMeanwhile):
        save(campaign, 5, 1, subject="Gone")
    assert campaign.variants.get().subject == "First"


def test_what_has_left_is_no_longer_edited_and_reading_is_not_writing(campaign: Campaign) -> None:
    reader = User.objects.create_user(email="reader@example.org", full_name="R", role=Role.READ_ONLY)
    with pytest.raises(NotAllowed):
        set_test(campaign, by=reader)
    Campaign.objects.filter(pk=campaign.pk).update(state=CampaignState.PAUSED)
    with pytest.raises(WrongState):
        set_test(campaign)


def test_a_version_without_a_test_is_refused(campaign: Campaign) -> None:
    with pytest.raises(WrongState):
        add(campaign)


def test_versions_by_territory_and_a_test_exclude_each_other() -> None:
    opened = [BLOCKS[0], {**BLOCKS[1], "open": True}]
    region = place("32", TerritoryKind.REGION)
    regional = make_campaign(blocks=opened)
    save_version(campaign=regional, territory=region, revision=0, by=make_officer(), subject="Nord")
    with pytest.raises(WrongState, match="by territory"):
        set_test(regional)
    tested = make_campaign(blocks=opened, sender=regional.sender)
    set_test(tested)
    with pytest.raises(WrongState, match="tests versions"):
        save_version(campaign=tested, territory=region, revision=0, by=make_officer(), subject="Nord")


def test_only_mailings_by_email_have_a_test(campaign: Campaign) -> None:
    for fields in ({"channel": "sms"}, {"channel": "email", "standing_for": "confirmation"}):
        Campaign.objects.filter(pk=campaign.pk).update(**fields)
        with pytest.raises(WrongState):
            set_test(campaign)


def test_versions_of_a_local_kit_keep_its_blocks_and_its_senders() -> None:
    region = place("32", TerritoryKind.REGION)
    kit = make_campaign(blocks=[{**BLOCKS[0], "open": True}], territory=region, from_kit=True)
    set_test(kit)
    assert add(kit, subject="Other").subject == "Other"
    with pytest.raises(NotAllowed):
        save(kit, 1, 2, blocks=[{**BLOCKS[0], "html": "<p>Mine</p>"}])
    elsewhere = local_sender(kit, "Sud")
    elsewhere.territory = place("93", TerritoryKind.REGION)
    elsewhere.save()
    with pytest.raises(NotAllowed):
        save(kit, 1, 2, sender=elsewhere)


def test_an_approval_is_of_the_test_too(campaign: Campaign) -> None:
    set_test(campaign)
    variant = add(campaign, subject="Other")

    def approve_and_schedule() -> None:
        campaign.approvals.all().delete()
        Approval.objects.create(campaign=campaign, content=content_of(campaign), recipients=1, approved=True)
        Campaign.objects.filter(pk=campaign.pk).update(
            state=CampaignState.SCHEDULED, scheduled_at=timezone.now() + timedelta(days=1)
        )

    approve_and_schedule()
    save(campaign, 1, variant.revision, subject="Other")  # nothing new: nothing to ask again
    set_test(campaign, revision=1)
    assert is_approved(campaign)
    edits: list[Any] = [
        lambda: save(campaign, 1, variant.revision, subject="Another"),
        lambda: set_test(campaign, revision=1, sample_percent=30),
        lambda: add(campaign),
        lambda: experiments.remove_variant(campaign=campaign, number=2, revision=1, by=make_officer()),
        lambda: experiments.remove_test(campaign=campaign, revision=2, by=make_officer()),
    ]
    for edit in edits:
        approve_and_schedule()
        edit()
        assert not is_approved(campaign)
        campaign.refresh_from_db()
        assert (campaign.state, campaign.scheduled_at) == (CampaignState.DRAFT, None)


def test_a_test_made_anew_with_other_settings_is_not_the_one_that_was_approved(campaign: Campaign) -> None:
    set_test(campaign)
    before = revision_of(campaign)
    experiments.remove_test(campaign=campaign, revision=1, by=make_officer())
    set_test(campaign, sample_percent=50)
    assert revision_of(campaign) != before


def obstacles(campaign: Campaign) -> list[str]:
    return [one.message for one in pre_send(campaign).obstacles if one.about is About.TEST]


@pytest.fixture
def audience(db: None) -> None:
    make_people(6)


@pytest.mark.usefixtures("audience")
def test_a_complete_test_may_leave(campaign: Campaign) -> None:
    set_test(campaign)
    add(campaign, subject="Other")
    add(campaign, sender=local_sender(campaign, "Nord"))
    assert pre_send(campaign).obstacles == []


@pytest.mark.usefixtures("audience")
def test_a_test_needs_versions_that_differ(campaign: Campaign) -> None:
    set_test(campaign)
    assert obstacles(campaign) == ["The test has no version beside A: add one, or take the test away."]
    add(campaign)
    add(campaign, subject=f"{campaign.subject} ")
    add(campaign, subject="Other")
    assert obstacles(campaign) == [
        "Versions A and B are the same: change one, or take it away.",
        "Versions A and C are the same: change one, or take it away.",
        "Versions B and C are the same: change one, or take it away.",
    ]


@pytest.mark.usefixtures("audience")
def test_a_version_that_cannot_be_drawn_keeps_the_mailing(campaign: Campaign) -> None:
    set_test(campaign)
    add(campaign, subject="{{ first_name")
    (obstacle,) = pre_send(campaign).obstacles
    assert obstacle.message.startswith("Version “B”: ")


@pytest.mark.usefixtures("audience")
def test_what_decides_it_must_be_counted(campaign: Campaign) -> None:
    set_test(campaign)
    add(campaign, subject="Other")
    campaign.tracking = False
    assert obstacles(campaign) == ["The test is decided by clicks, and this mailing does not count them."]
    campaign.tracking = True
    Experiment.objects.update(goal="applause")
    assert obstacles(campaign) == ["Nothing called “applause” is counted: choose another goal."]


def test_a_test_needs_a_recipient_a_version(campaign: Campaign) -> None:
    make_people(2)
    set_test(campaign)
    add(campaign, subject="Other")
    add(campaign, subject="Another")
    assert obstacles(campaign) == ["There are fewer recipients than versions."]


@pytest.mark.usefixtures("audience")
def test_the_others_must_not_come_too_late(campaign: Campaign) -> None:
    set_test(campaign)
    add(campaign, subject="Other")
    late = "The others would get it too late: its last hour comes before the look at the test."
    tomorrow = timezone.now() + timedelta(days=1)
    campaign.send_until = timezone.now() + timedelta(hours=3)
    assert obstacles(campaign) == [late]
    campaign.send_until = tomorrow + timedelta(hours=3)
    assert obstacles(campaign) == []
    campaign.save()
    with pytest.raises(CannotSend, match=late):
        schedule(campaign=campaign, at=tomorrow, by=make_officer())
    set_test(campaign, revision=1, sample_percent=100)
    schedule(campaign=campaign, at=tomorrow, by=make_officer())


def test_a_copy_has_the_same_test_with_nothing_decided(campaign: Campaign) -> None:
    set_test(campaign, sample_percent=35, wait_hours=7, if_none="wait")
    sender = local_sender(campaign, "Nord")
    add(campaign, subject="Other", sender=sender)
    add(campaign, blocks=[{**BLOCKS[0], "html": "<p>Hello</p>"}])
    Experiment.objects.update(
        looked_at=timezone.now(),
        decided_at=timezone.now(),
        outcome="winner",
        chosen=1,
        figures=[{"number": 0}],
    )
    copy = duplicate(campaign=campaign, by=make_officer())
    test = experiments.test_of(copy)
    assert test is not None
    assert (test.sample_percent, test.wait_hours, test.if_none) == (35, 7, "wait")
    assert (test.outcome, test.looked_at, test.chosen, test.figures, test.revision) == ("", None, None, [], 1)
    before, after = sides_of(campaign), sides_of(copy)
    assert [side.differs_by for side in after] == [side.differs_by for side in before]
    assert [side.letter for side in after] == ["A", "B", "C"]
    assert not {side.variant.pk for side in after[1:] if side.variant} & {
        side.variant.pk for side in before[1:] if side.variant
    }


def test_a_sample_that_shows_little_is_told_before_sending(campaign: Campaign) -> None:
    make_people(10)
    set_test(campaign, sample_percent=100)
    add(campaign, subject="Other")

    def told(recipients: int) -> list[str]:
        found = replace(pre_send(campaign), recipients=recipients)
        lines = checklist(campaign, found, tested=True)
        return [line.text for line in lines if line.title == "Test of versions"]

    (text,) = told(1_000)
    assert text.startswith("With 500 recipients a version, only one that does twice as well")
    assert told(20_000) == []
