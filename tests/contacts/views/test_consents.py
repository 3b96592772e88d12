"""The consent ledger."""

from __future__ import annotations

import pytest

from contacts.enums import Channel, ConsentPurpose
from contacts.models import Consent, Contact
from contacts.services.consents import current_wording, record_consent
from tests.contacts.views.conftest import queries_of

ADDRESS = "/consents/"


@pytest.fixture
def say(members):
    def add(contact, purpose: str = "messages", *, given: bool = True):
        return record_consent(
            contact=contact,
            channel=Channel.EMAIL,
            purpose=ConsentPurpose(purpose),
            given=given,
            source=members,
            wording=current_wording(Channel.EMAIL, ConsentPurpose(purpose), "fr"),
            by=None,
        )

    return add


def test_newest_words_come_first_with_who_said_them(client, say, person):
    say(person("Léa", "Martin"))
    say(person("Zoé", "Roy"), given=False)
    answer = client.get(ADDRESS)
    assert [str(entry.contact) for entry in answer.context["page"].rows] == ["Zoé Roy", "Léa Martin"]
    text = answer.content.decode()
    assert "No more" in text
    assert "J’accepte de recevoir par e-mail" in text


def test_words_are_filtered_by_purpose(client, say, person):
    lea = person("Léa", "Martin")
    say(lea)
    say(lea, "targeting")
    rows = client.get(ADDRESS, {"purpose": "targeting"}).context["page"].rows
    assert [entry.purpose for entry in rows] == ["targeting"]
    assert len(client.get(ADDRESS, {"purpose": "nonsense"}).context["page"].rows) == 2


def test_nothing_said_yet_says_who_writes_here(client):
    assert "Nothing said yet" in client.get(ADDRESS).content.decode()


def test_a_page_asks_as_many_queries_for_three_entries_as_for_one(client, say, person):
    say(person("Léa", "Martin"))
    one = queries_of(client, ADDRESS)
    say(person("Zoé", "Roy"))
    say(person("Luc", "Roy"), "targeting")
    assert queries_of(client, ADDRESS) == one


def test_pages_keep_the_purpose(client, say, person):
    for number in range(51):
        say(person("Léa", f"Martin{number}"), "targeting")
    say(person("Zoé", "Roy"))
    first = client.get(ADDRESS, {"purpose": "targeting"}).context["page"]
    second = client.get(ADDRESS + first.next_url).context["page"]
    assert [str(entry.contact) for entry in second.rows] == ["Léa Martin0"]


def test_a_person_without_a_name_is_still_a_link(client, say, members):
    nameless = Contact.objects.create()
    say(nameless)
    assert f">#{nameless.pk}</a>" in client.get(ADDRESS).content.decode()


def test_who_only_reads_may_read(reader):
    assert reader.get(ADDRESS).status_code == 200


def test_a_day_that_nobody_knows_is_not_shown_as_the_day_of_the_agreement(client, members, person):
    lea = person("Léa", "Martin")
    Consent.objects.create(
        contact=lea, channel="email", purpose="messages", given=True, source=members, proof={"undated": True}
    )
    assert "day not known, imported <time" in client.get(ADDRESS).content.decode()
    page = client.get(f"/people/{lea.pk}/").content.decode()
    assert "day not known, imported <time" in page
    assert "day not known: the day of the import stands here" in page
