import gettext
import json
from pathlib import Path

import pytest

from tools import messages


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project: one module, one template."""
    (tmp_path / "app").mkdir()
    (tmp_path / "templates").mkdir()
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "PYTHON_FOLDERS", ("app",))
    monkeypatch.setattr(messages, "TEMPLATE_FOLDER", tmp_path / "templates")
    monkeypatch.setattr(messages, "UNFOLD", tmp_path / "unfold")
    monkeypatch.setattr(messages, "CATALOGUE", tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po")
    (tmp_path / "app" / "views.py").write_text(
        'A = _("Save")\n'
        'B = ngettext("%(n)s person", "%(n)s people", n)\n'
        'C = pgettext("menu", "People")\n'
        'D = _("two "\n      "lines")\n'
    )
    (tmp_path / "templates" / "page.html").write_text(
        '{% load i18n %}<p>\n   {% translate "Hello" %}\n'
        "{% blocktranslate trimmed with who=name %}\n  Hello {{ who }},\n  welcome\n{% endblocktranslate %}"
        '{{ x|default:_("nothing") }}'
    )
    return tmp_path


def fill(project: Path, french: dict[str, object]) -> int:
    path = project / "french.json"
    path.write_text(json.dumps(french))
    return messages.merge([path])


FRENCH = {
    "Save": "Enregistrer",
    "%(n)s person": ["%(n)s personne", "%(n)s personnes"],
    "menu\x04People": "Personnes",
    "two lines": "deux lignes",
    "Hello": "Bonjour",
    "Hello %(who)s, welcome": "Bonjour %(who)s, bienvenue",
    "nothing": "rien",
}


def test_messages_of_code_and_templates_are_found(project: Path) -> None:
    assert set(messages.wanted()) == {
        (None, "Save"),
        (None, "%(n)s person"),
        ("menu", "People"),
        (None, "two lines"),
        (None, "Hello"),
        (None, "Hello %(who)s, welcome"),
        (None, "nothing"),
    }


def test_extract_twice_changes_nothing_and_keeps_the_french(project: Path) -> None:
    assert fill(project, FRENCH) == 0
    before = messages.CATALOGUE.read_text()
    messages.extract()
    assert messages.CATALOGUE.read_text() == before
    assert list(messages.problems()) == []


def test_compiled_catalogue_translates(project: Path) -> None:
    fill(project, FRENCH)
    messages.compile_catalogue()
    with messages.CATALOGUE.with_suffix(".mo").open("rb") as file:
        french = gettext.GNUTranslations(file)
    assert french.gettext("Save") == "Enregistrer"
    assert french.ngettext("%(n)s person", "%(n)s people", 2) == "%(n)s personnes"
    assert french.pgettext("menu", "People") == "Personnes"


def test_missing_french_is_named(project: Path) -> None:
    fill(project, {name: text for name, text in FRENCH.items() if name != "Save"})
    assert list(messages.problems()) == ["no French: 'Save'"]


def test_new_and_gone_messages_are_named(project: Path) -> None:
    fill(project, FRENCH)
    (project / "app" / "views.py").write_text('A = _("Store")\n')
    found = list(messages.problems())
    assert found[0] == "not in the catalogue (run extract): 'Store'"
    assert "no longer in the code (run extract): 'Save'" in found


def test_french_comes_back_with_its_message(project: Path) -> None:
    fill(project, FRENCH)
    code = (project / "app" / "views.py").read_text()
    (project / "app" / "views.py").write_text("")
    messages.extract()
    assert 'msgid "Save"' not in messages.CATALOGUE.read_text().replace("#~ ", "#")[:400]
    (project / "app" / "views.py").write_text(code)
    messages.extract()
    assert list(messages.problems()) == []


def test_values_must_be_those_of_the_english(project: Path) -> None:
    fill(project, FRENCH | {"Hello %(who)s, welcome": "Bonjour %(whom)s"})
    assert sorted(messages.problems()) == [
        "missing value %(who)s: 'Hello %(who)s, welcome'",
        "unknown value %(whom)s: 'Hello %(who)s, welcome'",
    ]


def test_badly_set_french_is_named(project: Path) -> None:
    fill(project, FRENCH | {"Save": "L'enregistrer"})
    assert list(messages.problems()) == ['straight apostrophe: write ’: "L\'enregistrer"']


def test_merge_names_what_the_code_does_not_have(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fill(project, FRENCH | {"Gone": "Parti"}) == 1
    assert "not in the code: 'Gone'" in capsys.readouterr().err
