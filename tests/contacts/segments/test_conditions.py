"""Every condition and every operator, on people who meet it and people who do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contacts.enums import Channel, TargetingClass
from contacts.models import Contact, ElectoralRegistration, Segment
from contacts.segments.conditions import (
    Condition,
    ConditionGroup,
    all_conditions,
    find_condition,
    register_condition,
)
from contacts.segments.tree import parse_tree, rules_of
from contacts.segments.values import NOTHING
from tests.contacts.segments.world import EVERYONE, World

Value = Callable[[World], Any]


def _is(value: Any) -> Value:
    return lambda _world: value


CASES: list[tuple[str, str, Value, str]] = [
    ("gender", "is", _is(["F"]), "lea"),
    ("gender", "is", _is(["F", "M"]), "lea tom"),
    ("gender", "is_not", _is(["F"]), "tom ana stub"),
    ("gender", "unknown", _is(None), "ana stub"),
    ("age", "from", _is(37), "lea"),  # 37 on the very day
    ("age", "from", _is(38), ""),
    ("age", "to", _is(17), "tom"),  # 18 tomorrow
    ("age", "to", _is(16), ""),
    ("age", "between", _is([17, 37]), "lea tom"),
    ("age", "between", _is([18, 36]), ""),
    ("age", "known", _is(None), "lea tom"),
    ("age", "unknown", _is(None), "ana stub"),
    ("language", "is", _is(["en"]), "tom"),
    ("language", "is_not", _is(["en"]), "lea ana stub"),
    ("relationship", "is", _is(["member", "regular"]), "lea tom"),
    ("relationship", "is_not", _is(["member", "regular"]), "ana stub"),
    ("support_level", "is", _is(["5"]), "lea"),
    ("support_level", "is", _is(["1", "3"]), ""),
    ("support_level", "known", _is(None), "lea"),
    ("support_level", "unknown", _is(None), "tom ana stub"),
    ("name", "contains", _is("FEVRE"), "lea"),
    ("name", "starts", _is("mart"), "tom"),
    ("name", "starts", _is("tom"), ""),
    ("name", "contains", _is("%"), ""),
    ("territory", "inside", lambda w: [w.hauts.pk], "lea"),
    ("territory", "inside", lambda w: [w.oise.pk, w.lyon.pk], "lea tom"),
    ("territory", "outside", lambda w: [w.oise.pk], "tom ana stub"),
    ("territory", "known", _is(None), "lea tom"),
    ("territory", "unknown", _is(None), "ana stub"),
    ("postcode", "starts", _is("75, 60"), "lea"),
    ("postcode", "starts", _is("69"), ""),
    ("newsletter", "any", lambda w: [w.letter.pk, w.digest.pk], "lea tom"),
    ("newsletter", "any", lambda w: [w.letter.pk], "lea"),  # Tom left it
    ("newsletter", "all", lambda w: [w.letter.pk, w.digest.pk], ""),
    ("newsletter", "none", lambda w: [w.letter.pk], "tom ana stub"),
    ("list", "any", lambda w: [w.picked.pk], "lea"),
    ("list", "all", lambda w: [w.picked.pk, w.joined.pk], "lea"),
    ("list", "none", lambda w: [w.joined.pk], "ana stub"),
    ("source", "any", lambda w: [w.form.pk, w.broker.pk], "tom ana"),
    ("source", "all", lambda w: [w.form.pk, w.broker.pk], ""),
    ("source", "none", lambda w: [w.form.pk, w.broker.pk], "lea stub"),
    ("consent", "given", _is(["targeting.email"]), "lea"),
    ("consent", "withdrawn", _is(["targeting.email"]), "tom"),  # what he said last
    ("consent", "never", _is(["targeting.email"]), "ana stub"),
    ("consent", "given", _is(["targeting.sms", "targeting.email"]), "lea"),
    ("consent", "never", _is(["targeting.sms"]), "lea tom ana stub"),
    ("tag", "any", lambda w: [w.tags["donor"].pk, w.tags["press"].pk], "lea"),
    ("tag", "all", lambda w: [w.tags["donor"].pk, w.tags["volunteer"].pk], "lea"),
    ("tag", "all", lambda w: [w.tags["donor"].pk, w.tags["press"].pk], ""),
    ("tag", "none", lambda w: [w.tags["volunteer"].pk], "ana stub"),
    ("extra.shirt", "is", _is(["M"]), "lea"),
    ("extra.shirt", "is_not", _is(["M"]), "tom ana stub"),
    ("extra.shirt", "known", _is(None), "lea tom"),
    ("extra.shirt", "unknown", _is(None), "ana stub"),
    ("extra.job", "is", _is("Nurse"), "lea"),
    ("extra.job", "is_not", _is("Nurse"), "tom ana stub"),
    ("extra.job", "contains", _is("urs"), "lea"),
    ("extra.job", "contains", _is("doctor"), ""),
    ("extra.job", "known", _is(None), "lea"),
    ("extra.job", "unknown", _is(None), "tom ana stub"),
    ("extra.gifts", "from", _is(5.5), "lea tom"),
    ("extra.gifts", "from", _is(6), "lea"),
    ("extra.gifts", "to", _is(30), "lea tom"),
    ("extra.gifts", "to", _is(29), "tom"),
    ("extra.gifts", "between", _is([6, 29]), ""),
    ("extra.gifts", "between", _is([5, 30]), "lea tom"),
    ("extra.gifts", "known", _is(None), "lea tom"),
    ("extra.gifts", "unknown", _is(None), "ana stub"),
    ("extra.met", "since", _is("2027-01-05"), "lea"),
    ("extra.met", "before", _is("2027-01-05"), "tom"),
    ("extra.met", "between", _is(["2026-12-24", "2027-01-05"]), "lea tom"),
    ("extra.met", "known", _is(None), "lea tom"),
    ("extra.met", "unknown", _is(None), "ana stub"),
    ("extra.car", "has", _is(None), "lea"),
    ("extra.car", "has_not", _is(None), "tom"),
    ("extra.car", "known", _is(None), "lea tom"),
    ("extra.car", "unknown", _is(None), "ana stub"),
    ("has_email", "has", _is(None), "lea tom ana"),
    ("has_email", "has_not", _is(None), "stub"),
    ("has_mobile", "has", _is(None), "lea"),
    ("has_mobile", "has_not", _is(None), "tom ana stub"),
    ("has_phone", "has", _is(None), "lea tom"),
    ("has_phone", "has_not", _is(None), "ana stub"),
    ("has_address", "has", _is(None), "lea"),
    ("has_address", "has_not", _is(None), "tom ana stub"),
    ("reachable", "any", _is(["email"]), "lea tom"),
    ("reachable", "any", _is(["email", "post"]), "lea tom stub"),
    ("reachable", "all", _is(["email", "sms"]), "lea"),
    ("reachable", "none", _is(["email"]), "ana stub"),
    ("roll", "has", _is(None), "tom stub"),
    ("roll", "has_not", _is(None), "lea ana"),
    ("roll_place", "inside", lambda w: [w.oise.pk], "stub"),
    ("roll_place", "outside", lambda w: [w.oise.pk], "lea tom ana"),
    ("roll_station", "inside", lambda w: [w.station.pk], "stub"),
    ("roll_station", "outside", lambda w: [w.station.pk], "lea tom ana"),
    ("roll_canton", "inside", lambda w: [w.canton.pk], "stub"),
    ("roll_canton", "outside", lambda w: [w.canton.pk], "lea tom ana"),
    ("roll_constituency", "inside", lambda w: [w.constituency.pk], "stub"),
    ("roll_constituency", "outside", lambda w: [w.constituency.pk], "lea tom ana"),
    ("roll_age", "from", _is(77), "stub"),
    ("roll_age", "to", _is(17), "tom"),
    ("roll_age", "between", _is([18, 76]), ""),
    ("roll_gender", "is", _is(["F"]), "stub"),
    ("roll_list", "is", _is(["3"]), "tom"),
    ("created", "days", _is(10), "tom"),
    ("created", "days", _is(9), ""),
    ("created", "since", _is("2027-02-20"), "tom"),
    ("created", "before", _is("2027-02-20"), "lea ana stub"),
    ("segment", "any", lambda w: [_saved(w, "Women", "gender", "is", ["F"])], "lea"),
    ("segment", "none", lambda w: [_saved(w, "Women", "gender", "is", ["F"])], "tom ana stub"),
]  # fmt: skip


def _saved(world: World, name: str, *rule: Any) -> int:
    saved, _new = Segment.objects.get_or_create(name=name, defaults={"tree": {"all": [world.rule(*rule)]}})
    return saved.pk


@pytest.mark.parametrize(
    ("condition", "operator", "value", "expected"),
    CASES,
    ids=[f"{case[0]}-{case[1]}-{case[3] or 'nobody'}" for case in CASES],
)
def test_a_condition_finds_those_and_its_negation_the_others(
    world: World, condition: str, operator: str, value: Value, expected: str
) -> None:
    rule = world.rule(condition, operator, value(world))
    found = set(expected.split())
    assert world.names({"all": [rule]}) == found
    assert world.names({"any": [rule]}) == found
    assert world.names({"none": [rule]}) == EVERYONE - found


def test_a_city_holds_the_people_and_the_electors_of_its_arrondissements(world: World) -> None:
    third = world._place("municipal_arrondissement", "69383", "Lyon 3e", world.lyon, world.rhone)
    Contact.objects.filter(commune=world.lyon).update(commune=third)
    ElectoralRegistration.objects.update(commune=third)
    assert world.names({"all": [world.rule("territory", "inside", [world.lyon.pk])]}) == {"tom"}
    assert world.names({"all": [world.rule("roll_place", "inside", [world.lyon.pk])]}) == {"stub", "tom"}


@pytest.mark.parametrize(
    ("operator", "value", "is_found"),
    [
        ("known", None, True),
        ("unknown", None, False),
        ("from", 30, True),  # born in 1996: 30 or 31 on 1 March 2027
        ("from", 31, False),
        ("to", 31, True),
        ("to", 30, False),
        ("between", [30, 31], True),
        ("between", [31, 40], False),
    ],
)
def test_a_year_of_birth_alone_counts_where_every_day_of_it_fits(
    world: World, operator: str, value: Any, is_found: bool
) -> None:
    Contact.objects.filter(pk=world.ana.pk).update(birth_date=None, birth_year=1996)
    assert ("ana" in world.names({"all": [world.rule("age", operator, value)]})) is is_found


def test_every_condition_and_operator_has_a_case(world: World) -> None:
    asked = {(condition, operator) for condition, operator, _value, _expected in CASES}
    offered = {
        (condition.key, operator)
        for condition in all_conditions()
        for operator in condition.operators
        if condition.group != ConditionGroup.ENGAGEMENT  # of apps above, and tested beside them
    }
    assert offered == asked


def test_every_condition_declares_a_targeting_class(world: World) -> None:
    for condition, operator, value, _expected in CASES:
        rule = next(rules_of(parse_tree({"all": [world.rule(condition, operator, value(world))]})))
        assert rule.condition.class_for(rule.operator, rule.value) in TargetingClass
        assert str(rule)


def test_a_condition_without_class_cannot_be_registered() -> None:
    with pytest.raises(TypeError, match="targeting_class"):
        Condition(key="x", label="X", group=ConditionGroup.OTHER, operators={"has": NOTHING}, compile=_never)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="declares no targeting class"):
        register_condition(_condition(targeting_class=None))
    assert find_condition("test_only") is None


def test_a_key_is_registered_once_and_its_operators_have_words() -> None:
    with pytest.raises(ValueError, match="choose another key"):
        register_condition(_condition(key="age"))
    with pytest.raises(ValueError, match="resembles"):
        register_condition(_condition(operators={"resembles": NOTHING}))
    with pytest.raises(ValueError, match="missing operators"):
        register_condition(_condition(operators={}))


def _never(*_args: Any) -> Any:
    raise AssertionError


def _condition(**changes: Any) -> Condition:
    values: dict[str, Any] = {
        "key": "test_only",
        "label": "Test",
        "group": ConditionGroup.OTHER,
        "operators": {"has": NOTHING},
        "targeting_class": TargetingClass.TECHNICAL,
        "compile": _never,
    }
    return Condition(**(values | changes))


CLASSES: list[tuple[str, str, Value, TargetingClass]] = [
    ("age", "from", _is(18), TargetingClass.CRITERION),
    ("territory", "inside", lambda w: [w.oise.pk], TargetingClass.CRITERION),
    ("language", "is", _is(["fr"]), TargetingClass.TECHNICAL),
    ("relationship", "is", _is(["member"]), TargetingClass.SUBSCRIPTION),
    ("relationship", "is", _is(["member", "former"]), TargetingClass.CRITERION),
    ("relationship", "is_not", _is(["member"]), TargetingClass.CRITERION),
    ("newsletter", "any", lambda w: [w.letter.pk], TargetingClass.SUBSCRIPTION),
    ("list", "any", lambda w: [w.joined.pk], TargetingClass.SUBSCRIPTION),
    ("list", "any", lambda w: [w.joined.pk, w.picked.pk], TargetingClass.CRITERION),
    ("source", "any", lambda w: [w.form.pk], TargetingClass.SUBSCRIPTION),
    ("source", "any", lambda w: [w.form.pk, w.roll.pk], TargetingClass.FORBIDDEN),
    ("tag", "none", lambda w: [w.tags["donor"].pk], TargetingClass.CRITERION),
    ("extra.shirt", "known", _is(None), TargetingClass.CRITERION),
    ("consent", "given", _is(["targeting.email"]), TargetingClass.SUBSCRIPTION),
    ("consent", "given", _is(["profile.email"]), TargetingClass.CRITERION),
    ("consent", "withdrawn", _is(["messages.email"]), TargetingClass.CRITERION),
    ("consent", "never", _is(["targeting.email"]), TargetingClass.CRITERION),
    ("newsletter", "none", lambda w: [w.letter.pk], TargetingClass.CRITERION),
    ("source", "none", lambda w: [w.form.pk], TargetingClass.CRITERION),
    ("source", "all", lambda w: [w.form.pk, w.broker.pk], TargetingClass.CRITERION),
    ("roll_gender", "is", _is(["F"]), TargetingClass.FORBIDDEN),
    ("name", "starts", _is("a"), TargetingClass.FORBIDDEN),
    ("segment", "any", lambda w: [_saved(w, "Women", "gender", "is", ["F"])], TargetingClass.CRITERION),
    ("segment", "any", lambda w: [_saved(w, "Roll", "roll", "has")], TargetingClass.FORBIDDEN),
]


@pytest.mark.parametrize(("condition", "operator", "value", "expected"), CLASSES)
def test_the_class_follows_what_is_chosen(
    world: World, condition: str, operator: str, value: Value, expected: TargetingClass
) -> None:
    found = find_condition(condition)
    assert found is not None
    assert (
        found.class_for(operator, tuple(given) if isinstance(given := value(world), list) else given)
        == expected
    )


EMAIL, SMS, POST = Channel.EMAIL, Channel.SMS, Channel.POST


@pytest.mark.parametrize(
    ("condition", "operator", "value", "own"),
    [
        ("has_email", "has_not", None, {EMAIL}),
        ("has_mobile", "has", None, {SMS, Channel.CALL}),
        ("has_phone", "has", None, {SMS, Channel.CALL}),
        ("has_address", "has", None, {POST}),
        ("reachable", "any", ("email", "sms"), {EMAIL, SMS}),
        ("reachable", "all", ("email", "sms"), set()),
        ("reachable", "none", ("sms",), {SMS}),
        ("consent", "given", ("messages.email", "targeting.email"), {EMAIL}),
        ("consent", "given", ("messages.email", "messages.sms"), set()),
        ("consent", "given", ("profile.email",), set()),
        ("consent", "never", ("messages.email",), set()),
        ("language", "is", ("fr",), set(Channel)),
    ],
)
def test_what_one_channel_asks_is_a_criterion_on_another(
    condition: str, operator: str, value: Any, own: set[Channel]
) -> None:
    found = find_condition(condition)
    assert found is not None
    classes = {channel: found.class_for(operator, value, channel=channel) for channel in Channel}
    free = {channel for channel, used in classes.items() if used != TargetingClass.CRITERION}
    assert free == own


def test_roll_facts_stay_off_e_mail_and_sms_and_names_off_every_channel() -> None:
    roll, name, age = (find_condition(key) for key in ("roll_age", "name", "age"))
    assert roll is not None
    assert name is not None
    assert age is not None
    assert roll.refused_on("from", 18) == {Channel.EMAIL, Channel.SMS}
    assert name.refused_on("starts", "a") == set(Channel)
    assert age.refused_on("from", 18) == set()
