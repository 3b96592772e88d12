"""Segments made of segments."""

from __future__ import annotations

import pytest

from contacts.enums import TargetingClass
from contacts.models import Segment
from contacts.segments.errors import SegmentInvalid
from contacts.segments.nesting import classes_of, every_rule, read_segment, strictest
from contacts.segments.tree import parse_tree
from contacts.services.segments import SegmentInUse, create_segment, delete_segment, update_segment
from tests.contacts.segments.world import World


def saved(world: World, name: str, *rules: tuple[object, ...]) -> Segment:
    return create_segment(name=name, tree={"all": [world.rule(*rule) for rule in rules]}, by=None)


def test_a_segment_is_included_and_excluded(world: World) -> None:
    women = saved(world, "Women", ("gender", "is", ["F"]))
    readers = saved(world, "Readers", ("newsletter", "any", [world.letter.pk, world.digest.pk]))
    both = [world.rule("segment", "any", [readers.pk]), world.rule("segment", "none", [women.pk])]
    assert world.names({"all": both}) == {"tom"}
    outer = create_segment(name="Outer", tree={"all": both}, by=None)
    assert world.names({"all": [world.rule("segment", "any", [outer.pk, women.pk])]}) == {"lea", "tom"}


def test_classes_come_through_the_segments_inside(world: World) -> None:
    readers = saved(world, "Readers", ("newsletter", "any", [world.letter.pk]))
    roll = saved(world, "Roll", ("roll", "has"), ("language", "is", ["fr"]))
    outer = parse_tree(
        {"all": [world.rule("segment", "any", [readers.pk]), world.rule("segment", "none", [roll.pk])]}
    )
    assert classes_of(outer) == {
        TargetingClass.SUBSCRIPTION,
        TargetingClass.FORBIDDEN,
        TargetingClass.TECHNICAL,
    }
    assert strictest(classes_of(outer)) == TargetingClass.FORBIDDEN
    assert [rule.condition.key for rule in every_rule(outer)] == [
        "segment", "newsletter", "segment", "roll", "language",
    ]  # fmt: skip


def test_what_people_did_not_choose_is_a_criterion(world: World) -> None:
    reads = world.rule("newsletter", "any", [world.letter.pk])
    readers = saved(world, "Readers", ("newsletter", "any", [world.letter.pk]))
    french = world.rule("language", "is", ["fr"])

    def classes(tree: object) -> set[TargetingClass]:
        return set(classes_of(parse_tree(tree)))

    criterion, technical = TargetingClass.CRITERION, TargetingClass.TECHNICAL
    assert classes({"all": [{"none": [reads, french]}]}) == {criterion, technical}
    assert classes({"none": [{"all": [{"any": [reads]}]}]}) == {criterion}
    assert classes({"all": [world.rule("segment", "none", [readers.pk])]}) == {criterion}
    assert classes({"none": [world.rule("segment", "any", [readers.pk])]}) == {criterion}
    assert classes({"all": [world.rule("segment", "any", [readers.pk])]}) == {TargetingClass.SUBSCRIPTION}


def test_people_whom_several_sources_have_in_common_are_chosen_by_a_fact(world: World) -> None:
    form, members = (world.rule("source", "any", [one.pk]) for one in (world.form, world.members))
    reads = world.rule("newsletter", "any", [world.letter.pk])
    inner = saved(world, "Form", ("source", "any", [world.form.pk]))
    named = world.rule("segment", "any", [inner.pk])
    chosen, both = {TargetingClass.SUBSCRIPTION}, {TargetingClass.SUBSCRIPTION, TargetingClass.CRITERION}
    for tree, expected in (
        ({"any": [form, members]}, chosen),
        ({"all": [form, reads]}, chosen),
        ({"all": [form, members]}, both),
        ({"all": [members, {"any": [reads, named]}]}, both),
        ({"any": [reads, {"all": [form, members]}]}, both),
    ):
        assert classes_of(parse_tree(tree)) == expected, tree


def test_a_segment_cannot_contain_itself(world: World) -> None:
    inner = saved(world, "Inner", ("gender", "is", ["F"]))
    outer = saved(world, "Outer", ("segment", "any", [inner.pk]))
    with pytest.raises(SegmentInvalid, match="“Inner” contains itself"):
        update_segment(segment=inner, tree={"all": [world.rule("segment", "any", [outer.pk])]}, by=None)
    with pytest.raises(SegmentInvalid, match="“Inner” contains itself"):
        update_segment(segment=inner, tree={"none": [world.rule("segment", "none", [inner.pk])]}, by=None)
    inner.refresh_from_db()
    assert inner.version == 1


def test_a_circle_in_the_table_ends_with_a_message(world: World) -> None:
    first = saved(world, "First", ("gender", "is", ["F"]))
    second = saved(world, "Second", ("segment", "any", [first.pk]))
    Segment.objects.filter(pk=first.pk).update(tree={"all": [world.rule("segment", "any", [second.pk])]})
    with pytest.raises(SegmentInvalid, match="contains itself"):
        world.names({"all": [world.rule("segment", "any", [first.pk])]})
    with pytest.raises(SegmentInvalid, match="contains itself"):
        classes_of(read_segment(first.pk), (first.pk,))


def test_a_broken_segment_inside_is_named(world: World) -> None:
    donors = saved(world, "Donors", ("tag", "any", [world.tags["donor"].pk]))
    world.tags["donor"].delete()
    with pytest.raises(SegmentInvalid, match=r"“Donors” all\[0\].value: This tag does not exist any more"):
        world.names({"all": [world.rule("segment", "any", [donors.pk])]})


def test_a_segment_that_others_use_is_not_deleted(world: World) -> None:
    women = saved(world, "Women", ("gender", "is", ["F"]))
    saved(world, "Readers", ("segment", "any", [women.pk]))
    with pytest.raises(SegmentInUse, match="“Women” is part of: Readers"):
        delete_segment(segment=women, by=None)
    Segment.objects.filter(name="Readers").delete()
    delete_segment(segment=women, by=None)
    assert not Segment.objects.exists()
