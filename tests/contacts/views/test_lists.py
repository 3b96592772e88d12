"""Fixed lists."""

from __future__ import annotations

import pytest
from django.utils import timezone

from contacts.models import Contact, List
from contacts.services.lists import add_to_list, create_list
from tests.contacts.views.conftest import queries_of


@pytest.fixture
def press(officer):
    return create_list(name="Press", targeting_class="criterion", by=officer)


def test_lists_are_shown_with_their_numbers(client, press, person):
    add_to_list(to=press, contacts=[person("Léa", "Martin"), person("Zoé", "Roy")], by=None)
    rows = client.get("/lists/").context["lists"]
    assert [(row.name, people) for row, people in rows] == [("Press", 2)]


def test_no_list_says_how_to_make_one(client):
    assert "No fixed list yet" in client.get("/lists/").content.decode()


def test_a_page_asks_as_many_queries_for_three_lists_as_for_one(client, press, person):
    add_to_list(to=press, contacts=[person("Léa", "Martin")], by=None)
    one = queries_of(client, "/lists/")
    for name in ("A", "B"):
        create_list(name=name, targeting_class="criterion", by=None)
    assert queries_of(client, "/lists/") == one


def test_a_list_is_made(client):
    data = {"name": " Press  of Oise ", "description": "Who came"}
    made_at = client.post("/lists/new/", data).url
    made = List.objects.get()
    assert made_at == f"/lists/{made.pk}/"
    assert (made.name, made.targeting_class) == ("Press of Oise", "criterion")


def test_nobody_puts_people_on_a_list_that_they_join_themselves(client, person):
    lea = person("Léa", "Martin")
    joined = create_list(name="Committee", targeting_class="subscription", by=None)
    for page in ("/people/", f"/people/{lea.pk}/"):
        assert "Committee" not in client.get(page).content.decode()
    assert client.post("/people/selected/", {"person": [lea.pk], "list": joined.pk}).status_code == 404
    assert not joined.memberships.exists()


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "Press"}])
def test_a_list_made_wrongly_is_refused(client, press, data):
    answer = client.post("/lists/new/", data)
    assert answer.status_code == 422
    assert List.objects.count() == 1


def test_a_name_taken_but_for_its_spaces_is_refused(client, press):
    answer = client.post("/lists/new/", {"name": "Press "})
    assert answer.status_code == 422
    answer = client.post("/lists/new/", {"name": "Big  press"})
    assert answer.status_code == 302
    answer = client.post("/lists/new/", {"name": "Big   press"})
    assert answer.status_code == 422
    assert List.objects.count() == 2


def test_the_people_of_a_list_are_paged(client, press):
    people = Contact.objects.bulk_create(Contact(last_name=f"P{number}") for number in range(60))
    add_to_list(to=press, contacts=people, by=None)
    first = client.get(f"/lists/{press.pk}/").context["page"]
    second = client.get(f"/lists/{press.pk}/{first.next_url}").context["page"]
    shown = [row.pk for row in (*first.rows, *second.rows)]
    assert shown == [one.pk for one in reversed(people)]


def test_a_list_page_asks_as_many_queries_for_three_people_as_for_one(client, press, person, places):
    add_to_list(to=press, contacts=[person("Léa", "Martin", commune=places["60057"])], by=None)
    one = queries_of(client, f"/lists/{press.pk}/")
    more = [person("Zoé", "Roy", commune=places["59350"]), person("Luc", "Roy")]
    add_to_list(to=press, contacts=more, by=None)
    assert queries_of(client, f"/lists/{press.pk}/") == one


def test_people_being_erased_leave_the_page(client, press, person):
    lea = person("Léa", "Martin")
    add_to_list(to=press, contacts=[lea], by=None)
    Contact.objects.filter(pk=lea.pk).update(erased_at=timezone.now())
    assert client.get(f"/lists/{press.pk}/").context["page"].rows == []


def test_people_are_taken_off(client, press, person):
    lea, zoe = person("Léa", "Martin"), person("Zoé", "Roy")
    add_to_list(to=press, contacts=[lea, zoe], by=None)
    client.post(f"/lists/{press.pk}/remove/", {"person": [lea.pk, "nonsense"]})
    assert press.memberships.get().contact == zoe


def test_who_only_reads_changes_nothing(reader, press, person):
    lea = person("Léa", "Martin")
    add_to_list(to=press, contacts=[lea], by=None)
    assert reader.get(f"/lists/{press.pk}/").status_code == 200
    assert "New fixed list" not in reader.get("/lists/").content.decode()
    assert reader.post(f"/lists/{press.pk}/remove/", {"person": [lea.pk]}).status_code == 403
    assert reader.get("/lists/new/").status_code == 403
    assert press.memberships.count() == 1


def test_a_list_that_does_not_exist_is_not_found(client):
    assert client.get("/lists/99999/").status_code == 404
    assert client.post("/lists/99999/remove/").status_code == 404
