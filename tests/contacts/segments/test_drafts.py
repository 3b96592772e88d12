"""A tree while it is being built: from and to form fields, and the buttons of the builder."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.segments.drafts import DraftGroup, DraftRule, change, draft_of, new_draft, read_draft
from contacts.segments.tree import MAX_DEPTH, MAX_RULES, parse_tree, rules_of
from tests.contacts.segments.world import World


def fields_of(draft: DraftRule | DraftGroup, place: str = "r") -> dict[str, list[str]]:
    """The fields that the page's form sends for a draft."""
    if isinstance(draft, DraftRule):
        return {
            f"{place}.was": [draft.condition],
            f"{place}.condition": [draft.condition],
            f"{place}.operator": [draft.operator],
            f"{place}.value": draft.texts,
        }
    fields = {f"{place}.kind": [draft.kind]}
    for number, child in enumerate(draft.children):
        fields |= fields_of(child, f"{place}.{number}")
    return fields


TREE: dict[str, Any] = {
    "all": [
        {"condition": "gender", "operator": "is", "value": ["F", "M"]},
        {"condition": "age", "operator": "between", "value": [18, 25]},
        {
            "none": [
                {"condition": "created", "operator": "since", "value": "2027-03-01"},
                {"any": [{"condition": "has_email", "operator": "has", "value": None}]},
                {"condition": "name", "operator": "contains", "value": "Le Goff"},
                {"condition": "created", "operator": "days", "value": 30},
                {"condition": "postcode", "operator": "starts", "value": "60, 80"},
            ]
        },
    ]
}


def test_a_tree_survives_the_form(world: World) -> None:
    tags = [tag.pk for tag in world.tags.values()]
    tree = {"all": [*TREE["all"], world.rule("tag", "all", tags), world.rule("extra.gifts", "from", 2.5)]}
    again = read_draft({"name": ["x"], "csrfmiddlewaretoken": ["y"]} | fields_of(draft_of(tree)))
    assert again.as_tree() == tree
    assert len(list(rules_of(parse_tree(again.as_tree())))) == 9


def test_parts_keep_their_order_past_ten() -> None:
    rules = [{"condition": "age", "operator": "from", "value": age} for age in range(12)]
    assert read_draft(fields_of(draft_of({"any": rules}))).as_tree() == {"any": rules}


def test_values_of_another_condition_are_dropped_and_its_first_operator_taken() -> None:
    fields = {
        "r.kind": ["all"],
        "r.0.was": ["gender"],
        "r.0.condition": ["age"],
        "r.0.operator": ["is"],
        "r.0.value": ["F"],
    }
    draft = read_draft(fields)
    assert draft.children == [DraftRule("age", "from", [])]


def test_a_form_without_fields_is_a_new_draft() -> None:
    assert read_draft({}) == new_draft() == DraftGroup("all", [DraftRule()])
    assert read_draft({"r.kind": ["whatever"]}) == DraftGroup("all", [])


def test_what_a_saved_tree_cannot_say_is_left_out() -> None:
    assert draft_of("nonsense") == new_draft()
    assert draft_of({"any": [7, {"condition": "gone", "operator": "is", "value": ["x"]}]}) == DraftGroup(
        "any", [DraftRule("gone", "is", [])]
    )


def test_buttons_change_the_tree_and_say_where_the_keyboard_goes() -> None:
    draft = new_draft()
    assert change(draft, "add:r") == "r.1"
    assert change(draft, "group:r") == "r.2.0"
    assert change(draft, "add:r.2") == "r.2.1"
    assert draft == DraftGroup(
        "all", [DraftRule(), DraftRule(), DraftGroup("any", [DraftRule(), DraftRule()])]
    )
    assert change(draft, "remove:r.2.1") == "r.2.0"
    assert change(draft, "remove:r.0") == "r"
    assert change(draft, "remove:r.1") == "r.0"
    assert draft == DraftGroup("all", [DraftRule()])


@pytest.mark.parametrize(
    "act",
    [
        "add:r.0",
        "add:r.9",
        "remove:r",
        "remove:r.9",
        "remove:r.0.0",
        "show",
        "add:x",
        "add:r.0; DROP",
        "fly:r",
    ],
)
def test_a_button_for_a_place_that_is_not_there_changes_nothing(act: str) -> None:
    draft = new_draft()
    assert change(draft, act) == ""
    assert draft == new_draft()


def test_limits_hold_in_the_builder_too() -> None:
    draft, place = new_draft(), "r"
    nested = 0
    while added := change(draft, f"group:{place}"):
        place, nested = added.rpartition(".")[0], nested + 1
    assert nested == MAX_DEPTH - 1  # the root is the first
    for _rule in range(MAX_RULES + 5):
        change(draft, "add:r")
    assert len(list(draft.rules())) == MAX_RULES
