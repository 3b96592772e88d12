"""Segments on engagement: people who agreed to be measured, robots set aside, both sides of each operator."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from campaign_crm.platform.database import ensure_partition
from contacts.enums import Channel, MessageKind, TargetingClass
from contacts.models import Contact, Reach, Segment
from contacts.segments.audience import resolve_audience
from contacts.segments.conditions import all_conditions
from contacts.segments.errors import SegmentInvalid
from contacts.segments.tree import parse_tree
from contacts.services.people import create_contact
from messaging.models import Delivery
from tests.segments import people_of
from tracking.enums import FormKind
from tracking.models import Form, Submission
from tracking.services.forms import create_form, publish_form, save_draft, start_form
from tracking.services.interactions import record_interaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(source) -> Contact:
    return create_contact(source=source, by=None, first_name="Paul", last_name="Durand")


def hit(person: Contact, campaign, kind: str, *, days_ago: int = 0, hit_class: str = "human") -> None:
    interaction = record_interaction(
        kind=kind,
        contact_id=person.pk,
        campaign_id=campaign.pk,
        at=timezone.now() - timedelta(days=days_ago, minutes=1),
    )
    interaction.hit_class = hit_class
    interaction.save()


def measured(*people: Contact) -> None:
    for one in people:
        Reach.objects.update_or_create(contact=one, channel="email", defaults={"measurement": True})


@pytest.mark.parametrize("kind", ["open", "click"])
def test_recent_engagement_both_ways(person, other, campaign, kind) -> None:
    hit(person, campaign, kind, days_ago=5)
    assert people_of(f"{kind}_recent", "days", 7) == {person.pk}
    assert people_of(f"{kind}_recent", "days", 3) == set()
    assert people_of(f"{kind}_recent", "not_days", 7) == set(), "nobody knows what the others did"
    measured(person, other)
    assert people_of(f"{kind}_recent", "not_days", 7) == {other.pk}
    assert people_of(f"{kind}_recent", "not_days", 3) == {person.pk, other.pk}


def test_robots_have_opened_nothing(person, other, campaign) -> None:
    hit(person, campaign, "open", hit_class="scanner")
    assert people_of("open_recent", "days", 7) == set()


def test_who_reads_through_a_proxy_is_not_said_to_have_opened_nothing(person, other, campaign) -> None:
    measured(person, other)
    hit(person, campaign, "open", hit_class="privacy_proxy")
    assert people_of("open_recent", "days", 7) == set()
    assert people_of("open_recent", "not_days", 7) == {other.pk}
    assert people_of("open_mailing", "any", [campaign.pk]) == set()
    assert people_of("open_mailing", "none", [campaign.pk]) == {other.pk}


@pytest.mark.parametrize("kind", ["open", "click"])
def test_engagement_with_one_mailing(person, other, campaign, kind) -> None:
    hit(person, campaign, kind)
    assert people_of(f"{kind}_mailing", "any", [campaign.pk]) == {person.pk}
    assert people_of(f"{kind}_mailing", "all", [campaign.pk]) == {person.pk}
    assert people_of(f"{kind}_mailing", "none", [campaign.pk]) == set()
    measured(person, other)
    assert people_of(f"{kind}_mailing", "none", [campaign.pk]) == {other.pk}


def test_who_received_a_mailing(person, other, campaign) -> None:
    ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
    for contact, state in ((person, "accepted"), (other, "failed")):
        Delivery.objects.create(
            ledger_month=campaign.ledger_month,
            campaign=campaign,
            contact=contact,
            occasion="",
            state=state,
            address=f"{contact.pk}@example.org",
            address_hash=contact.pk.to_bytes(32, "big"),
        )
    assert people_of("received_mailing", "any", [campaign.pk]) == {person.pk}
    assert people_of("received_mailing", "none", [campaign.pk]) == {other.pk}


def test_who_signed_up_by_a_form(person, other) -> None:
    form = create_form(
        by=None, newsletters=[], title="Join", introduction="", language="fr", thank_you="", tag=None,
        is_open=True, fields=["email"], consents=[],
    )  # fmt: skip
    Submission.objects.create(form=form, contact=person, data={})
    assert people_of("signed_up", "any", [form.pk]) == {person.pk}
    assert people_of("signed_up", "none", [form.pk]) == {other.pk}


def test_a_form_by_which_nobody_registers_makes_nobody_take_part(person) -> None:
    form = create_form(
        by=None, newsletters=[], title="Newsletter", introduction="", language="fr", thank_you="", tag=None,
        is_open=True, fields=["email"], consents=[],
    )  # fmt: skip
    Submission.objects.create(form=form, contact=person, data={}, confirmed_at=timezone.now())
    tree = {"all": [{"condition": "takes_part", "operator": "any", "value": [form.pk]}]}
    with override("en"), pytest.raises(SegmentInvalid, match="register for nothing by this form"):
        parse_tree(tree)
    Form.objects.update(registers=True)
    parse_tree(tree)
    assert people_of("takes_part", "any", [form.pk]) == {person.pk}


def test_a_service_message_goes_to_those_who_take_part_whatever_they_agreed_to(person, other) -> None:
    form = create_form(
        by=None, newsletters=[], title="Join", introduction="", language="fr", thank_you="", tag=None,
        is_open=True, fields=["email"], consents=[], registers=True,
    )  # fmt: skip
    Submission.objects.create(form=form, contact=person, data={}, confirmed_at=timezone.now())
    Submission.objects.create(form=form, contact=other, data={})  # somebody typed their address, perhaps
    assert people_of("takes_part", "any", [form.pk]) == {person.pk}
    rule = {"condition": "takes_part", "operator": "any", "value": [form.pk]}
    segment = Segment.objects.create(name="Join", tree={"all": [rule]})
    audience = resolve_audience({"type": "segment", "id": segment.pk}, channel=Channel.EMAIL)
    assert audience.takes_part
    assert audience.targeted_on(Channel.EMAIL)  # a political mailing to them chooses people by what they did
    assert list(audience.reachable(channel=Channel.EMAIL, kind=MessageKind.SERVICE)) == [person]


def test_choosing_by_engagement_is_a_criterion() -> None:
    engaged = [one for one in all_conditions() if one.group == "engagement"]
    classes = {one.key: one.class_for("any", []) for one in engaged}
    taking_part = {classes.pop("takes_part"), classes.pop("event_takes_part")}
    assert taking_part == {TargetingClass.REGISTRANT}
    assert {"open_recent", "click_recent", "open_mailing", "click_mailing"} <= set(classes)
    assert set(classes.values()) == {TargetingClass.CRITERION}


def test_people_are_chosen_by_their_answers_as_a_criterion(person, other) -> None:
    form = start_form(kind=FormKind.SURVEY, title="Survey", language="en", by=None)
    publish_form(form=form, by=None)
    for who, answers in ((person, {"theme": ["o1"], "satisfaction": ["4"]}), (other, {"theme": ["o2"]})):
        Submission.objects.create(form=form, contact=who, data={"answers": answers})
    Submission.objects.create(
        form=form, contact=other, data={"answers": {"theme": ["o1"]}}, state="refused", reasons=["trap"]
    )
    theme = f"answer.{form.pk}.theme"
    assert people_of(theme, "any", ["o1"]) == {person.pk}
    assert people_of(theme, "any", ["o1", "o2"]) == {person.pk, other.pk}
    assert people_of(theme, "none", ["o1"]) == {other.pk}
    assert people_of(f"answer.{form.pk}.satisfaction", "any", ["4"]) == {person.pk}
    found = {one.key: one for one in all_conditions()}[theme]
    assert found.class_for("any", ["o1"]) == TargetingClass.CRITERION


def test_a_question_about_what_the_law_protects_chooses_nobody(person) -> None:
    form = start_form(kind=FormKind.SURVEY, title="Survey", language="en", by=None)
    theme, *others = form.draft["blocks"]
    blocks = [theme | {"label": {"en": "Your religion?"}}, *others]
    form = save_draft(form=form, content=form.draft | {"blocks": blocks}, revision=1, by=None)
    publish_form(form=form, by=None)
    found = {one.key: one for one in all_conditions()}[f"answer.{form.pk}.theme"]
    assert found.class_for("any", ["o1"]) == TargetingClass.FORBIDDEN
    assert found.never_on == frozenset(Channel)
