"""Documents of forms: what is read, what is refused, and what keeps one from being published."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils.translation import override

from messaging.content.errors import ContentError
from messaging.errors import EditedMeanwhile
from tracking.enums import FormKind
from tracking.forms.checking import faults_of, is_allowed, remarks_of
from tracking.forms.content import Unreadable, read_content, stored
from tracking.forms.presets import preset
from tracking.models import Form
from tracking.services.forms import create_form, duplicate_form, publish_form, save_draft, start_form


def document(*blocks: dict[str, object], **more: object) -> dict[str, object]:
    return {"languages": ["en"], "title": {"en": "Join"}, "blocks": list(blocks), **more}


@pytest.mark.parametrize("kind", FormKind)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_preset_can_be_published_as_it_is_in_both_languages(kind: FormKind, language: str) -> None:
    content, problems = read_content(preset(kind, language) | {"languages": ["fr", "en"]})
    assert (problems, faults_of(content, kind=kind), remarks_of(content, newsletters=1)) == ([], [], [])
    assert stored(content.as_json()) == content


@pytest.mark.parametrize(
    "sent",
    [
        [],
        {"blocks": {}},
        document({"id": "a", "type": "script"}),
        document({"id": "a", "type": "email"}, {"id": "a", "type": "phone"}),
        document({"id": "1", "type": "email"}),
        document({"id": "a", "type": "email", "is_staff": True}),
        document({"id": "a", "type": "text", "text": {"de": "Hallo"}}),
        document({"id": "a", "type": "consent", "box": "email:everything"}),
        document({"id": "a", "type": "choice", "options": [{"id": "x"}, {"id": "x"}]}),
        document({"id": "a", "type": "scale", "least": "1"}),
        document(*[{"id": f"a{number}", "type": "page"} for number in range(101)]),
        document(languages=["de"]),
    ],
)
def test_what_cannot_be_drawn_is_refused(sent: object) -> None:
    with pytest.raises(Unreadable):
        read_content(sent)


CHOICE = {
    "id": "q",
    "type": "choice",
    "label": {"en": "Which?"},
    "options": [{"id": "o1", "label": {"en": "One"}}, {"id": "o2", "label": {"en": "Two"}}],
}


@pytest.mark.parametrize(
    ("blocks", "field"),
    [
        ([{"id": "a", "type": "email"}, {"id": "b", "type": "email"}], "type"),
        ([{**CHOICE, "label": {}}], "label"),
        ([{**CHOICE, "options": [{"id": "o1", "label": {"en": "One"}}]}], "options"),
        ([{"id": "a", "type": "email", "only_if": {"block": "q", "is": ["o1"]}}, CHOICE], "only_if"),
        ([CHOICE, {"id": "a", "type": "email", "only_if": {"block": "q", "is": ["o9"]}}], "only_if"),
        ([{"id": "a", "type": "hidden", "parameter": "a b"}], "parameter"),
        ([{"id": "a", "type": "image", "url": "javascript:alert(1)"}], "url"),
    ],
)
def test_a_draft_keeps_its_faults_and_says_where(blocks: list[dict[str, object]], field: str) -> None:
    _content, problems = read_content(document(*blocks))
    assert [problem.field for problem in problems] == [field]


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([], "asks nothing"),
        ([CHOICE], "nobody can be answered"),
        ([{"id": "a", "type": "email"}, {"id": "b", "type": "consent", "box": "sms:messages"}], "matching"),
        (
            [{"id": "a", "type": "email"}]
            + [{"id": name, "type": "consent", "box": "email:messages"} for name in ("b", "c")],
            "asked twice",
        ),
        ([{"id": "a", "type": "email"}, {"id": "p", "type": "page"}], "Nothing follows"),
    ],
)
def test_what_keeps_a_form_from_being_published(blocks: list[dict[str, object]], words: str) -> None:
    with override("en"):
        content, _problems = read_content(document(*blocks))
        assert words in " ".join(fault.message for fault in faults_of(content, kind=FormKind.SIGN_UP))


def test_pages_after_a_form_are_on_hosts_of_the_setting_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "FORM_REDIRECT_HOSTS", ["www.example.org"])
    assert is_allowed("https://www.example.org/thanks")
    for address in (
        *("http://www.example.org/", "//www.example.org/", "https://example.org/", "https://evil.example/"),
        *("https://www.example.org@evil.example/", "https://evil.example\\@www.example.org/", "javascript:1"),
    ):
        assert not is_allowed(address), address
    content, _problems = read_content(
        document({"id": "a", "type": "email"}, redirect="https://evil.example/")
    )
    assert [fault.field for fault in faults_of(content, kind=FormKind.SIGN_UP)] == ["redirect"]


@pytest.mark.django_db
def test_a_draft_is_saved_on_its_revision_and_read_by_nobody_until_it_is_published() -> None:
    form = create_form(by=None, newsletters=[], title="Join", language="en", fields=["email"])
    first = form.published
    changed = form.draft | {"title": {"en": "Join us"}}
    form = save_draft(form=form, content=changed, revision=1, by=None)
    assert (form.revision, form.title, form.is_changed) == (2, "Join us", True)
    assert form.content.say("title", "en") == "Join"
    with pytest.raises(EditedMeanwhile):
        save_draft(form=form, content=changed, revision=1, by=None)
    assert publish_form(form=form, by=None).number == 2
    form.refresh_from_db()
    assert (form.content.say("title", "en"), form.is_changed) == ("Join us", False)
    assert first is not None
    assert first.read().say("title", "en") == "Join", "answers keep what they answered"


@pytest.mark.django_db
def test_a_form_with_a_fault_is_not_published() -> None:
    form = start_form(kind=FormKind.SURVEY, title="Ours", language="en", by=None)
    assert (form.title, form.draft["title"]["fr"], form.takes_answers) == ("Ours", "Votre avis", False)
    form = save_draft(form=form, content=form.draft | {"blocks": []}, revision=1, by=None)
    with override("en"), pytest.raises(ContentError, match="asks nothing"):
        publish_form(form=form, by=None)
    assert Form.objects.get().published is None


@pytest.mark.django_db
def test_a_copy_is_a_draft_that_nobody_answered() -> None:
    form = create_form(by=None, newsletters=[], title="Join", language="en", fields=["email"])
    with override("en"):
        copy = duplicate_form(form=form, by=None)
    assert (copy.title, copy.slug, copy.published) == ("Copy of Join", "copy-of-join", None)
    assert copy.source != form.source
    assert copy.draft["blocks"] == form.draft["blocks"]
