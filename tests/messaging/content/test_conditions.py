"""Conditions on blocks: the Liquid they become, for every kind of reader."""

from itertools import product

import pytest

from messaging.content.conditions import Condition, read_condition
from messaging.content.slots import compile_slots


def shows(condition, **reader):
    context = {
        "language": "fr",
        "gender": None,
        "department_code": None,
        "region_code": None,
        "event_title": None,
    }
    template = compile_slots(f"{{% if {condition.liquid} %}}yes{{% else %}}no{{% endif %}}", "text")
    return template.render({**context, **reader}) == "yes"


@pytest.mark.parametrize("event", [False, True])
@pytest.mark.parametrize("genders", [(), ("F",), ("M", ""), ("",), ("F", "M")])
@pytest.mark.parametrize("languages", [(), ("fr",), ("en",)])
@pytest.mark.parametrize("places", [((), ()), (("60", "02"), ()), ((), ("32",)), (("60",), ("11", "84"))])
def test_a_condition_asks_exactly_its_questions(event, genders, languages, places):
    departments, regions = places
    condition = Condition(languages, genders, departments, regions, event)
    if not condition.liquid:
        return
    for language, gender, department, region, title in product(
        ("fr", "en"), ("F", "M", None), ("60", "02", "75", None), ("32", "11", None), ("Réunion", None)
    ):
        expected = (
            (not languages or language in languages)
            and (not genders or (gender or "") in genders)
            and (not (departments or regions) or department in departments or region in regions)
            and (not event or title is not None)
        )
        assert expected == shows(
            condition,
            language=language,
            gender=gender,
            department_code=department,
            region_code=region,
            event_title=title,
        )


def test_a_condition_that_asks_nothing_is_none():
    assert read_condition({}) == (None, [])
    assert read_condition({"languages": ["fr", "en"], "genders": ["F", "M", ""]}) == (None, [])


def test_values_are_kept_once_and_in_order():
    condition, faults = read_condition({"departments": ["60", "2A", "60"], "event": True})
    assert faults == []
    assert condition == Condition(departments=("60", "2A"), event=True)
    assert condition.as_json() == {"departments": ["60", "2A"], "event": True}
    assert condition.is_by_place
