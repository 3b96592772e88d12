"""The journal and the jobs are read by people: words in their language, never a code."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from campaign_crm.platform import audit, jobs
from campaign_crm.platform.models import Job, User
from campaign_crm.shell import journal, journal_words
from messaging.enums import CampaignState, ShownState

SOURCES = ("campaign_crm", "contacts", "messaging", "tracking")
SignedIn = Callable[..., Client]


def acts_of(tree: ast.AST) -> Iterator[str]:
    """Codes given as `action=`, put into `action`, or passed to `_record`; "x.*" for a code made of parts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
            if getattr(node.func, "id", "") == "_record":
                given += node.args[:1]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "action":
            given = [node.value]
        else:
            continue
        for part in (part for value in given for part in ast.walk(value)):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and "." in part.value:
                yield part.value


def test_every_act_that_the_code_records_has_its_words() -> None:
    files = [path for name in SOURCES for path in Path(settings.BASE_DIR, name).rglob("*.py")]
    found = {act for path in files for act in acts_of(ast.parse(path.read_text()))}
    assert len(found) > 60
    without = [act for act in found if not any(known.startswith(act) for known in journal.ACTS)]
    assert without == []


def test_every_kind_of_work_has_its_words() -> None:
    ours = {kind for kind, function in jobs._handlers.items() if not function.__module__.startswith("tests")}
    assert ours - set(journal_words.WORK) == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["Role changed", "Team member", "role: read_only"]), ("fr", ["Rôle changé", "rôle : read_only"])],
)
def test_journal_is_read_in_ones_language(signed_in: SignedIn, language: str, words: list[str]) -> None:
    client = signed_in(language=language)
    user = User.objects.get()
    detail = {"role": "read_only"}
    entry = audit.record(action="team.change_role", on=user, by=user, fields=["role"], detail=detail)
    pages = [
        client.get(address).content.decode().replace("\u00a0", " ")
        for address in (
            "/admin/platform/auditentry/",
            f"/admin/platform/auditentry/{entry.pk}/change/",
        )
    ]
    assert [word for word in words if word not in "".join(pages)] == []
    assert "team.change_role" not in "".join(pages)


@pytest.mark.django_db
def test_jobs_say_what_they_do(signed_in: SignedIn) -> None:
    client = signed_in()
    Job.objects.create(kind="contacts.import_undo")
    page = client.get("/admin/platform/job/").content.decode()
    assert "Import being undone" in page
    assert "contacts.import_undo" not in page


def test_what_an_earlier_version_wrote_is_shown_as_it_is() -> None:
    assert journal.act_words("gone.act") == "gone.act"
    assert journal_words.thing_words("gone.model", "3") == "gone.model 3"
    assert journal_words.field_words("contacts.contact", "gone") == "gone"


def test_sending_is_a_state_in_french() -> None:
    with translation.override("fr"):
        assert {str(CampaignState.SENDING.label), str(ShownState.SENDING.label)} == {"En cours"}
