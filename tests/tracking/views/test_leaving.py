"""Leaving: one click from a mail reader, two steps on the page, never by a GET, also years later."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from contacts.enums import Channel
from contacts.models import Consent, Newsletter, Reach, Subscription, Suppression
from contacts.services.people import create_contact
from contacts.services.subscriptions import subscribe
from messaging.content.tokens import UnsubscribeToken, sign_unsubscribe
from tests.tracking.conftest import ADDRESS
from tracking.models import CampaignCounter, Interaction
from tracking.services.unsubscribing import WAY_BACK

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(campaign, person, address_hash) -> str:
    token = UnsubscribeToken(
        "email", address_hash, person.pk, campaign.pk, campaign.ledger_month, date(2026, 11, 2)
    )
    return f"/u/{sign_unsubscribe(token)}"


def may_be_written_to(person) -> bool:
    return Reach.objects.get(contact=person, channel=Channel.EMAIL).political


def one_click(client: Client, url: str):
    return client.post(url, {"List-Unsubscribe": "One-Click"})


def test_one_click_suppresses_at_once_without_cookie_or_page(url, person, campaign) -> None:
    assert may_be_written_to(person)
    response = one_click(Client(enforce_csrf_checks=True), url)
    assert (response.status_code, response.content) == (204, b"")
    entry = Suppression.objects.get()
    assert (entry.channel, entry.scope, entry.reason, entry.detail) == (
        "email", "political", "unsubscribe", {"campaign": campaign.pk},
    )  # fmt: skip
    assert not may_be_written_to(person)
    assert not Consent.objects.get().given
    done = Interaction.objects.get()
    assert (done.kind, done.contact_id, done.campaign_id) == ("unsubscribe", person.pk, campaign.pk)


def test_doing_it_twice_changes_nothing_more(url, campaign) -> None:
    one_click(Client(), url)
    one_click(Client(), url)
    assert Suppression.objects.count() == Interaction.objects.count() == Consent.objects.count() == 1
    assert CampaignCounter.objects.filter(metric="unsubscribes").aggregate(n=Sum("delta"))["n"] == 1


def test_a_get_only_asks(url, person) -> None:
    response = Client().get(url)
    assert response.status_code == 200
    assert "No more e-mails" in response.text
    assert not Suppression.objects.exists()
    assert may_be_written_to(person)


def test_the_page_leaves_everything_and_offers_a_way_back(url, person) -> None:
    page = Client().post(url, {"choice": "everything"})
    assert "It takes effect now" in page.text
    assert not may_be_written_to(person)
    back = Client().post(url, {"choice": "back"})
    assert "Welcome back" in back.text
    assert may_be_written_to(person)
    assert not Suppression.objects.in_force().exists()


def test_requests_that_come_at_once_are_one_departure(url, transactional_db) -> None:
    """Mail readers send it twice."""
    threads = [threading.Thread(target=_alone, args=[url]) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert Suppression.objects.count() == Interaction.objects.count() == Consent.objects.count() == 1


def _alone(url: str) -> None:
    try:
        one_click(Client(), url)
    finally:
        connection.close()


def test_of_two_who_share_an_address_each_departure_is_kept(
    url, person, campaign, source, address_hash
) -> None:
    other = create_contact(source=source, by=None, first_name="Paul", last_name="Martin", email=ADDRESS)
    token = UnsubscribeToken(
        "email", address_hash, other.pk, campaign.pk, campaign.ledger_month, date(2026, 11, 2)
    )
    one_click(Client(), url)
    assert not may_be_written_to(other), "the objection is the address's"
    one_click(Client(), f"/u/{sign_unsubscribe(token)}")
    Client().post(url, {"choice": "back"})
    assert (may_be_written_to(person), may_be_written_to(other)) == (True, False)


@pytest.mark.parametrize("change", ["long ago", "by an objection", "by another message"])
def test_only_a_departure_of_a_moment_ago_is_undone_by_its_page(url, person, change) -> None:
    """A message may have been passed on, and its link with it."""
    one_click(Client(), url)
    Suppression.objects.update(
        **{
            "long ago": {"at": timezone.now() - WAY_BACK - timedelta(minutes=1)},
            "by an objection": {"reason": "objection"},
            "by another message": {"detail": {"campaign": 0}},
        }[change]
    )
    page = Client().post(url, {"choice": "back"})
    assert "still holds" in page.text
    assert Suppression.objects.in_force().exists()
    assert not may_be_written_to(person)
    assert Consent.objects.count() == 1


def test_coming_back_twice_writes_nothing_more(url, person) -> None:
    one_click(Client(), url)
    for _time in range(2):
        assert "Welcome back" in Client().post(url, {"choice": "back"}).text
    assert Consent.objects.count() == 2


def left(campaign) -> int:
    return CampaignCounter.objects.filter(campaign=campaign, metric="unsubscribes").aggregate(n=Sum("delta"))[
        "n"
    ]


def test_the_report_counts_people_who_left_not_what_they_pressed(
    campaign, person, address_hash, source
) -> None:
    letter = Newsletter.objects.create(name="Lettre de l’Oise")
    subscribe(contact=person, newsletter=letter, source=source, by=None)
    token = UnsubscribeToken(
        "email", address_hash, person.pk, campaign.pk, campaign.ledger_month, date(2026, 11, 2), letter.pk
    )
    page = f"/u/{sign_unsubscribe(token)}"
    for choice, expected in (
        ("newsletter", 1),
        ("everything", 1),
        ("back", 0),
        ("back", 0),
        ("everything", 1),
    ):
        Client().post(page, {"choice": choice})
        assert left(campaign) == expected, choice


def test_leaving_one_newsletter_keeps_the_rest(campaign, person, address_hash, source) -> None:
    letter = Newsletter.objects.create(name="Lettre de l’Oise")
    subscribe(contact=person, newsletter=letter, source=source, by=None)
    token = UnsubscribeToken(
        "email", address_hash, person.pk, campaign.pk, campaign.ledger_month, date(2026, 11, 2), letter.pk
    )
    url = f"/u/{sign_unsubscribe(token)}"
    assert "Lettre de l’Oise" in Client().get(url).text
    Client().post(url, {"choice": "newsletter"})
    assert Subscription.objects.get().ended_at is not None
    assert may_be_written_to(person)


def test_it_works_with_the_person_and_the_campaign_gone(url, person, campaign, address_hash) -> None:
    person.delete()
    campaign.delete()
    assert one_click(Client(), url).status_code == 204
    assert bytes(Suppression.objects.get().address_hash) == address_hash


@pytest.mark.parametrize("text", ["x", "A" * 108, "%00"])
def test_a_wrong_token_is_404_and_changes_nothing(text) -> None:
    assert Client().get(f"/u/{text}").status_code == 404
    assert one_click(Client(), f"/u/{text}").status_code == 404
    assert not Suppression.objects.exists()


def test_the_page_speaks_the_language_of_the_person(url, person) -> None:
    person.language = "fr"
    person.save()
    assert 'lang="fr"' in Client(headers={"accept-language": "en"}).get(url).text
