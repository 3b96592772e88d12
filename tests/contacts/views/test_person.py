"""The page of one person, and what may be done there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash
from contacts.enums import Channel, ConsentPurpose, SuppressionReason, SuppressionScope
from contacts.models import (
    Contact,
    ContactSource,
    ContactTag,
    ElectoralRegistration,
    EmailAddress,
    List,
    Newsletter,
    Note,
    PhoneNumber,
    PostalAddress,
    RegistrationMatch,
)
from contacts.services.consents import record_consent
from contacts.services.lists import add_to_list
from contacts.services.people import add_note, add_tag, tag_named
from contacts.services.sources import create_source
from contacts.services.subscriptions import subscribe
from contacts.services.suppressions import suppress
from tests.contacts.views.conftest import queries_of


@pytest.fixture
def lea(person, places):
    return person(
        "Léa",
        "Martin",
        email="lea@example.org",
        phone="+33639980001",
        commune=places["60057"],
        address={"line1": "1 rue A", "postcode": "60000", "city": "Beauvais"},
    )


def page(client, contact) -> str:
    answer = client.get(f"/people/{contact.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_who_they_are_and_where_it_comes_from(client, lea, members):
    text = page(client, lea)
    for shown in (
        "Léa Martin",
        "lea@example.org",
        "1 rue A, 60000 Beauvais",
        "Beauvais",
        "Members",
        "Membership",
    ):
        assert shown in text


def test_a_phone_is_written_as_people_read_it(client, lea):
    assert "06 39 98 00 01" in page(client, lea)


def test_each_channel_says_yes_or_why_not(client, lea):
    suppress(
        channel=Channel.EMAIL,
        address="lea@example.org",
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.UNSUBSCRIBE,
        by=None,
    )
    lines = {line.channel: line for line in client.get(f"/people/{lea.pk}/").context["facts"].reach}
    assert (lines[Channel.EMAIL].political, lines[Channel.EMAIL].service) == (False, True)
    assert lines[Channel.EMAIL].reason == "On the do-not-contact list"
    assert lines[Channel.SMS].political
    assert lines[Channel.SMS].source == "Members"
    assert "service messages only" in page(client, lea)


def test_a_person_without_any_address_is_told_so(client, person):
    lines = client.get(f"/people/{person('Zoé', 'Roy').pk}/").context["facts"].reach
    assert {line.reason for line in lines} == {"No usable address or number"}
    assert [line.channel for line in lines] == list(Channel)


def test_a_licence_that_ended_is_the_reason(client, person):
    ended = create_source(
        by=None,
        name="Rented",
        kind="broker_rental",
        lawful_basis="consent",
        channels=["email", "post"],
        supplier="A supplier",
        licence_ends_on=timezone.localdate() - timedelta(days=1),
    )
    zoe = person(
        "Zoé", "Roy", source=ended, email="zoe@example.org", address={"line1": "1 rue A", "city": "Lille"}
    )
    lines = {line.channel: line for line in client.get(f"/people/{zoe.pk}/").context["facts"].reach}
    assert lines[Channel.POST].reason == lines[Channel.EMAIL].reason == "The licence of the file has ended"
    assert not lines[Channel.POST].political


def test_the_newest_word_of_each_kind_is_shown(client, lea, members):
    for given in (True, False):
        record_consent(
            contact=lea,
            channel=Channel.EMAIL,
            purpose=ConsentPurpose.MESSAGES,
            given=given,
            source=members,
            by=None,
        )
    consents = client.get(f"/people/{lea.pk}/").context["facts"].consents
    assert [(entry.purpose, entry.given) for entry in consents] == [("messages", False)]


def test_where_they_vote_and_who_may_be_them(client, lea, places):
    roll = create_source(by=None, name="Roll", kind="roll", lawful_basis="public_roll", channels=["post"])
    elector = ElectoralRegistration.objects.create(
        identity="00000000-0000-0000-0000-000000000001",
        source=roll,
        commune=places["60057"],
        birth_name="MARTIN",
        order_number=12,
    )
    RegistrationMatch.objects.create(contact=lea, registration=elector, state="pending")
    assert "An elector may be this person." in page(client, lea)
    ElectoralRegistration.objects.update(contact=lea)
    assert "no. 12" in page(client, lea)


def test_the_page_asks_as_many_queries_for_much_as_for_little(client, lea, members, officer):
    def add(number: int) -> None:
        add_note(contact=lea, body=f"Note {number}", by=officer)
        add_tag(contact=lea, tag=tag_named(f"Tag {number}"), by=officer)
        add_to_list(to=List.objects.create(name=f"List {number}"), contacts=[lea], by=officer)
        newsletter = Newsletter.objects.create(name=f"Letter {number}")
        subscribe(contact=lea, newsletter=newsletter, source=members, by=None)
        EmailAddress.objects.create(
            contact=lea,
            address=f"lea{number}@example.org",
            normalised=f"lea{number}@example.org",
            source=members,
            is_primary=False,
        )
        record_consent(
            contact=lea,
            channel=Channel.EMAIL,
            purpose=list(ConsentPurpose)[number],
            given=True,
            source=members,
            by=None,
        )

    add(0)
    little = queries_of(client, f"/people/{lea.pk}/")
    add(1)
    add(2)
    assert queries_of(client, f"/people/{lea.pk}/") == little


def test_the_timeline_loads_older_lines_one_after_the_other(client, lea, officer):
    for number in range(45):
        Note.objects.create(contact=lea, author=officer, body=f"Note {number:02d}")
    first = client.get(f"/people/{lea.pk}/")
    shown = [entry.detail for entry in first.context["entries"]]
    before = first.context["timeline_before"]
    while before:
        more = client.get(f"/people/{lea.pk}/timeline/", {"before": before})
        shown += [entry.detail for entry in more.context["entries"]]
        before = more.context["timeline_before"]
    notes = [line for line in shown if line.startswith("Note")]
    assert notes == [f"Note {number:02d}" for number in reversed(range(45))]


def test_the_timeline_is_narrowed_to_one_kind_by_its_address(client, lea, officer):
    for number in range(25):
        Note.objects.create(contact=lea, author=officer, body=f"Note {number:02d}")
    page = client.get(f"/people/{lea.pk}/", {"show": "notes"})
    assert {entry.kind for entry in page.context["entries"]} == {"note"}
    assert 'href="?show=notes#timeline-title" aria-current="true"' in page.text
    assert "&amp;show=notes" in page.text, "older lines are of this kind too"
    more = client.get(
        f"/people/{lea.pk}/timeline/", {"before": page.context["timeline_before"], "show": "notes"}
    )
    assert [entry.kind for entry in more.context["entries"]] == ["note"] * 5
    assert "Nothing of this kind" in client.get(f"/people/{lea.pk}/", {"show": "calls"}).text
    everything = client.get(f"/people/{lea.pk}/", {"show": "nonsense"})
    assert len(everything.context["entries"]) == 20


def test_a_timeline_asked_for_nonsense_begins_at_the_newest(client, lea):
    answer = client.get(f"/people/{lea.pk}/timeline/", {"before": "yesterday"})
    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/people/999999/", "/people/999999/timeline/", "/people/999999/edit/"])
def test_nobody_of_that_number_is_not_found(client, address):
    assert client.get(address).status_code == 404


def test_somebody_being_erased_is_not_found(client, lea):
    Contact.objects.filter(pk=lea.pk).update(erased_at=timezone.now())
    assert client.get(f"/people/{lea.pk}/").status_code == 404


def act(client, contact, act_name: str, **data: object):
    return client.post(f"/people/{contact.pk}/act/{act_name}/", data, follow=True)


def test_a_note_is_kept_with_its_author(client, lea, officer):
    act(client, lea, "note", body="  Met at the market.  ")
    assert Note.objects.values_list("body", "author").get() == ("Met at the market.", officer.pk)
    act(client, lea, "note", body="   ")
    assert Note.objects.count() == 1


def test_tags_come_and_go(client, lea):
    act(client, lea, "tag", name="Volunteer")
    tag = ContactTag.objects.get().tag
    assert "Volunteer" in page(client, lea)
    act(client, lea, "untag", tag=tag.pk)
    act(client, lea, "untag", tag="nonsense")
    assert not ContactTag.objects.exists()


def test_a_person_joins_a_list(client, lea):
    chosen = List.objects.create(name="Press")
    assert "Added to “Press”." in act(client, lea, "list", list=chosen.pk).content.decode()
    assert chosen.memberships.get().contact == lea


def test_addresses_are_added_by_hand(client, lea):
    act(client, lea, "point", kind="email", value="Other@Example.org")
    act(client, lea, "point", kind="phone", value="06 39 98 00 02")
    act(client, lea, "point", kind="postal", value="2 rue B", postcode="59000", city="Lille")
    assert EmailAddress.objects.filter(contact=lea, normalised="other@example.org").exists()
    assert PhoneNumber.objects.filter(contact=lea, e164="+33639980002").exists()
    assert PostalAddress.objects.filter(contact=lea, city="Lille").exists()
    assert EmailAddress.objects.get(normalised="other@example.org").source.kind == "hand"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "email", "value": "not an address"}, "is not an e-mail address"),
        ({"kind": "phone", "value": "12"}, "is not a phone number"),
        ({"kind": "email", "value": ""}, "Write the e-mail, phone or address."),
        ({"kind": "other", "value": "x"}, "Write the e-mail, phone or address."),
    ],
)
def test_what_is_no_address_is_refused_in_words(client, lea, data, said):
    assert said in act(client, lea, "point", **data).content.decode()


def test_an_act_that_does_not_exist_is_not_found(client, lea):
    assert client.post(f"/people/{lea.pk}/act/erase/").status_code == 404


def test_who_only_reads_may_not_act(reader, lea):
    for name in ("note", "tag", "list", "point"):
        assert reader.post(f"/people/{lea.pk}/act/{name}/", {"body": "x", "name": "x"}).status_code == 403
    text = page(reader, lea)
    assert "Add the note" not in text
    assert "Edit" not in text
    assert reader.get(f"/people/{lea.pk}/edit/").status_code == 403
    assert reader.get("/people/new/").status_code == 403


def test_a_person_is_typed_in(client):
    answer = client.post(
        "/people/new/",
        {
            "first_name": "Zoé",
            "last_name": "Roy",
            "language": "fr",
            "relationship": "occasional",
            "email": "Zoe@Example.org",
            "phone": "06 39 98 00 03",
            "birth_date": "1980-02-29",
        },
    )
    made = Contact.objects.get()
    assert answer.url == f"/people/{made.pk}/"
    assert str(made) == "Zoé Roy"
    assert bytes(EmailAddress.objects.get().address_hash) == keyed_hash("email", "zoe@example.org")
    assert ContactSource.objects.get().source.lawful_basis == "none"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"first_name": "", "last_name": ""}, "Write a first name or a last name."),
        ({"last_name": "Roy", "email": "nonsense"}, "is not an e-mail address"),
        ({"last_name": "Roy", "birth_date": "31/31/1980"}, "valid date"),
    ],
)
def test_a_person_typed_wrongly_is_not_made(client, data, said):
    values = {"language": "fr", "relationship": "occasional", **data}
    answer = client.post("/people/new/", values)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_person_is_corrected(client, lea):
    data = {
        "first_name": "Léa",
        "last_name": "Martin-Roy",
        "birth_name": "Martin",
        "language": "en",
        "relationship": "member",
        "gender": "F",
    }
    assert client.post(f"/people/{lea.pk}/edit/", data).url == f"/people/{lea.pk}/"
    lea.refresh_from_db()
    assert (lea.last_name, lea.birth_name, lea.language) == ("Martin-Roy", "Martin", "en")
    assert "martin roy" in lea.search_text
    assert lea.commune is not None


def test_what_people_wrote_is_shown_as_text(client, person, officer):
    danger = person("<script>alert(1)</script>", "<b>Bold</b>")
    add_note(contact=danger, body="<img src=x onerror=alert(1)>", by=officer)
    text = page(client, danger)
    assert "<script>alert" not in text
    assert "<b>Bold" not in text
    assert "<img src=x" not in text


def test_an_address_that_looks_misspelt_is_doubted_until_it_is_confirmed(client, person):
    wrong = person("Zoé", "Roy", email="zoe@gmial.com")
    page = f"/people/{wrong.pk}/"
    assert "perhaps zoe@gmail.com?" in client.get(page).content.decode()
    EmailAddress.objects.update(verified_at=timezone.now())
    assert "perhaps" not in client.get(page).content.decode()


def test_what_a_file_says_of_their_agreement_is_shown_with_its_source(client, lea):
    rows = [
        {
            "cells": {"email": "oui", "sms": ""},
            "words": "J’accepte.",
            "proof": "192.0.2.17",
            "on": "2025-06-01",
        }
    ]
    said = [{"import": 1, "on": "2025-06-01", "not": ["sms"], "rows": rows}]
    ContactSource.objects.filter(contact=lea).update(collected_on="2025-03-12", said=said)
    text = page(client, lea)
    shown = (
        "collected on 03/12/2025",
        "“oui”",
        "nothing said",
        "Words: “J’accepte.”",
        "Proof: 192.0.2.17",
        "said on 06/01/2025",
    )
    assert [words for words in shown if words not in text] == []
