"""The preference page: each difference is written down once, with its proof."""

from datetime import date

import pytest
from django.db.models import Sum
from django.test import Client

from contacts.enums import Channel, LawfulBasis, SuppressionReason, SuppressionScope
from contacts.models import (
    ChosenFrequency,
    Consent,
    Contact,
    Newsletter,
    Reach,
    Source,
    Subscription,
    Suppression,
)
from contacts.services.contact_points import add_phone, remove_point
from contacts.services.projections import refresh_projections
from contacts.services.sources import create_source, update_source
from contacts.services.suppressions import suppress
from messaging.content.tokens import UnsubscribeToken, sign_unsubscribe
from messaging.models import Campaign
from tracking.models import CampaignCounter, Interaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(db) -> Source:
    """It allows nothing: what people receive is what they agreed to."""
    return create_source(by=None, name="Form", kind="form", lawful_basis=LawfulBasis.NONE)


def choices_of(person: Contact, address_hash: bytes, campaign: int = 0) -> str:
    day = date(2026, 11, 2)
    token = UnsubscribeToken("email", address_hash, person.pk, campaign, day.replace(day=1), day)
    return f"/p/{sign_unsubscribe(token)}"


@pytest.fixture
def url(person, address_hash) -> str:
    return choices_of(person, address_hash)


def test_choices_are_shown_and_kept(url, person) -> None:
    letter = Newsletter.objects.create(name="Lettre de l’Oise")
    assert "Lettre de l’Oise" in Client().get(url).text
    assert not Consent.objects.exists()
    page = Client().post(url, {"newsletters": [letter.pk], "messages": "on", "measurement": "on"})
    assert "Your choices are saved" in page.text
    said = {entry.purpose: entry.given for entry in Consent.objects.all()}
    assert said == {"messages": True, "measurement": True}
    assert all(entry.wording is not None for entry in Consent.objects.select_related("wording"))
    assert Subscription.objects.get(ended_at=None).newsletter == letter
    assert page.text.count("checked") == 4, "three boxes, and no limit on how often"


def test_saving_the_same_choices_again_writes_nothing(url) -> None:
    for _time in range(2):
        Client().post(url, {"messages": "on"})
    assert Consent.objects.count() == 1
    assert Interaction.objects.filter(kind="preferences").count() == 1


def test_unticking_withdraws_and_leaves(url) -> None:
    letter = Newsletter.objects.create(name="Letter")
    Client().post(url, {"newsletters": [letter.pk], "targeting": "on"})
    Client().post(url, {})
    assert list(Consent.objects.order_by("pk").values_list("purpose", "given")) == [
        ("targeting", True),
        ("targeting", False),
    ]
    assert Subscription.objects.get().ended_at is not None


def left(campaign: Campaign) -> int | None:
    counters = CampaignCounter.objects.filter(campaign=campaign, metric="unsubscribes")
    return counters.aggregate(n=Sum("delta"))["n"]


def test_who_leaves_here_counts_once_in_the_report_and_is_taken_back(person, address_hash, campaign) -> None:
    url = choices_of(person, address_hash, campaign.pk)
    letter = Newsletter.objects.create(name="Letter")
    both = {"messages": "on", "newsletters": [letter.pk]}
    for choices, expected in (
        (both, None),  # who begins was not counted: nobody is taken back
        (both | {"measurement": "on"}, None),
        ({"messages": "on"}, 1),
        ({}, 1),
        (both, 0),
        (both, 0),
        ({}, 1),
    ):
        Client().post(url, choices)
        assert left(campaign) == expected, choices
    unsubscribed = Interaction.objects.filter(kind="unsubscribe", campaign=campaign, contact=person)
    assert unsubscribed.count() == 3


def test_newsletters_ticked_after_an_objection_take_nobody_back(person, address_hash, campaign) -> None:
    gone = UnsubscribeToken(
        "email", address_hash, person.pk, campaign.pk, campaign.ledger_month, date(2026, 11, 2)
    )
    Client().post(f"/u/{sign_unsubscribe(gone)}", {"choice": "everything"})
    letter = Newsletter.objects.create(name="Letter")
    Client().post(choices_of(person, address_hash, campaign.pk), {"newsletters": [letter.pk]})
    assert left(campaign) == 1


def test_a_person_being_erased_has_no_page(url, person) -> None:
    person.delete()
    assert Client().get(url).status_code == 404


def may_be_written_to(person) -> bool:
    return Reach.objects.get(contact=person, channel=Channel.EMAIL).political


def test_what_a_source_allows_is_shown_and_ends_when_unticked(url, person, source) -> None:
    """Nobody agreed to anything, but messages come: an empty box would say they do not."""
    update_source(source=source, by=None, lawful_basis="member", channels=["email"])
    refresh_projections([person.pk])
    assert 'name="messages" checked' in Client().get(url).text
    Client().post(url, {"messages": "on"})
    assert not Consent.objects.exists(), "a box that was ticked beforehand is no agreement"
    Client().post(url, {})
    assert not Consent.objects.get().given
    assert not may_be_written_to(person)


def test_an_objection_is_said_and_no_box_pretends_to_lift_it(url, person, address_hash) -> None:
    suppress(
        address_hash=address_hash,
        channel=Channel.EMAIL,
        scope=SuppressionScope.POLITICAL,
        reason=SuppressionReason.OBJECTION,
        by=None,
    )
    page = Client().get(url)
    assert "this holds" in page.text
    assert 'name="messages"' not in page.text
    Client().post(url, {"messages": "on", "measurement": "on"})
    assert [entry.purpose for entry in Consent.objects.all()] == ["measurement"]
    assert not may_be_written_to(person)


def test_who_reads_an_address_that_is_no_longer_theirs_learns_and_changes_nothing(url, person) -> None:
    remove_point(point=person.emailaddress_set.get(), by=None)
    assert Client().get(url).status_code == 404
    assert Client().post(url, {"messages": "on"}).status_code == 404
    assert not Consent.objects.exists()


def test_a_number_of_any_length_is_no_accident(url) -> None:
    assert Client().post(url, {"newsletters": ["9" * 5000, "9" * 18]}).status_code == 200


def test_how_often_is_chosen_by_the_person_and_kept_until_they_change_it(url, person) -> None:
    assert 'name="days" value="0" checked' in Client().get(url).text
    Client().post(url, {"messages": "on", "days": "7"})
    assert 'name="days" value="7" checked' in Client().get(url).text
    Client().post(url, {"messages": "on", "days": "5"})  # nothing that the page offers
    assert list(ChosenFrequency.objects.values_list("contact", "channel", "days")) == [
        (person.pk, "email", 7)
    ]
    Client().post(url, {"messages": "on", "days": "0"})
    assert not ChosenFrequency.objects.exists()


def test_other_ways_are_offered_and_each_ended_alone(url, person, source) -> None:
    add_phone(contact=person, number="+33639980001", source=source, by=None)
    page = Client().get(url).text
    assert 'name="on_sms"' in page
    assert 'name="on_call"' in page
    assert 'name="on_post"' not in page, "no postal address is known"
    Client().post(url, {"messages": "on", "channels": "shown", "on_sms": "on"})
    said = {(one.channel, one.given) for one in Consent.objects.filter(purpose="messages")}
    assert said == {("email", True), ("sms", True)}
    assert Consent.objects.get(channel="sms").wording is not None
    Client().post(url, {"messages": "on"})  # a program that knows nothing of other ways
    assert Consent.objects.filter(channel="sms").count() == 1
    Client().post(url, {"messages": "on", "channels": "shown"})
    assert not Reach.objects.get(contact=person, channel="sms").political
    assert Reach.objects.get(contact=person, channel="email").political


def test_one_button_ends_everything_once_it_is_confirmed(url, person, source) -> None:
    add_phone(contact=person, number="+33639980001", source=source, by=None)
    letter = Newsletter.objects.create(name="Letter")
    Client().post(url, {"messages": "on", "newsletters": [letter.pk], "channels": "shown", "on_sms": "on"})
    before = Consent.objects.count()
    asked = Client().post(url, {"leave": "ask"}).text
    assert "Receive nothing more?" in asked
    assert Consent.objects.count() == before, "asking changes nothing"
    for _time in range(2):
        assert "You receive nothing more" in Client().post(url, {"leave": "all"}).text
    assert not Reach.objects.filter(contact=person, political=True).exists()
    assert not Subscription.objects.filter(ended_at=None).exists()
    assert Consent.objects.filter(given=False, channel="email").count() == 1
    assert Suppression.objects.filter(reason="objection").count() == 3, (
        "the address, and the number by SMS and call"
    )
    assert "this holds" in Client().get(url).text
    Client().post(url, {"channels": "shown", "on_sms": "on", "messages": "on"})
    assert not Reach.objects.filter(contact=person, political=True).exists(), (
        "only a new sign-up brings them back"
    )


def test_what_is_held_is_told_by_its_ends_alone(url, person, source) -> None:
    add_phone(contact=person, number="+33639980001", source=source, by=None)
    page = Client().get(url).text
    assert "le…@example.org" in page
    assert "… 01" in page
    for secret in ("lea.martin@example.org", "Martin", "+33639980001"):
        assert secret not in page
