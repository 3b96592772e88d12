"""Compiled messages: links, footer, pixel, both parts, and HTML that stays whole for every reader."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from messaging.content.compile import CompiledMessage, compile_message
from messaging.content.errors import ContentError
from messaging.content.fields import example_values
from messaging.content.rendering import message_template

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta"}

DOCUMENT = [
    {
        "id": "h",
        "type": "heading",
        "level": "1",
        "text": 'Bonjour {{ first_name | default: "ami·e" }} & merci',
    },
    {
        "id": "t",
        "type": "text",
        "html": "<p>{{ greeting }}</p>"
        '<p>Lisez <a href="https://example.org/a?x=1&amp;y=2">le <b>projet</b></a> ou'
        ' <a href="mailto:info@example.org">écrivez</a>.</p><ul><li>Un</li><li>Deux</li></ul>'
        '<p>{% if gender == "F" %}Élue{% else %}Élu·e{% endif %}</p>',
    },
    {
        "id": "i",
        "type": "image",
        "url": "https://example.org/i.png?a=1&b=2",
        "alt": 'Une "photo" \\ de l\'e\u0301cole <b>',
        "link": "https://example.org/i",
    },
    {
        "id": "b",
        "type": "button",
        "label": "J'y vais",
        "url": "https://example.org/?ville={{ commune_name }}",
    },
    {"id": "d", "type": "divider"},
    {"id": "s", "type": "spacer", "height": 30},
    {
        "id": "c",
        "type": "columns",
        "split": "33-67",
        "left": [{"id": "c1", "type": "text", "html": "<p>Gauche</p>"}],
        "right": [{"id": "c2", "type": "button", "label": "Droite", "url": "https://example.org/d"}],
    },
    {
        "id": "k",
        "type": "card",
        "title": "{{ event_title }}",
        "when": "{{ event_date }}",
        "where": "{{ event_place }}",
        "html": "<p>Venez</p>",
        "image": "https://example.org/k.png",
        "label": "Participer",
        "url": "{{ event_url }}",
        "only_if": {"event": True},
    },
    {
        "id": "p",
        "type": "text",
        "html": "<p>Dans l'Oise</p>",
        "only_if": {"departments": ["60"]},
        "otherwise": [
            {"id": "p2", "type": "text", "html": '<p>Partout <a href="https://example.org/p">ici</a></p>'},
            {"id": "p3", "type": "columns", "left": [], "right": []},
        ],
    },
    {"id": "g", "type": "signature", "closing": "À bientôt", "name": "Claude Durand", "role": "Candidate"},
]


class Outline(HTMLParser):
    """Elements opened and closed in order, addresses and sources."""

    def __init__(self, html):
        super().__init__()
        self.open, self.errors, self.hrefs, self.sources = [], [], [], []
        self.feed(html)
        self.close()
        self.errors += [f"{tag} is not closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "href" in attributes:
            self.hrefs.append(attributes["href"])
        if "src" in attributes:
            self.sources.append(attributes["src"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.errors.append(f"{tag} closes something else")


@pytest.fixture
def compiled(brand):
    return compile_message(
        DOCUMENT,
        subject="{{ first_name }}, parlons de {{ commune_name }}",
        preheader="À lire & à relire",
        brand=brand,
    )


def rendered(compiled, context):
    template = message_template(compiled)
    return template.html.render(context), template.text.render(context)


def test_links_are_numbered_once_and_shared_by_both_parts(compiled):
    assert [(link.number, link.url, link.label, link.block_id) for link in compiled.links] == [
        (1, "https://example.org/a?x=1&y=2", "le projet", "t"),
        (0, "mailto:info@example.org", "écrivez", "t"),
        (2, "https://example.org/i", 'Une "photo" \\ de l\'e\u0301cole <b>', "i"),
        (0, "https://example.org/?ville={{ commune_name }}", "J'y vais", "b"),
        (3, "https://example.org/d", "Droite", "c2"),
        (0, "{{ event_url }}", "Participer", "k"),
        (4, "https://example.org/p", "ici", "p2"),
    ]
    assert [link.number for link in compiled.tracked_links] == [1, 2, 3, 4]
    for number in (1, 2, 3, 4):
        assert compiled.html.count(f"{{{{ link_{number} }}}}") == 1
        assert compiled.text.count(f"{{{{ link_{number} }}}}") == 1


def test_no_tracked_address_is_left_in_the_message(compiled, reader_context):
    html, text = rendered(compiled, reader_context)
    for link in compiled.tracked_links:
        assert f'"{link.url}"' not in html.replace("&amp;", "&")
        assert f"<{link.url}>" not in text


def test_every_address_of_the_html_is_expected(compiled, reader_context):
    html, text = rendered(compiled, reader_context)
    outline = Outline(html)
    crm = "https://crm.example.org"
    assert outline.hrefs == [
        f"{crm}/c/token1",
        "mailto:info@example.org",
        f"{crm}/c/token2",
        "https://example.org/?ville=Beauvais",
        f"{crm}/c/token3",
        "https://example.org/e",
        f"{crm}/u/token",
        f"{crm}/p/token",
        f"{crm}/v/token",
        "https://example.org/vie-privee",
        f"{crm}/p/token",
        f"{crm}/c/hidden",
    ]
    (hidden,) = re.findall(rf'<a href="{crm}/c/hidden"([^>]*)></a>', html)  # no words, no picture
    assert "/c/hidden" not in text
    assert all(said in hidden for said in ("display:none", 'aria-hidden="true"', 'tabindex="-1"'))
    assert outline.sources == [
        "https://example.org/logo.png",
        "https://example.org/i.png?a=1&b=2",
        "https://example.org/k.png",
        f"{crm}/o/t.gif",
    ]
    assert "fonts.googleapis" not in html
    assert "@import" not in html


def test_attributes_keep_their_characters(compiled, reader_context):
    """MRML would write a combining accent as \\u{301} and double a backslash."""
    html, _text = rendered(compiled, reader_context)
    assert 'alt="Une &quot;photo&quot; \\ de l&#x27;e\u0301cole &lt;b&gt;"' in html
    assert "u{301}" not in html


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("department", ["60", None])
@pytest.mark.parametrize("event", ["Réunion", None])
@pytest.mark.parametrize("measured", [True, None])
def test_the_html_is_whole_for_every_reader(compiled, known, department, event, measured):
    context = example_values(links=4, known=known) | {
        "department_code": department,
        "event_title": event,
        "measured": measured,
    }
    html, text = rendered(compiled, context)
    outline = Outline(html)
    assert outline.errors == []
    # Comments for Outlook carry tables of their own.
    assert html.count("<!--[if") == html.count("<![endif]-->")
    for_outlook = "".join(re.findall(r"<!--\[if mso \| IE\]>(.*?)<!\[endif\]-->", html, re.DOTALL))
    for tag in ("table", "tr", "td"):
        assert len(re.findall(rf"<{tag}[ >]", for_outlook)) == for_outlook.count(f"</{tag}>")
    for part in (html, text):
        assert ("Dans l" in part) is (department == "60")
        assert ("Partout" in part) is (department != "60")
        assert ("Participer" in part) is (event is not None)
        assert "{{" not in part
        assert "{%" not in part
        assert "mask" not in part
        assert "None" not in part


def test_the_footer_says_who_why_and_the_way_out_in_both_parts(compiled, reader_context):
    for part in rendered(compiled, reader_context):
        plain = part.replace("&#x27;", "'")
        assert "Campagne Exemple (Association de financement Exemple)" in plain
        assert "1 rue de l'Essai" in plain
        assert "75002 Paris" in plain
        assert "Vous vous êtes inscrite sur example.org." in part
        assert "https://crm.example.org/u/token" in part
        assert "https://crm.example.org/v/token" in part


def test_no_block_can_remove_or_hide_the_footer(brand, reader_context):
    hostile = [
        {
            "id": "t",
            "type": "text",
            "html": "<p>a</p></div></td></tr></table></body></html><!-- <style>.foot{display:none}</style>"
            "<plaintext><textarea><noscript><iframe>",
        }
    ]
    html, text = rendered(compile_message(hostile, subject="x", brand=brand), reader_context)
    assert Outline(html).errors == []
    assert html.index("<p") < html.index("https://crm.example.org/u/token") < html.index("</body>")
    assert "display:none}" not in html
    assert "https://crm.example.org/u/token" in text


def test_the_full_notice_is_shown_when_the_source_owes_it(compiled, reader_context):
    assert "acheté" not in rendered(compiled, reader_context)[0]
    html, text = rendered(compiled, reader_context | {"information_notice": "Fichier acheté à <Exemple>."})
    assert "Fichier acheté à &lt;Exemple&gt;." in html
    assert "Fichier acheté à <Exemple>." in text


def test_only_measured_readers_are_told_about_it(compiled, reader_context):
    for measured in (True, None):
        for part in rendered(compiled, reader_context | {"measured": measured}):
            assert ("https://crm.example.org/p/token" in part.split("/v/token")[1]) is bool(measured)


def test_without_tracking_addresses_stay_and_there_is_no_pixel(brand, reader_context):
    compiled = compile_message(DOCUMENT, subject="x", brand=brand, tracking=False)
    html, text = rendered(compiled, reader_context)
    assert compiled.tracked_links == ()
    assert {"open_pixel_url", "hidden_link_url"} & set(compiled.fields) == set()
    assert "https://example.org/a?x=1&amp;y=2" in html
    assert "https://example.org/a?x=1&y=2" in text
    assert "/o/t.gif" not in html


def test_the_text_part_reads_as_a_letter(brand, reader_context):
    document = [block for block in DOCUMENT if block["id"] in ("h", "t", "b", "d", "p")]
    _html, text = rendered(compile_message(document, subject="x", brand=brand), reader_context)
    assert text.split("\n-- \n")[0] == (
        "Bonjour Zoé & merci\n"
        "=================\n"
        "\n"
        "Chère Zoé,\n"
        "\n"
        "Lisez le projet <https://crm.example.org/c/token1> ou écrivez <mailto:info@example.org>.\n"
        "\n"
        "- Un\n"
        "- Deux\n"
        "\n"
        "Élue\n"
        "\n"
        "J'y vais <https://example.org/?ville=Beauvais>\n"
        "\n"
        "----------------------------------------\n"
        "\n"
        "Dans l'Oise\n"
    )


def test_a_reader_without_a_name_reads_the_fallback(compiled):
    html, text = rendered(compiled, example_values(links=4, known=False))
    assert "Bonjour ami·e &amp; merci" in html
    assert text.startswith("Bonjour ami·e & merci\n")


def test_hostile_values_change_nothing_but_text(compiled, reader_context):
    hostile = "</p><script>alert(1)</script>{{ unsubscribe_url }}{% if %}\" onload='x'"
    poisoned = {
        name: hostile
        if isinstance(value, str) and not name.endswith("_url") and "link_" not in name
        else value
        for name, value in reader_context.items()
    }
    html, text = rendered(compiled, poisoned)
    assert Outline(html).errors == []
    assert "<script" not in html
    assert "{{ unsubscribe_url }}" in html
    assert "{{ unsubscribe_url }}" in text


def test_a_personal_address_is_a_web_address_or_leads_nowhere(compiled, reader_context):
    html, _text = rendered(compiled, reader_context | {"event_url": "javascript:alert(1)"})
    assert "javascript:" not in html
    assert "#" in Outline(html).hrefs


def test_languages_of_the_message_are_those_of_the_footer(brand, reader_context):
    compiled = compile_message(DOCUMENT[:1], subject="x", brand=brand, languages=("en", "fr"))
    assert compiled.html.startswith('<!DOCTYPE html><html lang="en"')
    english, _text = rendered(compiled, reader_context | {"language": "en"})
    assert "Unsubscribe" in english
    assert "language" in compiled.fields


def test_a_compiled_message_survives_json(compiled):
    assert CompiledMessage.from_json(json.loads(json.dumps(compiled.as_json()))) == compiled


def test_compiling_again_gives_the_same_and_a_change_another_version(compiled, brand):
    arguments = {"subject": compiled.subject, "preheader": compiled.preheader}
    assert compile_message(DOCUMENT, brand=brand, **arguments) == compiled
    other = compile_message(DOCUMENT, brand=replace(brand, primary_colour="#00aa00"), **arguments)
    assert other.version != compiled.version


def test_sizes_are_those_of_a_real_message(compiled):
    html, text = rendered(compiled, example_values(links=4))
    assert (compiled.html_bytes, compiled.text_bytes) == (len(html.encode()), len(text.encode()))


def test_blocks_can_be_found_in_the_preview(compiled):
    for block in ("h", "t", "i", "b", "d", "s", "c", "k", "p", "p2", "g"):
        assert f"block-{block}" in compiled.html


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subject": ""}, "The subject is empty"),
        ({"subject": "{{ settings }}"}, "“settings” is not a variable"),
        ({"subject": "a" * 201}, "too long"),
        ({"preheader": "{% load x %}"}, "is not available"),
    ],
)
def test_subject_and_preview_text_are_checked(brand, changes, words):
    with pytest.raises(ContentError, match=re.escape(words)):
        compile_message(DOCUMENT, **{"subject": "x", "brand": brand, **changes})


def test_a_brand_cannot_speak_liquid(brand):
    with pytest.raises(ContentError, match="cannot hold"):
        compile_message(DOCUMENT, subject="x", brand=replace(brand, name="{{ first_name }}"))


def test_problems_of_subject_and_blocks_come_together(brand):
    with pytest.raises(ContentError) as refused:
        compile_message([{"id": "v", "type": "video"}], subject="", brand=brand)
    assert [problem.field for problem in refused.value.problems] == ["Subject", "type"]


def test_an_error_that_only_rendering_finds_is_found_at_save(brand):
    document = [{"id": "t", "type": "text", "html": "<p>{{ first_name | join: '-' }}</p>"}]
    with pytest.raises(ContentError, match="join"):
        compile_message(document, subject="x", brand=brand)


def test_colours_must_be_colours(brand):
    with pytest.raises(ValueError, match="primary_colour"):
        replace(brand, primary_colour='red" onload="x')


@pytest.mark.parametrize(
    ("colour", "on_it", "links"),
    [("#1d4ed8", "#ffffff", "#1d4ed8"), ("#ffdd00", "#1f2933", "#1f2933"), ("#000000", "#ffffff", "#000000")],
)
def test_words_are_readable_on_the_brands_colour(brand, colour, on_it, links):
    other = replace(brand, primary_colour=colour)
    assert (other.on_primary, other.link_colour) == (on_it, links)
