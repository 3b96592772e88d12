"""Where data comes from."""

from __future__ import annotations

import pytest

from campaign_crm.platform.models import AuditEntry, Job
from contacts.models import Source
from tests.contacts.views.conftest import queries_of

BOOK = {"name": "Book", "kind": "address_book", "lawful_basis": "consent", "channels": ["email"]}


def test_sources_are_shown_with_what_they_allow(client, members):
    text = client.get("/sources/").content.decode()
    for shown in ("Members", "Address book", "Membership", "E-mail", "SMS"):
        assert shown in text


def test_a_page_asks_as_many_queries_for_three_sources_as_for_one(client, members):
    one = queries_of(client, "/sources/")
    for name in ("A", "B"):
        Source.objects.create(name=name, kind="hand", lawful_basis="none")
    assert queries_of(client, "/sources/") == one


def test_a_source_is_described(client, officer):
    assert client.post("/sources/new/", BOOK).url == "/sources/"
    made = Source.objects.get()
    assert (made.kind, made.lawful_basis, made.channels, made.created_by) == (
        "address_book",
        "consent",
        ["email"],
        officer,
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "broker_purchase"}, "Name the supplier of this file."),
        ({"kind": "broker_rental", "supplier": "S"}, "Say when the licence of this rented file ends."),
        ({"lawful_basis": "none"}, "does not allow: E-mail."),
        ({"lawful_basis": "public_roll", "kind": "roll"}, "does not allow: E-mail."),
        ({"name": ""}, "This field"),
        ({"name": "Members"}, "already exists"),
    ],
)
def test_a_source_that_would_allow_too_much_is_refused_in_words(client, members, data, said):
    answer = client.post("/sources/new/", BOOK | data)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Source.objects.count() == 1


def test_a_change_of_basis_keeps_its_reason_and_recomputes(client, members):
    data = BOOK | {"name": "Members", "lawful_basis": "legitimate_interest", "reason": "Left the party"}
    client.post(f"/sources/{members.pk}/", data)
    members.refresh_from_db()
    assert members.lawful_basis == "legitimate_interest"
    entry = AuditEntry.objects.get(action="source.update")
    assert entry.reason == "Left the party"
    assert Job.objects.filter(kind="contacts.refresh_source", payload={"source": members.pk}).exists()


def test_who_only_reads_changes_nothing(reader, members):
    assert reader.get("/sources/").status_code == 200
    assert "Save" not in reader.get(f"/sources/{members.pk}/").content.decode()
    assert reader.post(f"/sources/{members.pk}/", BOOK).status_code == 403
    assert "New source" not in reader.get("/sources/").content.decode()


def test_a_source_that_does_not_exist_is_not_found(client):
    assert client.get("/sources/99999/").status_code == 404
