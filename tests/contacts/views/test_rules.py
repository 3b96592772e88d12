"""The rulebook on screen: every rule with its law, and a change with its reason."""

from __future__ import annotations

import pytest
from django.test import Client

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.models import RuleChange
from contacts.rules.rulebook import rules
from tests.contacts.views.conftest import queries_of


@pytest.fixture
def boss(db: None) -> Client:
    found = Client()
    boss = User.objects.create_user(email="boss@example.org", role=Role.ADMINISTRATOR, language="en")
    found.force_login(boss)
    return found


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_every_rule_is_listed_with_its_law(reader: Client) -> None:
    page = text(reader, "/rules/")
    assert "Code électoral, art. L49" in page
    assert page.count('href="/rules/') == len(rules()) + 1, "and the one of the menu"
    assert "Change the rule" not in text(reader, "/rules/silence/")


def test_the_list_asks_few_statements_whatever_changed(boss: Client) -> None:
    one = queries_of(boss, "/rules/")
    for key in ("silence", "hours"):
        RuleChange.objects.create(rule=key, severity="warn", reason="A test of the page")
    assert queries_of(boss, "/rules/") == one


def test_a_change_is_shown_with_its_reason(boss: Client) -> None:
    told = {"severity": "block", "figure": "22", "reason": "Our operator accepts it until 22 h."}
    answer = boss.post("/rules/hours/", told, follow=True)
    assert "Changed. It holds from now on" in answer.content.decode()
    page = text(boss, "/rules/hours/")
    assert "Our operator accepts it until 22 h." in page
    assert "Until what hour: 22" in page


def test_what_cannot_be_is_said_and_nothing_typed_is_lost(boss: Client) -> None:
    answer = boss.post("/rules/silence/", {"severity": "off", "reason": "short"})
    assert answer.status_code == 422
    assert "Say why, in a sentence" in answer.content.decode()
    assert ">short</textarea>" in answer.content.decode().replace(">\nshort", ">short")
    assert not RuleChange.objects.exists()


def test_a_rule_that_holds_everywhere_has_no_form(boss: Client) -> None:
    assert "cannot be changed" in text(boss, "/rules/opt-out/")
    assert "Change the rule" not in text(boss, "/rules/opt-out/")


def test_a_rule_that_there_is_not_is_not_found(boss: Client) -> None:
    assert boss.get("/rules/nothing/").status_code == 404


def test_others_may_read_but_not_change(client: Client) -> None:
    assert client.get("/rules/hours/").status_code == 200
    told = {"severity": "off", "figure": "20", "reason": "A reason that is long enough"}
    assert client.post("/rules/hours/", told).status_code == 403
    assert not RuleChange.objects.exists()
