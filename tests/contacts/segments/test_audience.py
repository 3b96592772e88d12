"""What a mailing's choice of recipients becomes, and what that costs in law."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from contacts.enums import Channel, MessageKind, TargetingClass, UnreachableReason
from contacts.errors import ContactsError
from contacts.models import Source
from contacts.segments import conditions
from contacts.segments.audience import Audience, resolve_audience
from contacts.segments.errors import AudienceRefused
from contacts.services.lists import add_to_list
from contacts.services.segments import create_segment
from contacts.services.sources import update_source
from tests.contacts.segments.world import NOON, World

TERMS: Any = {"channel": Channel.EMAIL, "kind": MessageKind.POLITICAL, "at": NOON}


def targeted(audience: Audience) -> bool:
    return audience.targeted_on(Channel.EMAIL)


def ids(queryset: Any) -> list[int]:
    return sorted(queryset.values_list("pk", flat=True))


def test_everyone_is_untargeted(world: World) -> None:
    audience = resolve_audience({"type": "everyone"})
    assert ids(audience.queryset) == [world.lea.pk, world.tom.pk, world.ana.pk, world.stub.pk]
    assert (targeted(audience), audience.classes, audience.label) == (False, frozenset(), "Everyone")
    counts = audience.counts(**TERMS)
    assert counts.reachable == 2
    assert counts.left_out == {UnreachableReason.NO_ADDRESS: 1, UnreachableReason.BROKER_ONLY: 1}


def test_a_newsletter_is_those_who_receive_it_now(world: World) -> None:
    audience = resolve_audience({"type": "newsletter", "id": world.letter.pk})
    assert ids(audience.queryset) == [world.lea.pk]
    assert not targeted(audience)


def test_a_list_is_targeted_when_staff_chose(world: World) -> None:
    add_to_list(to=world.picked, contacts=[world.tom], by=None)
    picked = resolve_audience({"type": "list", "id": world.picked.pk})
    joined = resolve_audience({"type": "list", "id": world.joined.pk})
    assert (targeted(picked), targeted(joined)) == (True, False)
    assert ids(joined.reachable(**TERMS)) == [world.lea.pk, world.tom.pk]
    assert ids(picked.reachable(**TERMS)) == [world.lea.pk]  # Tom took his agreement back
    assert picked.counts(**TERMS).left_out == {UnreachableReason.NO_TARGETING_CONSENT: 1}


def test_a_segment_carries_its_version_tree_and_classes(world: World) -> None:
    tree = {"all": [world.rule("age", "from", 18), world.rule("language", "is", ["fr"])]}
    segment = create_segment(name="Adults", tree=tree, by=None)
    audience = resolve_audience({"type": "segment", "id": segment.pk}, at=NOON)
    assert ids(audience.queryset) == [world.lea.pk]
    assert targeted(audience)
    assert audience.classes == {TargetingClass.CRITERION, TargetingClass.TECHNICAL}
    assert (audience.segment, audience.segment_version, audience.tree) == (segment, 1, tree)


def test_a_segment_of_choices_is_not_targeted(world: World) -> None:
    rules = [world.rule("newsletter", "any", [world.letter.pk]), world.rule("has_email", "has")]
    segment = create_segment(name="Readers", tree={"all": rules}, by=None)
    assert not targeted(resolve_audience({"type": "segment", "id": segment.pk}))


def test_what_another_channel_knows_of_people_chooses_them_by_a_fact(world: World) -> None:
    tree = {"all": [world.rule("has_phone", "has")]}
    inner = create_segment(name="By phone", tree=tree, by=None)
    outer = create_segment(name="Outer", tree={"all": [world.rule("segment", "any", [inner.pk])]}, by=None)
    for segment in (inner, outer):
        audience = resolve_audience({"type": "segment", "id": segment.pk}, at=NOON)
        assert [audience.targeted_on(channel) for channel in (Channel.EMAIL, Channel.SMS)] == [True, False]
        assert ids(audience.reachable(**TERMS)) == [world.lea.pk]
        assert audience.counts(**TERMS).left_out == {UnreachableReason.NO_TARGETING_CONSENT: 1}


def test_roll_conditions_are_refused_on_e_mail_and_sms_only(world: World) -> None:
    segment = create_segment(name="Electors", tree={"all": [world.rule("roll_age", "from", 60)]}, by=None)
    choice = {"type": "segment", "id": segment.pk}
    for channel in (Channel.EMAIL, Channel.SMS):
        with pytest.raises(AudienceRefused, match=f"“Age on the roll” may not choose .* {channel.label}"):
            resolve_audience(choice, channel=channel)
    assert ids(resolve_audience(choice, channel=Channel.POST, at=NOON).queryset) == [world.stub.pk]
    audience = resolve_audience(choice, at=NOON)
    with pytest.raises(AudienceRefused):
        audience.reachable(channel=Channel.EMAIL, kind=MessageKind.POLITICAL)
    with pytest.raises(AudienceRefused):
        audience.counts(channel=Channel.SMS, kind=MessageKind.SERVICE)
    post = audience.counts(channel=Channel.POST, kind=MessageKind.POLITICAL, at=NOON)
    assert (post.reachable, post.left_out) == (1, {})


def test_service_messages_are_for_those_who_take_part(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    newsletter = conditions.find_condition("newsletter")
    assert newsletter is not None
    joined = replace(newsletter, key="joined", targeting_class=TargetingClass.REGISTRANT)
    monkeypatch.setitem(conditions._conditions, "joined", joined)
    takes_part, woman = world.rule("joined", "any", [world.letter.pk]), world.rule("gender", "is", ["F"])
    inner = create_segment(name="Joined", tree={"any": [takes_part]}, by=None)
    named = world.rule("segment", "any", [inner.pk])
    random_half = world.rule("has_email", "has", None)  # says nothing about who people are
    tried: list[tuple[dict[str, Any], bool]] = [
        ({"all": [takes_part, random_half]}, True),
        ({"any": [takes_part, takes_part]}, True),
        ({"all": [random_half, {"any": [named]}]}, True),
        ({"any": [takes_part, woman]}, False),
        ({"none": [takes_part]}, False),
        ({"all": [world.rule("joined", "none", [world.letter.pk])]}, False),
        ({"all": [world.rule("segment", "none", [inner.pk]), woman]}, False),
        ({"all": [woman]}, False),
    ]
    for number, (tree, allowed) in enumerate(tried):
        segment = create_segment(name=f"Tried {number}", tree=tree, by=None)
        audience = resolve_audience({"type": "segment", "id": segment.pk}, at=NOON)
        assert audience.takes_part is allowed, tree
        if not allowed:
            with pytest.raises(AudienceRefused, match="people who take part"):
                audience.reachable(channel=Channel.EMAIL, kind=MessageKind.SERVICE)
        else:
            audience.reachable(channel=Channel.EMAIL, kind=MessageKind.SERVICE)
    for tree in ({"all": [takes_part, woman]}, {"all": [woman, {"any": [named]}]}):
        segment = create_segment(name=f"Some of them {len(tree['all'][1])}", tree=tree, by=None)
        some = resolve_audience({"type": "segment", "id": segment.pk}, at=NOON)
        assert some.takes_part
        with pytest.raises(AudienceRefused, match="everybody who takes part"):
            some.reachable(channel=Channel.EMAIL, kind=MessageKind.SERVICE)
        assert some.counts(channel=Channel.EMAIL, kind=MessageKind.POLITICAL, at=NOON)
    for choice in ({"type": "everyone"}, {"type": "newsletter", "id": world.letter.pk}):
        with pytest.raises(AudienceRefused, match="people who take part"):
            resolve_audience(choice).counts(channel=Channel.EMAIL, kind=MessageKind.SERVICE)


def test_a_name_chooses_nobody_on_any_channel_even_inside_another_segment(world: World) -> None:
    inner = create_segment(name="Inner", tree={"all": [world.rule("name", "contains", "ma")]}, by=None)
    outer = create_segment(name="Outer", tree={"none": [world.rule("segment", "any", [inner.pk])]}, by=None)
    for channel in Channel:
        with pytest.raises(AudienceRefused, match="“Name”"):
            resolve_audience({"type": "segment", "id": outer.pk}, channel=channel)


def test_a_whole_broker_file_is_reached_by_e_mail_untargeted_and_only_so(world: World) -> None:
    choice = {"type": "source", "id": world.broker.pk}
    with pytest.raises(AudienceRefused, match="Write down where the proof of “Broker” is kept"):
        resolve_audience(choice, channel=Channel.EMAIL)
    Source.objects.filter(pk=world.broker.pk).update(proof="Contract 12, safe of the head office")
    audience = resolve_audience(choice, channel=Channel.EMAIL)
    assert (targeted(audience), audience.source) == (False, world.broker)
    assert ids(audience.reachable(**TERMS)) == [world.ana.pk]
    segment = create_segment(
        name="Broker", tree={"all": [world.rule("source", "any", [world.broker.pk])]}, by=None
    )
    part = resolve_audience({"type": "segment", "id": segment.pk}, channel=Channel.EMAIL)
    assert part.counts(**TERMS).left_out == {UnreachableReason.BROKER_ONLY: 1}


def test_a_roll_is_no_audience_for_e_mail(world: World) -> None:
    choice = {"type": "source", "id": world.roll.pk}
    for channel in (Channel.EMAIL, Channel.SMS, Channel.CALL):
        with pytest.raises(AudienceRefused, match="allows letters and door-to-door only"):
            resolve_audience(choice, channel=channel)
    audience = resolve_audience(choice, channel=Channel.POST)
    reached = audience.reachable(channel=Channel.POST, kind=MessageKind.POLITICAL)
    assert ids(reached) == [world.stub.pk]


def test_a_file_whose_licence_ended_is_refused(world: World) -> None:
    update_source(source=world.broker, by=None, licence_ends_on=date(2027, 2, 28))
    with pytest.raises(AudienceRefused, match="The licence of “Broker” has ended"):
        resolve_audience({"type": "source", "id": world.broker.pk}, at=NOON)
    update_source(source=world.broker, by=None, licence_ends_on=date(2027, 3, 1))
    assert resolve_audience({"type": "source", "id": world.broker.pk}, at=NOON).source == world.broker


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({}, "Choose who receives this mailing."),
        ({"type": "sql", "id": 1}, "There is no audience “sql”."),
        ({"type": "segment", "id": 999999}, "This segment does not exist any more."),
        ({"type": "segment", "id": "1 OR 1=1"}, "This segment does not exist any more."),
        ({"type": "list"}, "This fixed list does not exist any more."),
        ({"type": "newsletter", "id": None}, "This newsletter does not exist any more."),
        ({"type": "source", "id": 999999}, "This source does not exist any more."),
    ],
)
def test_what_does_not_exist_is_refused_with_a_message(choice: dict[str, Any], message: str) -> None:
    with pytest.raises(ContactsError) as caught:
        resolve_audience(choice)
    assert str(caught.value) == message
