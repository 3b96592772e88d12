"""Nested groups say what they say: the queryset and a plain reading of each person agree."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contacts.models import Contact
from contacts.segments.compile import people_matching
from contacts.segments.explain import Answer, explain
from contacts.segments.tree import parse_tree
from tests.contacts.segments.world import EVERYONE, NOON, World

RULES: list[tuple[str, str, Any]] = [
    ("gender", "is", ["F"]),
    ("gender", "unknown", None),
    ("age", "to", 20),
    ("age", "unknown", None),
    ("language", "is_not", ["en"]),
    ("territory", "known", None),
    ("has_email", "has_not", None),
    ("consent", "withdrawn", ["targeting.email"]),
    ("extra.gifts", "from", 6),
    ("extra.job", "is_not", "Nurse"),
    ("roll", "has", None),
]
nodes = st.recursive(
    st.sampled_from(RULES).map(lambda rule: dict(zip(("condition", "operator", "value"), rule, strict=True))),
    lambda inner: st.builds(
        lambda kind, children: {kind: children},
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def holds(answer: Answer) -> bool:
    """The groups evaluated here, from the conditions' answers alone."""
    if answer.text:
        return answer.holds
    parts = [holds(part) for part in answer.parts]
    return {"all": all(parts), "any": any(parts), "none": not any(parts)}[answer.kind]


@hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(children=st.lists(nodes, min_size=1, max_size=3), kind=st.sampled_from(["all", "any", "none"]))
def test_the_queryset_and_the_explanation_agree(world: World, children: list[Any], kind: str) -> None:
    tree = parse_tree({kind: children})
    found = world.names({kind: children})
    for name in EVERYONE:
        answer = explain(tree, getattr(world, name), at=NOON)
        assert answer.holds == holds(answer) == (name in found)


def test_a_person_is_found_once_however_many_facts_match(world: World) -> None:
    tags = [tag.pk for tag in world.tags.values()]
    tree = parse_tree(
        {"any": [world.rule("tag", "any", tags), world.rule("newsletter", "any", [world.letter.pk])]}
    )
    ids = list(people_matching(tree, at=NOON).values_list("pk", flat=True))
    assert sorted(ids) == sorted({world.lea.pk, world.tom.pk})


def test_people_being_erased_are_in_no_segment(world: World) -> None:
    Contact.objects.filter(pk=world.lea.pk).update(erased_at=NOON)
    assert world.names({"none": [world.rule("gender", "is", ["M"])]}) == {"ana", "stub"}


def test_counting_and_explaining_take_one_query(world: World) -> None:
    tree = parse_tree({"all": [world.rule("gender", "is", ["F"]), {"none": [world.rule("age", "to", 20)]}]})
    with CaptureQueriesContext(connection) as queries:
        assert people_matching(tree, at=NOON).count() == 1
        explain(tree, world.tom, at=NOON)
    assert len(queries) == 2


def test_an_explanation_says_each_part_in_words(world: World) -> None:
    tree = parse_tree({"all": [world.rule("gender", "is", ["F"]), {"none": [world.rule("age", "to", 20)]}]})
    assert explain(tree, world.tom, at=NOON) == Answer(
        holds=False,
        kind="all",
        parts=(
            Answer(False, text="Gender is Woman"),
            Answer(False, kind="none", parts=(Answer(True, text="Age up to 20 years"),)),
        ),
    )
