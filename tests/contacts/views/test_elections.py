"""The calendar of elections on screen, and what it stops."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from campaign_crm.platform.models import User
from contacts.enums import MessageKind, Suffrage
from contacts.exports.errors import ExportRefused
from contacts.letters import LetterChoice
from contacts.models import Election, SilenceWindow, Territory
from contacts.services.elections import Round, save_election
from contacts.services.exports import export_letters
from messaging.models import Approval
from messaging.services.approval_state import content_of
from messaging.services.pre_send import About, pre_send
from tests.messaging.people import make_campaign

pytestmark = pytest.mark.django_db

POSTED = {
    "name": "Présidentielle 2027",
    "suffrage": "presidential",
    "territory": "",
    "first_day": "2027-04-11",
    "second_day": "2027-04-25",
    "closes_at": "20:00",
}


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(User.objects.create_superuser(email="admin@example.org", password="x", language="en"))
    return client


def vote_tomorrow(territory: Territory | None = None) -> Election:
    day = timezone.localdate() + timedelta(days=1)
    rounds = [Round(day)]
    return save_election(
        name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=rounds, territory=territory, by=None
    )


def test_an_election_is_written_down_shown_and_corrected(client: Client) -> None:
    assert client.post("/elections/new/", POSTED).status_code == 302
    election = Election.objects.get()
    assert SilenceWindow.objects.filter(areas=[]).count() == 2
    assert b"April 11, 2027" in client.get("/elections/").content
    page = f"/elections/{election.pk}/"
    assert b'value="2027-04-25"' in client.get(page).content
    assert client.post(page, POSTED | {"second_day": ""}).status_code == 302
    assert SilenceWindow.objects.filter(areas=[]).count() == 1
    client.post(f"{page}delete/")
    assert not Election.objects.exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"second_day": "2027-04-01"}, "The second round comes after the first."),
        ({"first_day": ""}, "This field is required."),
        ({"territory": "Nowhere at all"}, "No place has this name"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    client: Client, changed: dict[str, str], message: str
) -> None:
    answer = client.post("/elections/new/", POSTED | changed)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not Election.objects.exists()


def test_during_the_silence_every_page_says_so_and_the_election_stays(client: Client) -> None:
    election = vote_tomorrow()
    assert b"silence-pill" in client.get("/elections/").content
    answer = client.post(f"/elections/{election.pk}/", POSTED)
    assert "has begun" in answer.content.decode()
    client.post(f"/elections/{election.pk}/delete/")
    assert Election.objects.filter(name="Vote").exists()


def test_a_mailing_cannot_be_sent_during_the_silence_nor_planned_into_it() -> None:
    with translation.override("en"):
        campaign = make_campaign()
        assert not [one for one in pre_send(campaign).obstacles if one.about is About.SILENCE]
        vote_tomorrow()
        (obstacle,) = (one for one in pre_send(campaign).obstacles if one.about is About.SILENCE)
        assert "The silence before “Vote”" in obstacle.message
        campaign.scheduled_at = timezone.now() + timedelta(days=3)
        assert not [one for one in pre_send(campaign).obstacles if one.about is About.SILENCE]


def test_a_service_mailing_leaves_in_the_silence_only_if_it_was_approved_before() -> None:
    with translation.override("en"):
        campaign = make_campaign(kind=MessageKind.SERVICE)
        approval = Approval.objects.create(
            campaign=campaign,
            content=content_of(campaign),
            recipients=1,
            approved=True,
            alone=True,
            decided_at=timezone.now(),
        )
        vote_tomorrow()
        (obstacle,) = (one for one in pre_send(campaign).obstacles if one.about is About.SILENCE)
        assert "approved before" in obstacle.message
        Approval.objects.filter(pk=approval.pk).update(decided_at=timezone.now() - timedelta(days=3))
        assert not [one for one in pre_send(campaign).obstacles if one.about is About.SILENCE]


def test_a_by_election_holds_back_no_mailing_of_the_country() -> None:
    campaign = make_campaign()
    vote_tomorrow(Territory.objects.create(kind="constituency", code="60-1", name="Oise 1"))
    assert not [one for one in pre_send(campaign).obstacles if one.about is About.SILENCE]


def test_letters_wait_for_the_polls_to_close(client: Client) -> None:
    user = User.objects.get(email="admin@example.org")
    choice = LetterChoice(
        day=timezone.localdate(), place=Territory.objects.create(kind="commune", code="60057")
    )
    vote_tomorrow()
    with translation.override("en"), pytest.raises(ExportRefused, match="wait for the polls"):
        export_letters(choice=choice, reason="Visit", by=user)
