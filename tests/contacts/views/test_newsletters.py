"""Newsletters that people choose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry
from contacts.enums import Suffrage
from contacts.models import Newsletter, Territory
from contacts.services.elections import Round, save_election
from contacts.services.subscriptions import end_subscription, subscribe
from tests.contacts.views.conftest import queries_of


def test_newsletters_are_shown_with_who_receives_them_now(client, person, members):
    letter = Newsletter.objects.create(name="Letter", description="Every week")
    for name in ("Ada", "Béa"):
        subscribe(contact=person(name, "Martin"), newsletter=letter, source=members, by=None)
    left = person("Cléo", "Martin")
    subscribe(contact=left, newsletter=letter, source=members, by=None)
    end_subscription(contact=left, newsletter=letter, by=None)
    shown = client.get("/newsletters/").context["newsletters"]
    assert [(one.name, one.receiving) for one in shown] == [("Letter", 2)]


def test_no_newsletter_says_why_to_make_one(client):
    assert "No newsletter yet" in client.get("/newsletters/").content.decode()


def test_a_page_asks_as_many_queries_for_three_as_for_one(client, places):
    Newsletter.objects.create(name="A", territory=places["60"])
    one = queries_of(client, "/newsletters/")
    Newsletter.objects.create(name="B", territory=places["59"])
    Newsletter.objects.create(name="C")
    assert queries_of(client, "/newsletters/") == one


def test_a_newsletter_is_made_and_changed(client, places):
    data = {"name": "Lettre de l’Oise", "territory": "oise", "is_open": "on"}
    assert client.post("/newsletters/new/", data).url == "/newsletters/"
    made = Newsletter.objects.get()
    assert (made.name, made.territory, made.is_open) == ("Lettre de l’Oise", places["60"], True)
    client.post(f"/newsletters/{made.pk}/", {"name": "Lettre"})
    made.refresh_from_db()
    assert (made.name, made.territory, made.is_open) == ("Lettre", None, False)
    actions = AuditEntry.objects.filter(object_type="contacts.newsletter").order_by("id")
    assert [(entry.action, sorted(entry.fields)) for entry in actions] == [
        ("newsletter.create", ["name", "territory"]),
        ("newsletter.update", ["is_open", "name", "territory"]),
    ]


def test_a_newsletter_may_be_of_a_commune_and_of_one_that_was_absorbed(client, places):
    absorbed = {"kind": "commune", "code": "60045", "name": "Bachivillers", "replaced_by": places["60057"]}
    Territory.objects.create(**absorbed)
    for name, typed in (("Beauvais", "60000"), ("Bachivillers", "bachi")):
        assert client.post("/newsletters/new/", {"name": name, "territory": typed}).status_code == 302
        made = Newsletter.objects.get(name=name)
        assert made.territory == places["60057"]
        assert "Beauvais (60057)" in client.get(f"/newsletters/{made.pk}/").content.decode()
    answer = client.post("/newsletters/new/", {"name": "Nowhere", "territory": "nowhere"})
    assert answer.context["form"].errors["territory"] == ["No place has this name, postcode or code."]


@pytest.mark.parametrize("name", ["", "Letter"])
def test_a_newsletter_made_wrongly_is_refused(client, name):
    Newsletter.objects.create(name="Letter")
    assert client.post("/newsletters/new/", {"name": name}).status_code == 422
    assert Newsletter.objects.count() == 1


def test_who_only_reads_changes_nothing(reader):
    letter = Newsletter.objects.create(name="Letter")
    assert reader.get("/newsletters/").status_code == 200
    text = reader.get(f"/newsletters/{letter.pk}/").content.decode()
    assert "Save" not in text
    assert reader.post(f"/newsletters/{letter.pk}/", {"name": "Other"}).status_code == 403
    assert "New newsletter" not in reader.get("/newsletters/").content.decode()


def test_during_the_silence_the_page_says_why_nothing_changes(client):
    letter = Newsletter.objects.create(name="Letter")
    rounds = [Round(timezone.localdate() + timedelta(days=1))]
    save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=rounds, by=None)
    answer = client.post(f"/newsletters/{letter.pk}/", {"name": "Vote for us", "is_open": "on"})
    assert (answer.status_code, "what forms offer stays as it is" in answer.content.decode()) == (422, True)
    letter.refresh_from_db()
    assert letter.name == "Letter"
