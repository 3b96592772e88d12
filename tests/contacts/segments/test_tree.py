"""Trees read from JSON: what is accepted, and every fault named at its place."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from contacts.segments.compile import people_matching
from contacts.segments.conditions import all_conditions
from contacts.segments.errors import Problem, SegmentInvalid
from contacts.segments.tree import MAX_DEPTH, MAX_RULES, Group, parse_tree, rules_of, without_incomplete
from tests.contacts.segments.world import World

WOMAN = {"condition": "gender", "operator": "is", "value": ["F"]}


def faults(data: Any) -> list[tuple[str, str, bool]]:
    with pytest.raises(SegmentInvalid) as caught:
        parse_tree(data)
    return [(problem.path, problem.message, problem.incomplete) for problem in caught.value.problems]


FAULTS: list[tuple[Any, str, str, bool]] = [
    ([], "tree", "A group or a condition is expected here.", False),
    ("all", "tree", "A group or a condition is expected here.", False),
    (WOMAN, "tree", "The tree begins with a group: all, any or none.", False),
    ({"all": []}, "tree", "Add at least one condition.", True),
    ({"all": [WOMAN], "any": []}, "tree", "A group has one key: all, any or none.", False),
    ({"all": WOMAN}, "all", "A group holds a list of conditions and groups.", False),
    ({"all": [WOMAN, {"any": []}]}, "all[1].any", "This group has no condition yet.", True),
    ({"all": [7]}, "all[0]", "A group or a condition is expected here.", False),
    ({"all": [WOMAN | {"sql": "1"}]}, "all[0]", "Unknown key: sql.", False),
    ({"all": [{"operator": "is"}]}, "all[0].condition", "Choose a condition.", True),
    ({"all": [{"condition": "pk__in"}]}, "all[0].condition", "There is no condition “pk__in”.", False),
    ({"all": [{"condition": ["age"]}]}, "all[0].condition", "There is no condition “['age']”.", False),
    (
        {"any": [WOMAN, {"none": [WOMAN | {"operator": "regex"}]}]},
        "any[1].none[0].operator",
        "“Gender” has no operator “regex”; it has: is, is_not, unknown.",
        False,
    ),
    (
        {"all": [{"condition": "gender"}]},
        "all[0].operator",
        "“Gender” has no operator “None”; it has: is, is_not, unknown.",
        True,
    ),
    ({"all": [WOMAN | {"value": []}]}, "all[0].value", "Choose at least one.", True),
    ({"all": [WOMAN | {"value": "F"}]}, "all[0].value", "Give a list.", False),
    ({"all": [WOMAN | {"value": ["F", "X"]}]}, "all[0].value", "“X” is not one of the choices.", False),
    ({"all": [WOMAN | {"value": [{}]}]}, "all[0].value", "“{}” is not one of the choices.", False),
    ({"all": [WOMAN | {"value": ["F"] * 201}]}, "all[0].value", "Choose at most 200.", False),
    ({"all": [WOMAN | {"operator": "unknown"}]}, "all[0].value", "This comparison takes no value.", False),
]  # fmt: skip
VALUES: list[tuple[str, str, Any, str, bool]] = [
    ("age", "from", None, "Write a number.", True),
    ("age", "from", "18", "“18” is not a number.", False),
    ("age", "from", True, "“True” is not a number.", False),
    ("age", "from", 18.5, "“18.5” is not a number.", False),
    ("age", "from", 121, "Write a number from 0 to 120.", False),
    ("age", "between", [25, 18], "The beginning comes after the end.", False),
    ("age", "between", [18], "Give a beginning and an end.", False),
    ("age", "between", None, "Give a beginning and an end.", True),
    ("age", "between", [18, ""], "Write a number.", True),
    ("created", "since", "2027-13-01", "“2027-13-01” is not a day.", False),
    ("created", "since", 5, "“5” is not a day.", False),
    ("created", "since", "", "Choose a day.", True),
    ("name", "contains", "", "Write what to look for.", True),
    ("name", "contains", "x" * 101, "Write at most 100 characters.", False),
    ("name", "contains", "a\x00b", "Write at most 100 characters.", False),
    ("postcode", "starts", "60, Beauvais", "“Beauvais” is not a postcode.", False),
    ("tag", "any", ["1"], "Give the numbers of what you chose.", False),
    ("tag", "any", [True], "Give the numbers of what you chose.", False),
    ("tag", "any", [999999], "This tag does not exist any more. (999999)", False),
    ("territory", "inside", [999999999], "This place is not known any more. (999999999)", False),
    ("consent", "given", ["targeting.fax"], "“targeting.fax” is not one of the choices.", False),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("data", "path", "message", "incomplete"), FAULTS)
def test_a_fault_is_named_at_its_place(data: Any, path: str, message: str, incomplete: bool) -> None:
    assert faults(data) == [(path, message, incomplete)]


@pytest.mark.django_db
@pytest.mark.parametrize(("condition", "operator", "value", "message", "incomplete"), VALUES)
def test_a_value_that_does_not_fit_is_refused(
    condition: str, operator: str, value: Any, message: str, incomplete: bool
) -> None:
    rule = {"condition": condition, "operator": operator, "value": value}
    assert faults({"all": [rule]}) == [("all[0].value", message, incomplete)]


@pytest.mark.django_db
def test_every_fault_is_reported_at_once() -> None:
    data = {"all": [{"condition": "nothing"}, {"any": [WOMAN | {"value": []}]}, {"none": []}]}
    assert [path for path, _message, _incomplete in faults(data)] == [
        "all[0].condition",
        "all[1].any[0].value",
        "all[2].none",
    ]


def test_depth_and_number_of_conditions_are_bounded() -> None:
    deep: Any = WOMAN
    for _level in range(MAX_DEPTH):
        deep = {"all": [deep]}
    assert len(list(rules_of(parse_tree(deep)))) == 1
    assert [path for path, *_rest in faults({"all": [deep]})] == [".".join(["all[0]"] * MAX_DEPTH) + ".all"]
    assert len(list(rules_of(parse_tree({"all": [WOMAN] * MAX_RULES})))) == MAX_RULES
    assert faults({"all": [WOMAN] * (MAX_RULES + 5)}) == [
        (f"all[{MAX_RULES}]", f"A segment has at most {MAX_RULES} conditions.", False)
    ]


def test_values_come_out_typed() -> None:
    rules = [
        {"condition": "age", "operator": "between", "value": [18, 25]},
        {"condition": "created", "operator": "since", "value": "2027-03-01"},
        WOMAN | {"value": ["F", "M", "F"]},
    ]
    age, created, gender = rules_of(parse_tree({"any": rules}))
    assert age.value == (18, 25)
    assert created.value.isoformat() == "2027-03-01"
    assert gender.value == ("F", "M")
    assert str(age) == "Age between 18 and 25 years"


def test_an_empty_tree_is_everybody_while_it_is_being_made() -> None:
    assert parse_tree({"all": []}, may_be_empty=True) == Group("all", (), "all")


@pytest.mark.django_db
def test_what_is_not_finished_can_be_left_out() -> None:
    data = {
        "all": [
            WOMAN,
            {"condition": ""},
            {"any": [{"condition": "age", "operator": "from", "value": ""}]},
            {"condition": "age", "operator": "from", "value": "x"},
        ]
    }
    wrong = {"condition": "age", "operator": "from", "value": "x"}
    assert without_incomplete(data) == ({"all": [WOMAN, wrong]}, 2)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(["all", "any", "none", "is", "F", "'; DROP TABLE x; --", "id__in", "_connector"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "none", "condition", "operator", "value", "_negated"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


def likely_rules() -> st.SearchStrategy[Any]:
    keys = [condition.key for condition in all_conditions()]
    operators = sorted({operator for condition in all_conditions() for operator in condition.operators})
    return st.fixed_dictionaries(
        {
            "condition": st.sampled_from(keys) | st.text(max_size=8),
            "operator": st.sampled_from(operators),
            "value": anything,
        }
    )


@pytest.mark.django_db
@hypothesis_settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_json_is_either_a_query_or_a_message(data: st.DataObject) -> None:
    """Nothing that was typed becomes a name in SQL, and nothing crashes."""
    tree = data.draw(anything | likely_rules().map(lambda rule: {"all": [{"none": [rule]}]}))
    parsed, problems = _read(tree)
    if parsed is None:
        assert problems
        assert all(problem.path and problem.message for problem in problems)
    else:
        assert people_matching(parsed).count() == 0


def _read(data: Any) -> tuple[Group | None, tuple[Problem, ...]]:
    try:
        return parse_tree(data), ()
    except SegmentInvalid as error:
        return None, error.problems


def test_reading_a_tree_asks_once_a_reference(world: World) -> None:
    tags = [tag.pk for tag in world.tags.values()]
    rules = [
        world.rule("tag", "any", tags),
        world.rule("age", "from", 18),
        world.rule("list", "any", [world.picked.pk]),
    ]
    with CaptureQueriesContext(connection) as queries:
        parse_tree({"all": rules})
    assert len(queries) == 2, [one["sql"] for one in queries]
