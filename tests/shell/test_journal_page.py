"""The journal is searched in one place; a person's history is on their page, earlier values on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform import audit
from campaign_crm.platform.acting import say_who_acts
from campaign_crm.platform.models import AuditEntry, User
from campaign_crm.platform.rights import Role
from campaign_crm.platform.sealed_history import seal_all_waiting
from campaign_crm.shell.journal_lines import PAGE, Asked, journal_page
from contacts.models import Contact, EmailAddress, Newsletter
from contacts.services.history_keys import destroy_history_keys

pytestmark = pytest.mark.django_db
SignedIn = Callable[..., Client]


def person(name: str = "Roux") -> Contact:
    return Contact.objects.create(first_name="Ada", last_name=name)


def page(client: Client, **asked: object) -> str:
    answer = client.get(reverse("shell:journal"), asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_acts_and_changes_stand_in_one_list_with_who_and_why(signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR, language="en")
    boss = User.objects.get()
    one = person()
    say_who_acts(actor_id=boss.pk, came_by="web")
    Contact.objects.update(last_name="Petit")
    audit.record(action="contact.update", on=one, by=boss, fields=["last_name"], reason="She married")
    shown = page(client)
    assert "Person changed" in shown
    assert "She married" in shown
    assert f"Person {one.pk}" in shown
    assert str(boss) in shown


def test_it_is_found_by_actor_object_act_and_period(signed_in: SignedIn) -> None:
    client = signed_in(Role.ADMINISTRATOR, language="en")
    boss, other = User.objects.get(), User.objects.create_user(email="other@example.org", full_name="Zed")
    letter, one = Newsletter.objects.create(name="Lettre"), person()
    audit.record(action="newsletter.create", on=letter, by=boss, reason="by the boss")
    audit.record(action="contact.update", on=one, by=other, reason="by the other")
    assert "by the other" not in page(client, who=boss.pk)
    assert "by the boss" not in page(client, act="contact.update")
    assert "by the boss" not in page(client, thing="contacts.contact", number=one.pk)
    assert "by the boss" in page(client, thing="contacts.newsletter", number=letter.pk)
    assert "Nothing like that" in page(client, until="2001-01-01")
    only_rows = page(client, act="row.I")
    assert "by the boss" not in only_rows
    assert f"Newsletter {letter.pk}" in only_rows


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "2026-02-01", "until": "2026-01-01"}, "ends before it begins"),
        ({"number": "5"}, "Say what the number is of"),
    ],
)
def test_what_cannot_be_asked_is_said(signed_in: SignedIn, asked: dict[str, str], said: str) -> None:
    assert said in page(signed_in(Role.ADMINISTRATOR, language="en"), **asked)


def test_pages_follow_each_other_without_a_gap_also_at_one_moment() -> None:
    """Everything of one transaction has one moment."""
    people = [person(f"N{number}") for number in range(PAGE + 10)]
    for one in people:
        audit.record(action="contact.update", on=one, by=None)
    seen, before = [], ""
    while True:
        lines, before = journal_page(Asked(), before)
        seen += [(line.rank, line.number) for line in lines]
        if not before:
            break
    assert len(seen) == len(set(seen)) == 2 * len(people)
    assert journal_page(Asked(), "nonsense~1")[0] == journal_page(Asked())[0]


def test_the_journal_is_not_for_everybody(signed_in: SignedIn) -> None:
    assert signed_in(Role.DIRECTOR).get(reverse("shell:journal")).status_code == 403
    assert signed_in(Role.DATA_PROTECTION_OFFICER).get(reverse("shell:journal")).status_code == 200


def test_a_person_has_a_history_with_what_belongs_to_them(signed_in: SignedIn) -> None:
    client = signed_in(Role.DIRECTOR, language="en")
    one, other = person(), person("Petit")
    EmailAddress.objects.create(contact=one, address="a@example.org", normalised="a@example.org")
    shown = client.get(reverse("shell:person_history", args=[one.pk])).content.decode()
    assert "E-mail address" in shown
    assert f"Person {other.pk}" not in shown
    assert "a@example.org" not in shown
    assert reverse("shell:person_history", args=[one.pk]) in client.get(f"/people/{one.pk}/").content.decode()


def test_earlier_values_are_shown_on_record_and_are_gone_after_an_erasure(signed_in: SignedIn) -> None:
    client = signed_in(Role.DIRECTOR, language="en")
    one = person("Avant")
    Contact.objects.update(last_name="Après")
    seal_all_waiting()
    url = reverse("shell:person_history", args=[one.pk])
    assert "Avant" not in client.get(url).content.decode()
    assert "Avant" in client.post(url).content.decode()
    entry = AuditEntry.objects.get(action="history.read")
    assert (entry.object_id, entry.detail) == (str(one.pk), {"rows": 1})

    destroy_history_keys([one.pk])

    assert "Avant" not in client.post(url).content.decode()


def test_earlier_values_need_their_right(signed_in: SignedIn) -> None:
    one = person()
    reader = signed_in(Role.READ_ONLY)
    assert reader.get(reverse("shell:person_history", args=[one.pk])).status_code == 200
    assert reader.post(reverse("shell:person_history", args=[one.pk])).status_code == 403
