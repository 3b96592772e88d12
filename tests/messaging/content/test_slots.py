"""Slots: segments and values joined are byte for byte a full render."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging.content.escaping import ContextKind
from messaging.content.liquid import environment
from messaging.content.slots import compile_slots

NAMES = ("first_name", "last_name", "commune_at", "link_1")
literals = st.text(st.characters(exclude_characters="{}%", exclude_categories=("Cs",)), max_size=30)
names = st.sampled_from(NAMES)
outputs = st.one_of(
    names.map(lambda name: f"{{{{ {name} }}}}"),
    names.map(lambda name: f"{{{{{name}}}}}"),
    names.map(lambda name: f'{{{{ {name} | default: "ami·e <b>" }}}}'),
    names.map(lambda name: f"{{{{- {name} | upcase -}}}}"),
    names.map(lambda name: f"{{{{ {name} | truncate: 5 | append: '!' }}}}"),
    names.map(lambda name: f"{{{{ local | default: {name} }}}}"),
    st.just("{{ local }}"),
    st.just("{{ 'a' | append: \"b&\" }}"),
)
assigns = names.map(lambda name: f"{{% assign local = {name} | append: 'x' %}}")
comments = st.just("{% comment %}{{ first_name }}{% endcomment %}")


def blocks(inner):
    body = st.lists(inner, max_size=3).map("".join)
    return st.one_of(
        st.tuples(names, body, body).map(lambda p: f"{{% if {p[0]} %}}{p[1]}{{% else %}}{p[2]}{{% endif %}}"),
        st.tuples(names, body).map(lambda p: f"{{%- unless {p[0]} == 'b' -%}}{p[1]}{{%- endunless -%}}"),
        st.tuples(names, body).map(
            lambda p: f"{{% case {p[0]} %}}{{% when 'a' %}}A{{% else %}}{p[1]}{{% endcase %}}"
        ),
        st.tuples(names, body).map(
            lambda p: (
                f"{{% assign many = {p[0]} | split: 'a' %}}{{% for one in many %}}{{{{ one }}}}{p[1]}"
                "{% endfor %}"
            )
        ),
    )


pieces = st.recursive(st.one_of(literals, outputs, assigns, comments), blocks, max_leaves=8)
templates = st.lists(pieces, max_size=12).map("".join)
values = st.one_of(
    st.none(), st.sampled_from(["a", "b", ""]), st.text(max_size=20), st.integers(), st.booleans()
)
contexts = st.fixed_dictionaries(dict.fromkeys((*NAMES, "local"), values))


@given(source=templates, context=contexts, kind=st.sampled_from(list(ContextKind)))
@settings(max_examples=400, deadline=None)
def test_slots_joined_are_a_full_render(source, context, kind):
    template = compile_slots(source, kind)
    whole = environment(kind).from_string(source).render(context)
    assert template.join(template.render_values(context)) == whole
    assert len(template.segments) == len(template.order) + 1


def test_static_text_is_shared_and_a_repeated_variable_is_one_slot():
    template = compile_slots("a {{ x }} b {{ y | upcase }} c {{x}} d {{ y | upcase }} e", ContextKind.TEXT)
    assert template.segments == ["a ", " b ", " c ", " d ", " e"]
    assert template.order == [0, 1, 0, 1]
    assert template.render_values({"x": "1", "y": "é"}) == ["1", "É"]
    assert template.fields == {"x", "y"}


def test_a_name_that_the_template_assigns_is_not_shared():
    template = compile_slots(
        "{% assign n = 'a' %}{{ n }}{{ x }}{% assign n = 'b' %}{{ n }}{{ x }}", ContextKind.TEXT
    )
    assert template.render({"x": "-"}) == "a-b-"
    assert [template.slots[number].source for number in template.order].count("{{ n }}") == 2
    assert template.fields == {"x"}


def test_a_template_without_variables_has_no_slot():
    template = compile_slots("only text {% comment %} x {% endcomment %}", ContextKind.HTML)
    assert (template.segments, template.order, template.fields) == (["only text "], [], frozenset())


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (True, "true"), (False, "false"), (7, "7"), (1.5, "1.5")]
)
def test_a_plain_variable_is_written_as_liquid_writes_it(value, shown):
    template = compile_slots("{{ x }}", ContextKind.TEXT)
    assert (
        template.render({"x": value})
        == shown
        == environment(ContextKind.TEXT).from_string("{{ x }}").render(x=value)
    )


def test_a_kept_value_is_that_of_readers_with_the_same_facts() -> None:
    source = "{% if measured %}yes {{ first_name }}{% else %}no{% endif %} {{ n | default: '-' }}"
    template = compile_slots(source, ContextKind.TEXT)
    facts: list[dict[str, object]] = [
        {"measured": True, "first_name": "Zoé", "n": 1},
        {"measured": True, "first_name": "Léa", "n": True},
        {"measured": None, "first_name": "Zoé", "n": None},
        {"measured": 0, "first_name": "Zoé", "n": "1"},
        {"measured": True, "first_name": "Zoé", "n": 1},
    ]
    fresh = [compile_slots(source, ContextKind.TEXT).render(one) for one in facts]
    assert [template.render(one) for one in facts] == fresh
    assert [template.render(one) for one in reversed(facts)] == list(reversed(fresh))


def test_kept_values_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.content.slots.KEPT_VALUES", 10)
    template = compile_slots("{{ first_name | default: 'friend' }}", ContextKind.TEXT)
    for number in range(100):
        assert template.render({"first_name": f"Zoé {number}"}) == f"Zoé {number}"
    assert len(template.slots[0].kept) <= 10


def test_a_value_that_only_shows_the_readers_own_address_is_kept_for_all() -> None:
    template = compile_slots("{% if first_name %}<{{ preferences_url }}>{% endif %}", ContextKind.HTML)
    (slot,) = template.slots
    for number in range(3):
        context = {"first_name": "Zoé", "preferences_url": f"https://example.org/p/{number}"}
        assert template.render(context) == f"<https://example.org/p/{number}>"
    assert len(slot.kept) == 1
    assert template.render({"first_name": None, "preferences_url": "https://example.org/p/4"}) == ""
    assert template.render({"first_name": "Zoé", "preferences_url": "/?a&b"}) == "</?a&amp;b>"


def test_a_value_that_depends_on_an_address_is_of_that_address() -> None:
    template = compile_slots(
        "{% if preferences_url contains 'x' %}{{ preferences_url }}{% endif %}", ContextKind.TEXT
    )
    (slot,) = template.slots
    assert slot.shows == ()
    assert template.render({"preferences_url": "/x"}) == "/x"
    assert template.render({"preferences_url": "/y"}) == ""
