"""The list of people: rows, filters, pages, acts on the selected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry
from contacts.enums import Channel, SuppressionReason, SuppressionScope
from contacts.models import Contact, ContactTag, List, Reach
from contacts.services.sources import create_source
from contacts.services.suppressions import suppress
from tests.contacts.views.conftest import queries_of

ADDRESS = "/people/"


def names(client: Client, query: str = "", **headers: str) -> list[str]:
    """Names in the order of the page."""
    page = client.get(ADDRESS + query, headers=headers).context["page"]
    return [str(one) for one in page.rows]


def test_newest_people_come_first(client, person):
    for first in ("Ada", "Béa", "Cléo"):
        person(first, "Martin")
    assert names(client) == ["Cléo Martin", "Béa Martin", "Ada Martin"]


def test_a_row_says_who_and_how_they_can_be_reached(client, person, places):
    person(
        "Léa",
        "Martin",
        email="lea@example.org",
        phone="06 39 98 00 01",
        commune=places["60057"],
    )
    text = client.get(ADDRESS).content.decode()
    for shown in ("Léa Martin", "lea@example.org", "Beauvais", ">E-mail<", ">SMS<", ">Call<"):
        assert shown in text
    assert ">Post<" not in text


def test_a_page_asks_as_many_queries_for_three_rows_as_for_one(client, person):
    person("Ada", "Martin", email="ada@example.org", phone="+33639980001")
    one = queries_of(client, ADDRESS)
    for number in (2, 3):
        person("Ada", f"Martin{number}", email=f"ada{number}@example.org", phone=f"+3363998000{number}")
    assert queries_of(client, ADDRESS) == one


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("", {"Mail", "Mobile", "Nothing", "Left"}),
        ("email", {"Mail"}),
        ("sms", {"Mobile"}),
        ("call", {"Mobile"}),
        ("post", set()),
        ("none", {"Mobile", "Nothing", "Left"}),
        ("nonsense", {"Mail", "Mobile", "Nothing", "Left"}),
    ],
)
def test_people_are_filtered_by_how_they_can_be_reached(client, person, by_hand, chosen, expected):
    person("Mail", "", email="mail@example.org")
    person("Mobile", "", phone="+33639980001")
    person("Nothing", "", source=by_hand, email="nothing@example.org")
    person("Left", "", email="left@example.org")
    suppress(
        channel=Channel.EMAIL,
        address="left@example.org",
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.OBJECTION,
        by=None,
    )
    assert set(names(client, f"?can={chosen}")) == expected


def test_a_licence_that_ended_closes_the_channel_by_itself(client, person):
    yesterday = timezone.localdate() - timedelta(days=1)
    ended = create_source(
        by=None,
        name="Rented letters",
        kind="broker_rental",
        lawful_basis="consent",
        channels=["post"],
        supplier="A supplier",
        licence_ends_on=yesterday,
    )
    person(
        "Léa", "Martin", source=ended, address={"line1": "1 rue A", "postcode": "60000", "city": "Beauvais"}
    )
    assert Reach.objects.get(channel="post").political  # as it was projected
    assert names(client, "?can=post") == []
    assert "nothing yet" in client.get(ADDRESS).content.decode()


def test_people_are_filtered_by_department(client, person, places):
    person("Léa", "Martin", commune=places["60057"])
    person("Zoé", "Durand", commune=places["59350"])
    assert names(client, f"?department={places['60'].pk}") == ["Léa Martin"]
    assert names(client, "?department=nonsense") == ["Zoé Durand", "Léa Martin"]


def test_a_search_keeps_the_filters(client, person, places):
    person("Léa", "Martin", commune=places["60057"], email="lea@example.org")
    person("Luc", "Martin", commune=places["60057"])
    person("Zoé", "Martin", commune=places["59350"], email="zoe@example.org")
    assert names(client, f"?q=martin&department={places['60'].pk}&can=email") == ["Léa Martin"]


def test_a_search_beyond_the_limit_finds_who_is_inside_the_filter(client, person, places):
    for number in range(51):
        person("Ada", f"Martin{number:02d}", commune=places["59350"])
    person("Zoé", "Martinez", commune=places["60057"])
    assert names(client, f"?q=martin&department={places['60'].pk}") == ["Zoé Martinez"]


def test_typing_gets_the_rows_only(client, person):
    person("Léa", "Martin")
    response = client.get(ADDRESS, {"q": "lea"}, headers={"HX-Request": "true"})
    text = response.content.decode()
    assert "Léa Martin" in text
    assert "<html" not in text


def test_nobody_found_says_what_to_try(client, person):
    assert "Nobody here yet" in client.get(ADDRESS).content.decode()
    person("Léa", "Martin")
    assert "Nobody found" in client.get(ADDRESS, {"q": "zzz"}).content.decode()


def test_pages_follow_each_other_both_ways(client, person):
    people = Contact.objects.bulk_create(Contact(last_name=f"P{number:03d}") for number in range(120))
    first = client.get(ADDRESS).context["page"]
    second = client.get(ADDRESS + first.next_url).context["page"]
    third = client.get(ADDRESS + second.next_url).context["page"]
    shown = [row.pk for page in (first, second, third) for row in page.rows]
    assert shown == [one.pk for one in reversed(people)]
    assert (first.previous_url, third.next_url) == ("", "")
    back = client.get(ADDRESS + third.previous_url).context["page"]
    assert [row.pk for row in back.rows] == [row.pk for row in second.rows]
    assert client.get(ADDRESS + back.previous_url).context["page"].previous_url == ""


def test_pages_keep_the_filters(client, person, places):
    Contact.objects.bulk_create(
        Contact(last_name=f"P{number}", commune=places["60057"]) for number in range(51)
    )
    Contact.objects.bulk_create(Contact(last_name="Elsewhere") for _ in range(51))
    first = client.get(ADDRESS, {"department": places["60"].pk}).context["page"]
    second = client.get(ADDRESS + first.next_url).context["page"]
    assert [row.last_name for row in second.rows] == ["P0"]


def test_nonsense_in_the_address_is_the_first_page(client, person):
    person("Léa", "Martin")
    assert names(client, "?before=abc&after=99999999999999999999999") == ["Léa Martin"]


def test_people_being_erased_are_not_shown(client, person):
    Contact.objects.filter(pk=person("Léa", "Martin").pk).update(erased_at=timezone.now())
    assert names(client) == []
    assert names(client, "?q=martin") == []


def test_selected_people_get_a_tag_together(client, person, officer):
    chosen = [person("Ada", "Martin"), person("Béa", "Martin")]
    person("Cléo", "Martin")
    answer = client.post(
        f"{ADDRESS}selected/",
        {"person": [one.pk for one in chosen], "tag": "Volunteer", "back": f"{ADDRESS}?q=martin&can=email"},
    )
    assert answer.url == f"{ADDRESS}?q=martin&can=email"
    tagged = ContactTag.objects.select_related("tag").all()
    assert {(link.contact_id, link.tag.name, link.added_by) for link in tagged} == {
        (one.pk, "Volunteer", officer) for one in chosen
    }
    assert AuditEntry.objects.get(action="tag.add").detail == {"people": 2}
    client.post(f"{ADDRESS}selected/", {"person": [chosen[0].pk], "tag": "VOLUNTEER"})
    assert ContactTag.objects.count() == 2


def test_selected_people_join_a_list(client, person):
    chosen = List.objects.create(name="Press")
    people = [person("Ada", "Martin"), person("Béa", "Martin")]
    client.post(f"{ADDRESS}selected/", {"person": [one.pk for one in people], "list": chosen.pk})
    assert set(chosen.memberships.values_list("contact_id", flat=True)) == {one.pk for one in people}


def test_nothing_chosen_says_so(client, person):
    answer = client.post(f"{ADDRESS}selected/", {"person": [person("Ada", "Martin").pk]}, follow=True)
    assert "Choose a list or write a tag." in answer.content.decode()


@pytest.mark.parametrize("back", ["https://example.com/people/", "//example.com/people/", "/settings/", ""])
def test_the_way_back_never_leads_elsewhere(client, person, back):
    answer = client.post(f"{ADDRESS}selected/", {"person": [], "tag": "x", "back": back})
    assert answer.url == ADDRESS


def test_who_only_reads_sees_no_act(reader, person):
    one = person("Léa", "Martin")
    text = reader.get(ADDRESS).content.decode()
    assert "Léa Martin" in text
    assert 'name="person"' not in text
    assert "New person" not in text
    assert reader.post(f"{ADDRESS}selected/", {"person": [one.pk], "tag": "x"}).status_code == 403
    assert not ContactTag.objects.exists()


def test_a_stranger_is_sent_to_the_sign_in_page(db):
    assert Client().get(ADDRESS).url.startswith("/accounts/login/")


def test_the_list_asks_few_statements_whatever_its_length(client, person):
    person("Léa", "Martin", email="lea@example.org", phone="+33639980001")
    one = queries_of(client, "/people/")
    for number in range(3):
        person("Zoé", f"Durand{number}", email=f"zoe{number}@example.org")
    assert queries_of(client, "/people/") == one <= 14
