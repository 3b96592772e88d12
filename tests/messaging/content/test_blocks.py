"""Block documents: checked, cleaned, and faults said with their place."""

import time

import pytest

from messaging.content.block_types import BLOCK_TYPES, FieldKind
from messaging.content.blocks import parse_document, read_document
from messaging.content.errors import ContentError


def problems(*blocks):
    return [str(problem) for problem in read_document(list(blocks))[1]]


def text(html, **more):
    return {"id": "t", "type": "text", "html": html, **more}


def button(**more):
    return {"id": "b", "type": "button", "label": "Go", "url": "https://example.org", **more}


def test_a_document_is_read_with_its_defaults():
    (block,) = parse_document([{"id": "i", "type": "image", "url": "https://example.org/i.png"}])
    assert block.values == {
        "url": "https://example.org/i.png",
        "alt": "",
        "link": "",
        "width": 552,
        "align": "center",
    }
    assert (block.id, block.position, block.only_if, block.otherwise) == ("i", "1", None, ())


def test_what_is_saved_reads_back_the_same():
    document = [
        {"id": "h", "type": "heading", "text": "Bonjour"},
        text("<p>Oise</p>", only_if={"departments": ["60"]}, otherwise=[{"id": "o", "type": "divider"}]),
        {"id": "c", "type": "columns", "left": [{"id": "l", "type": "spacer"}], "right": []},
    ]
    blocks = parse_document(document)
    saved = [block.as_json() for block in blocks]
    assert parse_document(saved) == blocks
    assert saved[1]["only_if"] == {"departments": ["60"]}
    assert saved[2]["left"] == [{"id": "l", "type": "spacer", "height": 24}]


def test_every_problem_is_listed_with_its_place_and_what_to_do():
    with pytest.raises(ContentError) as refused:
        parse_document(
            [
                {"id": "h", "type": "heading", "text": ""},
                text("<p>Bonjour</p><p>{{ prenom }}</p>"),
                {
                    "id": "c",
                    "type": "columns",
                    "left": [{"id": "x", "type": "button", "label": "Go", "url": "example.org"}],
                },
                {"id": "h", "type": "spacer", "height": 4_000},
                {"id": "v", "type": "video"},
            ]
        )
    found = [(p.position, p.block_id, p.field, p.line, p.message) for p in refused.value.problems]
    types = "heading, text, image, button, divider, spacer, columns, card, signature"
    assert found == [
        ("1", "h", "text", 0, "This field is empty: fill it in, or delete the block."),
        ("2", "t", "html", 3, "“prenom” is not a variable. Did you mean “first_name”?"),
        ("3, Left column 1", "x", "url", 0, "Write the whole address, beginning with https://"),
        ("4", "h", "id", 0, "Two blocks have the identifier “h”: give one another."),
        ("4", "h", "height", 0, "Write a whole number from 4 to 120."),
        ("5", "", "type", 0, f"There is no block of type “video”. Use one of: {types}."),
    ]
    assert str(refused.value).splitlines()[1] == (
        "block 2, field “html”, line 3: “prenom” is not a variable. Did you mean “first_name”?"
    )
    assert refused.value.permanent


@pytest.mark.parametrize("data", [None, "x", {"blocks": []}, 3])
def test_a_document_is_a_list(data):
    assert [str(problem) for problem in read_document(data)[1]] == ["The message must be a list of blocks."]


@pytest.mark.parametrize("data", ["x", None, 7, ["text"]])
def test_a_block_is_an_object(data):
    assert problems(data) == ["block 1: This block must be an object."]


def test_an_empty_document_is_refused_only_when_it_is_compiled():
    assert read_document([]) == ((), [])
    with pytest.raises(ContentError, match="empty"):
        parse_document([])


def test_a_field_of_another_shape_is_refused():
    assert problems({"id": "t", "type": "text", "html": ["<p>x</p>"]}) == [
        "block 1, field “html”: This field must be text."
    ]
    assert problems(button(align="justified")) == [
        "block 1, field “align”: Choose one of: left, center, right."
    ]
    assert problems(button(colour="red"))[0].endswith("This kind of block has no such field: remove it.")
    assert problems({"id": "a b", "type": "divider"})[0].startswith("block 1, field “id”: A block needs")


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ("<p onclick='x()' style='color:red' class='a'>a</p>", "<p>a</p>"),
        ("<div>a<br><br>b</div>", "<p>a<br><br>b</p>"),
        ("<h1>a</h1><table><tr><td>b</td></tr></table>", "ab"),
        ("<img src=x onerror=alert(1)>a", "a"),
        ("<svg onload=alert(1)><p>a</p></svg>", "<p>a</p>"),
        ("<p>a<b>b</p>", "<p>a<b>b</b></p>"),
        ("<p>a\x00\x07b</p>", "<p>ab</p>"),
        ("<ul><li>a<ul><li>b</ul></ul>", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("<!-- [if mso]><p>x</p><![endif]--><p>a</p>", "<p>a</p>"),
        ('<a href="https://example.org" target="_top" download>a</a>', '<a href="https://example.org">a</a>'),
    ],
)
def test_rich_text_is_reduced_to_the_allow_list(html, clean):
    (block,) = parse_document([text(html)])
    assert block.text("html") == clean


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//example.org",
        "/a",
        "",
        "#a",
    ],
)
def test_a_link_to_anywhere_but_the_web_mail_or_telephone_is_refused(href):
    assert len(problems(text(f'<p><a href="{href}">x</a></p>'))) == 1
    if href:
        assert len(problems(button(url=href))) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "HTTP://EXAMPLE.ORG/A?b=c#d",
        "https://example.org:8443/é",
        "mailto:a@example.org?subject=Bonjour",
        "tel:+33 6 39 98 12 34",
        "https://example.org/?city={{ commune_name }}&x={{ first_name | default: 'y' }}",
        "{{ event_url }}",
        "{{event_url}}",
        "{{ unsubscribe_url }}",
    ],
)
def test_an_address_can_be_used(url):
    assert problems(button(url=url)) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///path",
        "https://user@example.org",
        "https://example.org:port/",
        "https://example.org/a b",
        'https://example.org/"x',
        "ftp://example.org",
        "mailto:nobody",
        "https://{{ first_name }}.example.org/",
        "{{ first_name }}",
        "https://example.org/{% if first_name %}a{% endif %}",
        "javascript:{{ event_url }}",
        "{{ event_url }}{{ event_url }}",
        "https://example.org/{{ nothing }}",
        "https://example.org/" + "a" * 2_000,
    ],
)
def test_an_address_cannot_be_used(url):
    assert problems(button(url=url)) != []


def test_formatting_inside_a_variable_is_explained():
    assert problems(text("<p>{{ <b>first_name</b> }}</p>")) == [
        "block 1, field “html”: A variable is cut by formatting or not closed. Delete it and pick it from the"
        " list again."
    ]


def test_a_condition_stays_inside_one_element():
    assert "begins in one paragraph" in problems(text("<p>{% if first_name %}a</p><p>b{% endif %}</p>"))[0]
    assert problems(text("<p>{% if first_name %}a{% else %}<b>c</b>{% endif %}</p>")) == []
    assert problems(text("{% if first_name %}<p>a</p>{% endif %}<p>b</p>")) == []


@pytest.mark.parametrize(
    "html", ["{{" * 20_000, "{%" * 20_000, "<b>" * 7_000, "<ul><li>" * 2_000, "a" * 50_001]
)
def test_text_made_to_exhaust_the_compiler_is_refused_at_once(html):
    began = time.process_time()
    assert len(problems(text(html))) == 1
    assert time.process_time() - began < 2


def test_entities_hide_nothing():
    assert "“settings” is not a variable" in problems(text("<p>&#123;&#123; settings }}</p>"))[0]
    assert "“settings” is not a variable" in problems(text("<p>&lcub;{ settings &rcub;}</p>"))[0]
    assert problems(text("<p>{% if first_name == &quot;Zoé&quot; %}a{% endif %}</p>")) == []


def test_content_chosen_by_place_needs_an_alternative():
    assert "leave nobody out" in problems(text("<p>Oise</p>", only_if={"departments": ["60"]}))[0]
    alternative = [{"id": "o", "type": "text", "html": "<p>Ailleurs</p>"}]
    assert problems(text("<p>Oise</p>", only_if={"regions": ["32"]}, otherwise=alternative)) == []
    assert problems(text("<p>Hello</p>", only_if={"languages": ["en"]})) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"departments": ["999"]},
        {"departments": ["60' or 1"]},
        {"regions": [32]},
        {"languages": "fr"},
        {"genders": ["X"]},
        {"age": [18]},
        ["fr"],
    ],
)
def test_a_condition_that_does_not_exist_is_refused(condition):
    assert problems(text("<p>a</p>", only_if=condition, otherwise=[{"id": "o", "type": "divider"}])) != []


def test_conditions_do_not_nest():
    inner = text("<p>a</p>", only_if={"languages": ["en"]})
    columns = {"id": "c", "type": "columns", "left": [inner]}
    assert "on whole blocks" in problems(columns)[0]
    outer = {"id": "o", "type": "divider", "only_if": {"languages": ["en"]}, "otherwise": [inner]}
    assert "on whole blocks" in problems(outer)[0]


def test_columns_do_not_nest():
    inner = {"id": "i", "type": "columns"}
    assert "cannot stand in a column" in problems({"id": "c", "type": "columns", "left": [inner]})[0]


def test_a_card_has_both_words_and_link_of_its_button_or_neither():
    assert "both a text and a link" in problems({"id": "k", "type": "card", "title": "T", "label": "Go"})[0]
    assert problems({"id": "k", "type": "card", "title": "T"}) == []


def test_too_many_blocks_are_refused():
    blocks = [{"id": f"d{number}", "type": "divider"} for number in range(201)]
    assert problems(*blocks) == ["There are more than 200 blocks."]


def test_a_line_has_no_line_break():
    (block,) = parse_document([{"id": "h", "type": "heading", "text": " a\r\nBcc: b\u2028c "}])
    assert block.text("text") == "a Bcc: b c"


def test_every_block_type_can_be_drawn_as_a_form():
    for kind in BLOCK_TYPES.values():
        names = [spec.name for spec in kind.fields]
        assert len(names) == len(set(names))
        assert str(kind.label)
        for spec in kind.fields:
            assert str(spec.label)
            assert spec.kind is not FieldKind.CHOICE or spec.default in [value for value, _ in spec.choices]
            assert spec.kind is not FieldKind.NUMBER or spec.least <= spec.default <= spec.most
