"""Attacks on templates and by values; limits; faults with their line."""

import time

import pytest

from messaging.content.errors import ContentError
from messaging.content.escaping import ContextKind
from messaging.content.fields import author_names
from messaging.content.slots import compile_slots
from messaging.content.syntax import faults_in

EVERY_KIND = list(ContextKind)


def faults(source, kind=ContextKind.HTML):
    return [(fault.message, fault.line) for fault in faults_in(source, kind, names=author_names(("slug",)))]


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{{settings}}", "“settings” is not a variable"),
        ("{{ settings.SECRET_KEY }}", "“settings” is not a variable"),
        ("{% load static %}", "{% load %} is not available"),
        ("{% include 'x' %}", "{% include %} is not available"),
        ("{% render 'x' %}", "{% render %} is not available"),
        ("{% liquid\nassign a = 1 %}", "{% liquid %} is not available"),
        ("{% capture a %}{% endcapture %}", "{% capture %} is not available"),
        ("{% cycle first_name %}", "{% cycle %} is not available"),
        ("{% raw %}{{ x }}{% endraw %}", "{% raw %} is not available"),
        ("{%- raw -%}{{ x }}{%- endraw -%}", "{% raw %} is not available"),
        ("{{7*7}}", "cannot be read"),
        ("{{ first_name.__class__ }}", "“first_name” has no parts"),
        ("{{ first_name['__class__'] }}", "“first_name” has no parts"),
        ("{{ __class__ }}", "“__class__” is not a variable"),
        ("{{ ''.__class__ }}", "cannot be read"),
        ("{{ [first_name] }}", "without brackets"),
        ("{{ (1..1000000000) | join }}", "Ranges"),
        ("{% for i in (1..1000000000) %}{{ i }}{% endfor %}", "Ranges"),
        ("{{ first_name | default: (1..9) }}", "Ranges"),
        ("{{ 'a' | times: 9 }}", "“times” is not a filter"),
        ("{{ first_name | safe }}", "“safe” is not a filter"),
        ("{{ first_name | escape_once }}", "“escape_once” is not a filter"),
        ("{{ first_name | whole_url }}", "“whole_url” is not a filter"),
        ("{% assign unsubscribe_url = 'https://example.com' %}", "choose another name"),
        ("{% for first_name in extra_slug %}{% endfor %}", "choose another name"),
        ("{{ now }}", "“now” is not a variable"),
        ("{% if first_name %}{{ nothing }}{% endif %}", "“nothing” is not a variable"),
        ("{{ first_name", "cannot be read"),
        ("{% if first_name %}", "cannot be read"),
    ],
)
def test_an_attack_or_a_mistake_is_refused_before_it_is_kept(source, words, kind):
    found = faults(source, kind)
    assert len(found) >= 1
    assert words in found[0][0]


def test_a_fault_says_its_line_and_the_nearest_name():
    assert faults("Bonjour,\n\n{{ firstname }}\n") == [
        ("“firstname” is not a variable. Did you mean “first_name”?", 3)
    ]


def test_a_french_word_leads_to_the_variable():
    assert faults("{{ prenom }}")[0][0].endswith("Did you mean “first_name”?")
    assert faults("{{ Ville }}")[0][0].endswith("Did you mean “commune_name”?")


def test_every_fault_is_listed():
    assert [line for _message, line in faults("{{ a }}\n{{ b | nofilter }}\n{% if c %}{% endif %}")] == [
        1,
        2,
        2,
        3,
    ]


@pytest.mark.parametrize(
    "source",
    [
        '{% if commune_name == "Lyon" %}a{% endif %}',
        '{% case department_name %}{% when "Oise" %}a{% endcase %}',
        '{% unless region_at contains "Hauts" %}a{% endunless %}',
        '{% assign place = commune_name %}{% if place == "Lyon" %}a{% endif %}',
    ],
)
def test_content_cannot_be_chosen_by_a_place_name(source):
    assert "can be shown but not compared" in faults(source)[0][0]


def test_a_place_can_be_shown_and_its_presence_asked():
    assert faults("{% if commune_at %}{{ commune_at }}{% else %}chez vous{% endif %}") == []


def test_a_contact_field_can_be_used():
    assert faults("{{ extra_slug | default: 'x' }}") == []


@pytest.mark.parametrize("kind", EVERY_KIND)
@pytest.mark.parametrize(
    "value", ["{{ settings }}", "{% load x %}", "{{7*7}}", "{{ last_name }}", "%}{{", "{{ '' | upcase }}"]
)
def test_a_contact_value_is_never_obeyed(value, kind):
    rendered = compile_slots("[{{ first_name }}]", kind).render({"first_name": value, "last_name": "SECRET"})
    assert "SECRET" not in rendered
    if kind is not ContextKind.URL and "'" not in value:
        assert rendered == f"[{value}]"


def test_html_values_are_escaped_and_so_are_the_authors_literals():
    template = compile_slots("<b>{{ first_name | default: '<i>ami</i>' }}</b>", ContextKind.HTML)
    assert template.render({"first_name": "<script>alert('x')</script>&\"\x00"}) == (
        "<b>&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;&amp;&quot;</b>"
    )
    assert template.render({"first_name": None}) == "<b>&lt;i&gt;ami&lt;/i&gt;</b>"


def test_escaping_cannot_be_undone_by_filters():
    source = "{{ first_name | append: '' | split: '' | join: '' | replace: 'q', '<' | upcase }}"
    assert compile_slots(source, ContextKind.HTML).render({"first_name": "<q>"}) == "&lt;&lt;&gt;"


@pytest.mark.parametrize(
    "breaker", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0"]
)
def test_a_value_adds_no_header(breaker):
    rendered = compile_slots("Hi {{ first_name }}", ContextKind.HEADER).render(
        {"first_name": f"Zoé{breaker}Bcc: x@example.com"}
    )
    assert rendered == "Hi Zoé Bcc: x@example.com"


def test_a_value_cannot_turn_a_subject_around():
    assert (
        compile_slots("{{ first_name }}", ContextKind.HEADER).render({"first_name": "a\u202eb\u2066c"})
        == "abc"
    )


def test_a_value_is_one_component_of_an_address():
    template = compile_slots("https://example.org/?q={{ first_name }}", ContextKind.URL)
    assert (
        template.render({"first_name": "a b&c=d/é#\n"})
        == "https://example.org/?q=a%20b%26c%3Dd%2F%C3%A9%23%0A"
    )


def test_whole_addresses_are_web_addresses():
    template = compile_slots("{{ first_name | whole_url }}", ContextKind.HTML)
    assert (
        template.render({"first_name": "https://example.org/?a=1&b=2"}) == "https://example.org/?a=1&amp;b=2"
    )
    for value in ("javascript:alert(1)", "data:text/html,x", " https://example.org", "//example.org", None):
        assert template.render({"first_name": value}) == "#"


NESTED = "{% for a in l %}" * 5 + "x" + "{% endfor %}" * 5
MULTIPLYING = {
    "append doubling": "{% assign a = 'aaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}",
    "replace chain": "{{ 'aaaaaaaaaa'" + " | replace: 'a', 'aaaaaaaaaa'" * 20 + " }}",
    "nested loops": "{% assign l = 'a,b,c,d,e,f,g,h,i,j' | split: ',' %}" + NESTED,
    "loops one after another": "{% assign l = 'a,b,c,d,e,f,g,h,i,j' | split: ',' %}"
    + "{% for a in l %}{% for b in l %}x{% endfor %}{% endfor %}" * 12,
    "join with a long separator": "{% assign s = 'aaaaaaaaaa'" + " | append: 'aaaaaaaaaa'" * 300 + " %}"
    "{{ s | split: '' | join: s }}",
    "a long list": "{{ first_name | split: '' | join: '-' }}",
    "a range": "{{ (1..1000000000) | join }}",
    "a range in a loop": "{% for i in (1..1000000000) %}x{% endfor %}",
    "many names": "".join(
        f"{{% assign a{n} = 'x'" + " | append: 'aaaaaaaaaa'" * 40 + " %}" for n in range(200)
    ),
}


@pytest.mark.parametrize("name", MULTIPLYING)
def test_limits_stop_what_multiplies(name):
    began = time.process_time()
    template = compile_slots(MULTIPLYING[name], ContextKind.HTML)
    with pytest.raises(ContentError):
        template.render({"first_name": "a" * 5_000})
    assert time.process_time() - began < 2


def test_too_many_constructs_are_refused():
    assert "too many" in faults("{{ first_name }}" * 2_000)[0][0]


def test_the_context_must_be_complete_and_plain():
    template = compile_slots("{{ first_name }} {{ last_name | upcase }}", ContextKind.TEXT)
    with pytest.raises(ContentError, match="last_name"):
        template.render({"first_name": "Zoé"})
    for value in (object(), {"a": 1}, [1], lambda: "x", type("Sly", (str,), {})("x")):
        with pytest.raises(ContentError, match="plain data"):
            template.render({"first_name": "Zoé", "last_name": value})
