"""What staff write down on a person's page: addresses, consents with their proof, newsletters, objections."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import Channel
from contacts.models import (
    Consent,
    CustomField,
    EmailAddress,
    Newsletter,
    PhoneNumber,
    PostalAddress,
    Reach,
    Subscription,
    Suppression,
)
from contacts.services.contact_points import add_email, add_postal_address
from contacts.services.people import update_contact
from contacts.services.subscriptions import subscribe


@pytest.fixture
def lea(person, by_hand):
    return person("Léa", "Martin", source=by_hand, email="lea@example.org", phone="+33639980001")


def act(client, contact, act_name: str, **data: object) -> str:
    answer = client.post(f"/people/{contact.pk}/act/{act_name}/", data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def reach(contact, channel: Channel) -> Reach:
    return Reach.objects.get(contact=contact, channel=channel)


def test_an_address_becomes_the_main_one_and_another_goes(client, lea, by_hand):
    second = add_email(contact=lea, address="second@example.org", source=by_hand, by=None)
    assert "Make it the main one" in client.get(f"/people/{lea.pk}/").content.decode()
    said = act(client, lea, "main-point", kind="email", point=second.pk)
    assert "“second@example.org” is the main one now." in said
    assert EmailAddress.objects.get(contact=lea, is_primary=True) == second
    assert "Removed: second@example.org." in act(client, lea, "remove-point", kind="email", point=second.pk)
    assert EmailAddress.objects.get(contact=lea).is_primary
    act(client, lea, "remove-point", kind="phone", point=PhoneNumber.objects.get(contact=lea).pk)
    assert not PhoneNumber.objects.exists()


def test_nobody_elses_address_is_touched(client, lea, person):
    other = person("Tom", "Roy", email="tom@example.org")
    theirs = EmailAddress.objects.get(contact=other)
    for data in ({"kind": "email", "point": theirs.pk}, {"kind": "email", "point": "x"}, {"kind": "fax"}):
        act(client, lea, "remove-point", **data)
        act(client, lea, "main-point", **data)
    assert EmailAddress.objects.count() == 2


CONSENT = {
    "channel": "email",
    "purpose": "messages",
    "given": "yes",
    "how": "paper",
    "reference": "form 112",
    "day": "2026-01-15",
}


def test_an_agreement_is_written_down_with_its_proof(client, lea, officer):
    assert not reach(lea, Channel.EMAIL).political
    said = act(client, lea, "consent", **CONSENT)
    assert "Written down, with its proof." in said
    assert "form 112" in said
    entry = Consent.objects.get()
    assert (entry.given, entry.recorded_by, entry.source.kind) == (True, officer, "hand")
    assert entry.proof == {"how": "paper", "reference": "form 112"}
    assert timezone.localdate(entry.at) == date(2026, 1, 15)
    assert entry.wording is None
    assert reach(lea, Channel.EMAIL).political
    act(client, lea, "consent", **CONSENT | {"given": "no", "reference": "", "day": timezone.localdate()})
    assert not reach(lea, Channel.EMAIL).political


def test_the_wording_is_kept_when_they_read_it(client, lea):
    act(client, lea, "consent", **CONSENT | {"as_worded": "on", "purpose": "targeting"})
    entry = Consent.objects.get()
    assert entry.wording is not None
    assert (entry.wording.purpose, entry.wording.channel) == ("targeting", "email")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"reference": ""}, "An agreement that cannot be proven is not one"),
        ({"day": (timezone.localdate() + timedelta(days=2)).isoformat()}, "This day is still to come."),
        ({"channel": "fax"}, "Channel –"),
    ],
)
def test_an_agreement_without_proof_is_not_written_down(client, lea, wrong, said):
    assert said in act(client, lea, "consent", **CONSENT | wrong)
    assert not Consent.objects.exists()


def test_an_objection_holds_whatever_staff_write_down_later(client, lea, officer):
    act(client, lea, "consent", **CONSENT)
    said = act(client, lea, "object", channels=["email", "sms"], how="phone", reference="called Claude")
    assert "They will receive no more political messages this way." in said
    assert {entry.channel for entry in Suppression.objects.filter(scope="political", reason="objection")} == {
        "email",
        "sms",
    }
    withdrawn = Consent.objects.filter(given=False)
    assert {entry.proof["reference"] for entry in withdrawn} == {"called Claude"}
    assert reach(lea, Channel.EMAIL).reason == "suppressed"
    told = act(client, lea, "consent", **CONSENT | {"day": timezone.localdate().isoformat()})
    assert "stays on the do-not-contact list" in told
    assert reach(lea, Channel.EMAIL).reason == "suppressed"


def test_an_objection_names_a_channel(client, lea):
    assert "No more political messages by –" in act(client, lea, "object", how="phone")
    assert not Suppression.objects.exists()


def test_newsletters_are_switched_on_and_off(client, lea, by_hand):
    letters = [Newsletter.objects.create(name=name) for name in ("Digest", "Letter")]
    closed = Newsletter.objects.create(name="Closed", is_open=False)
    later = Newsletter.objects.create(name="Made later")
    for chosen in (letters[0], closed, later):
        subscribe(contact=lea, newsletter=chosen, source=by_hand, by=None)
    shown = [*(letter.pk for letter in letters), closed.pk]
    act(client, lea, "newsletters", shown=shown, newsletter=[letters[1].pk, closed.pk])
    running = Subscription.objects.filter(contact=lea, ended_at=None)
    names = set(running.values_list("newsletter__name", flat=True))
    assert names == {"Letter", "Closed", "Made later"}, "what the page did not show stays"


def test_what_was_said_is_recorded_by_those_who_may(client, lea):
    writer = Client()
    reader = User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    writer.force_login(reader)
    for name in ("consent", "object", "newsletters", "main-point", "remove-point"):
        assert writer.post(f"/people/{lea.pk}/act/{name}/", CONSENT).status_code == 403
    page = writer.get(f"/people/{lea.pk}/").content.decode()
    for words in ("Write down what they said", "They object", "Remove it", "Save their newsletters"):
        assert words not in page


@pytest.fixture
def extra_fields(db) -> None:
    for key, kind, choices in (
        ("size", "number", []),
        ("joined", "date", []),
        ("car", "boolean", []),
        ("when", "choice", ["Evenings", "Week-ends"]),
        ("nickname", "text", []),
    ):
        CustomField.objects.create(key=key, label=key.title(), kind=kind, choices=choices)


WHO = {"first_name": "Léa", "last_name": "Martin", "language": "fr", "relationship": "occasional"}
EXTRA = {
    "extra_size": "12.5",
    "extra_joined": "2025-02-03",
    "extra_car": "no",
    "extra_when": "Evenings",
    "extra_nickname": "Lilou",
}


def test_birth_date_commune_and_extra_fields_are_shown_and_corrected(client, lea, places, extra_fields):
    update_contact(contact=lea, by=None, custom={"gone": "kept", "when": "Mornings"})
    form = client.get(f"/people/{lea.pk}/edit/").content.decode()
    assert "Mornings" in form, "a choice that is no longer offered is not lost"
    data = WHO | EXTRA | {"birth_date": "1980-05-17", "commune": "beauvais"}
    assert client.post(f"/people/{lea.pk}/edit/", data).status_code == 302
    lea.refresh_from_db()
    assert (lea.birth_date, lea.commune) == (date(1980, 5, 17), places["60057"])
    assert lea.custom == {
        "size": 12.5,
        "joined": "2025-02-03",
        "car": False,
        "when": "Evenings",
        "nickname": "Lilou",
        "gone": "kept",
    }
    page = client.get(f"/people/{lea.pk}/").content.decode()
    for shown in ("May 17, 1980", "Beauvais", "12.5", "Feb. 3, 2025", "Evenings", "Lilou"):
        assert shown in page
    form = client.get(f"/people/{lea.pk}/edit/").content.decode()
    assert 'value="2025-02-03"' in form
    assert "Beauvais (60057)" in form
    cleared = dict.fromkeys(EXTRA, "")
    assert client.post(f"/people/{lea.pk}/edit/", WHO | cleared | {"commune": ""}).status_code == 302
    lea.refresh_from_db()
    assert (lea.custom, lea.commune) == ({"gone": "kept"}, None)


@pytest.mark.parametrize("typed", ["Beauvais (60057)", "60057", "60000", "BEAUVAIS"])
def test_a_commune_is_written_in_several_ways(client, lea, places, typed):
    client.post(f"/people/{lea.pk}/edit/", WHO | {"commune": typed})
    lea.refresh_from_db()
    assert lea.commune == places["60057"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"commune": "Nowhere"}, "No place has this name, postcode or code."),
        ({"extra_size": "big"}, "Enter a number."),
        ({"extra_joined": "31/31/2025"}, "valid date"),
        ({"extra_when": "Mornings"}, "Select a valid choice"),
    ],
)
def test_what_a_field_cannot_hold_is_refused(client, lea, places, extra_fields, data, said):
    answer = client.post(f"/people/{lea.pk}/edit/", WHO | data)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_two_communes_of_one_name_are_asked_about(client, lea, places):
    twin = places["60057"]
    type(twin).objects.create(kind="commune", code="55040", name="Beauvais", parent=twin.parent)
    answer = client.post(f"/people/{lea.pk}/edit/", WHO | {"commune": "Beauvais"})
    assert "Which one? Write its code" in answer.content.decode()


def test_a_person_is_typed_in_with_an_address_and_extra_fields(client, extra_fields):
    data = WHO | EXTRA | {"street": "1 rue A", "postcode": "60000", "city": "Beauvais"}
    assert client.post("/people/new/", data).status_code == 302
    home = PostalAddress.objects.get()
    assert (home.line1, home.city, home.contact.custom["size"]) == ("1 rue A", "Beauvais", 12.5)
    client.post("/people/new/", WHO | {"last_name": "Roy"})
    assert PostalAddress.objects.count() == 1


def test_the_main_home_is_where_a_person_lives(client, lea, by_hand, places):
    update_contact(contact=lea, by=None, commune=places["60057"])
    there = add_postal_address(
        contact=lea, source=by_hand, by=None, postcode="59000", city="Lille", commune=places["59350"]
    )
    act(client, lea, "main-point", kind="postal", point=there.pk)
    lea.refresh_from_db()
    assert lea.commune == places["59350"]


def test_a_year_of_birth_is_shown_and_corrected_until_the_day_is_known(client, lea):
    address = f"/people/{lea.pk}/"
    assert "four digits" in client.post(f"{address}edit/", WHO | {"birth_year": "61"}).content.decode()
    client.post(f"{address}edit/", WHO | {"birth_year": "1961"})
    page = client.get(address).content.decode()
    assert ("born in 1961" in page, "1961, day not known" in page) == (True, True)
    assert 'value="1961"' in client.get(f"{address}edit/").content.decode()
    client.post(f"{address}edit/", WHO | {"birth_year": "1961", "birth_date": "1961-05-17"})
    lea.refresh_from_db()
    assert (lea.birth_date, lea.birth_year) == (date(1961, 5, 17), None)
