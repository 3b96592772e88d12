"""A planned mailing and the silence of a part of the country: said before, and never sent after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from contacts.enums import Suffrage
from contacts.models import Contact, SilenceWindow
from contacts.services.elections import Round, save_election
from messaging.brokers.mailings import BrokerRefused, save_broker_mailing
from messaging.models import Campaign, CampaignVariant
from messaging.services.pre_send import About, PreSend, pre_send
from messaging.services.schedules import LASTS, last_moment
from tests.messaging.people import agree_to_targeting, make_campaign, make_officer, make_people
from tests.support.places import Places, make_places

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def people(places: Places) -> list[Contact]:
    """Two people of Beauvais, one of Amiens."""
    made = make_people(3)
    for person, commune in zip(made, [places.beauvais, places.beauvais, places.amiens], strict=True):
        Contact.objects.filter(pk=person.pk).update(commune=commune)
    agree_to_targeting(*made)
    return made


def vote_of_beauvais(places: Places, *, in_days: int) -> SilenceWindow:
    rounds = [Round(timezone.localdate() + timedelta(days=in_days))]
    save_election(
        name="Municipale", suffrage=Suffrage.MUNICIPAL, territory=places.beauvais, rounds=rounds, by=None
    )
    return SilenceWindow.objects.get(areas=[])


def of_silence(found: PreSend) -> list[str]:
    return [one.message for one in found.obstacles if one.about is About.SILENCE]


def test_a_mailing_of_the_country_says_how_many_wait_for_a_by_election(
    people: list[Contact], places: Places, client
) -> None:
    campaign = make_campaign()
    assert pre_send(campaign).muted == 0
    vote_of_beauvais(places, in_days=1)
    found = pre_send(campaign)
    assert (found.muted, found.recipients, of_silence(found)) == (2, 3, [])
    client.force_login(make_officer())
    page = client.get(reverse("messaging:campaign_review", args=[campaign.pk])).content.decode()
    assert "It holds where 2 recipients live" in page


def test_a_mailing_whose_recipients_all_vote_there_does_not_leave(
    people: list[Contact], places: Places
) -> None:
    Contact.objects.filter(pk=people[2].pk).update(commune=places.beauvais)
    campaign = make_campaign()
    vote_of_beauvais(places, in_days=1)
    with translation.override("en"):
        (said,) = of_silence(pre_send(campaign))
    assert "where all its recipients live" in said
    campaign.scheduled_at = timezone.now() + timedelta(days=4)
    assert not of_silence(pre_send(campaign))


def test_a_local_mailing_is_refused_by_the_vote_of_its_own_place_alone(
    people: list[Contact], places: Places
) -> None:
    own, other = make_campaign(territory=places.oise), make_campaign(territory=places.somme)
    vote_of_beauvais(places, in_days=1)
    with translation.override("en"):
        (said,) = of_silence(pre_send(own))
    assert "The silence before “Municipale”" in said
    assert not of_silence(pre_send(other))


@pytest.mark.parametrize("choice", ["territory", "most of the country", "few of the country"])
def test_what_could_not_leave_before_a_local_vote_does_not_leave_after_it(
    people: list[Contact], places: Places, choice: str
) -> None:
    window = vote_of_beauvais(places, in_days=5)
    campaign: Campaign = make_campaign(territory=places.oise if choice == "territory" else None)
    if choice == "few of the country":
        Contact.objects.filter(pk=people[0].pk).update(commune=places.amiens)
    leaves_at = timezone.now()
    expected = leaves_at + LASTS if choice == "few of the country" else window.begins_at
    assert last_moment(campaign, leaves_at) == expected


def test_a_brokers_file_of_unknown_places_waits_for_a_by_election_too(places: Places) -> None:
    window = vote_of_beauvais(places, in_days=5)
    with translation.override("en"), pytest.raises(BrokerRefused, match="The silence before “Municipale”"):
        save_broker_mailing(
            campaign=make_campaign(),
            by=make_officer(),
            broker="Exempla",
            proof="Contract",
            origin_text="you agreed to it",
            leaves_at=window.begins_at + timedelta(hours=3),
            expected=1000,
        )


def test_rules_read_the_text_of_every_version(places: Places) -> None:
    campaign = make_campaign()
    free = {"id": "b", "type": "text", "html": "<p>Appelez le 0 800 123 456</p>"}
    vote_of_beauvais(places, in_days=30)
    assert "free-number" not in {one.rule.key for one in pre_send(campaign).warnings}
    CampaignVariant.objects.create(
        campaign=campaign, number=1, label="Oise", territory=places.oise, replaced={}, blocks=[free]
    )
    assert "free-number" in {one.rule.key for one in pre_send(campaign).warnings}
