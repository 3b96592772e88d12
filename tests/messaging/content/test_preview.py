"""Previews, and what an author is told before sending."""

import pytest

from messaging.content.compile import compile_message
from messaging.content.errors import ContentError
from messaging.content.preview import Level, checks, render_preview

BUTTON = {"id": "b", "type": "button", "label": "Lire le projet", "url": "https://example.org/projet"}


def told(brand, *blocks, subject="Rendez-vous jeudi", preheader="À lire"):
    compiled = compile_message(list(blocks), subject=subject, preheader=preheader, brand=brand)
    return [(check.level, check.message, check.block_id) for check in checks(compiled)]


def test_a_preview_is_the_message_of_one_person(brand, reader_context):
    compiled = compile_message([BUTTON], subject="{{ first_name }}", preheader="À lire", brand=brand)
    preview = render_preview(compiled, reader_context)
    assert (preview.subject, preview.preheader) == ("Zoé", "À lire")
    assert 'href="https://crm.example.org/c/token1"' in preview.html
    assert preview.text.startswith("Lire le projet <https://crm.example.org/c/token1>\n")


def test_a_personal_preview_text_is_rendered(brand, reader_context):
    compiled = compile_message([BUTTON], subject="x", preheader="Pour {{ first_name }}", brand=brand)
    assert render_preview(compiled, reader_context).preheader == "Pour Zoé"


def test_a_preview_without_the_readers_data_says_what_is_missing(brand):
    compiled = compile_message([BUTTON], subject="{{ first_name }}", brand=brand)
    with pytest.raises(ContentError, match="first_name"):
        render_preview(compiled, {})


def test_a_good_message_gets_no_remark(brand):
    assert told(brand, BUTTON) == []


def test_pictures_without_a_description_are_named(brand):
    found = told(brand, BUTTON, {"id": "i", "type": "image", "url": "https://example.org/i.png"})
    assert [(level, block) for level, _message, block in found] == [(Level.WARNING, "i")]
    assert "description" in found[0][1]


def test_a_message_without_a_link_is_noticed(brand):
    assert "no link" in told(brand, {"id": "t", "type": "text", "html": "<p>Bonjour</p>"})[0][1]


def test_subjects_that_are_long_or_shouted_are_noticed(brand):
    assert "characters" in told(brand, BUTTON, subject="x" * 71)[0][1]
    assert "capitals" in told(brand, BUTTON, subject="VENEZ TOUS JEUDI {{ first_name }}")[0][1]
    assert told(brand, BUTTON, preheader="")[0][0] is Level.HINT


def test_a_message_that_gmail_would_cut_is_an_error_and_comes_first(brand):
    texts = [{"id": f"t{n}", "type": "text", "html": f"<p>{'mot ' * 9_000}</p>"} for n in range(3)]
    found = told(brand, *texts, preheader="")
    assert found[0][0] is Level.ERROR
    assert "102 kB" in found[0][1]
    near = told(brand, BUTTON, {"id": "t", "type": "text", "html": f"<p>{'mot ' * 10_000}</p>"}, texts[0])
    assert [level for level, message, _block in near if "102 kB" in message] == []
    close = told(brand, BUTTON, *texts[:2], {"id": "u", "type": "text", "html": f"<p>{'mot ' * 3_500}</p>"})
    assert [level for level, message, _block in close if "102 kB" in message] == [Level.WARNING]


def test_links_that_say_nothing_are_not_secure_or_not_counted_are_noticed(brand):
    html = (
        '<p><a href="https://example.org/a">Cliquez ici</a> <a href="http://example.org/b">Autre page</a>'
        ' <a href="{{ event_url }}">La page</a></p>'
    )
    found = told(brand, {"id": "t", "type": "text", "html": html})
    assert [(level, message.split(" ")[0], block) for level, message, block in found] == [
        (Level.WARNING, "“Cliquez", "t"),
        (Level.WARNING, "“Autre", "t"),
        (Level.HINT, "The", "t"),
    ]


def test_a_variable_of_the_roll_is_explained(brand):
    found = told(brand, BUTTON, {"id": "t", "type": "text", "html": "<p>{{ polling_station }}</p>"})
    assert "“Polling station” is never read from the electoral roll" in found[0][1]


def test_a_subject_that_may_be_empty_is_an_error(brand):
    for subject in ("{{ event_title }}", "{{ first_name }}", "{% if first_name %}Pour vous{% endif %}"):
        assert told(brand, BUTTON, subject=subject)[0][0] is Level.ERROR
    for subject in ('{{ first_name | default: "Vous" }}', "Pour {{ first_name }}", "{{ greeting }}"):
        assert Level.ERROR not in [level for level, _message, _block in told(brand, BUTTON, subject=subject)]


def test_variables_without_a_fallback_are_hinted_at(brand):
    html = (
        '<p>{{ greeting }} {{ first_name }} {{ commune_at | default: "chez vous" }} {{ sender_name }}'
        "{% if region_name %}{{ region_name }}{% endif %} {{ department_name }}</p>"
    )
    [(level, message, _block)] = told(brand, BUTTON, {"id": "t", "type": "text", "html": html})
    assert level is Level.HINT
    assert message.startswith("Without a fallback: First name, Department.")
