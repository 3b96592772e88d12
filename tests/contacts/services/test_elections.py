"""Elections as they are written down, and what mutes the country."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaign_crm.platform.models import AuditEntry
from contacts.enums import Suffrage
from contacts.models import Election, SilenceWindow, Territory
from contacts.services.elections import ElectionRefused, Round, delete_election, save_election
from contacts.services.silence import silence_of_page

pytestmark = pytest.mark.django_db

FIRST, SECOND = date(2027, 4, 11), date(2027, 4, 25)


def presidential(**fields: object) -> Election:
    told = {"name": "Présidentielle 2027", "suffrage": Suffrage.PRESIDENTIAL, "by": None}
    return save_election(**(told | {"rounds": [Round(FIRST), Round(SECOND)]} | fields))  # type: ignore[arg-type]


def paris(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo("Europe/Paris"))


def test_each_round_has_its_windows_and_the_journal_its_entry() -> None:
    election = presidential()
    mainland = SilenceWindow.objects.filter(areas=[]).order_by("begins_at")
    assert [(one.begins_at, one.ends_at) for one in mainland] == [
        (paris(date(2027, 4, 10), 0), paris(FIRST, 20)),
        (paris(date(2027, 4, 24), 0), paris(SECOND, 20)),
    ]
    assert AuditEntry.objects.get(action="election.create").object_id == str(election.pk)


def test_a_moved_round_moves_its_silence() -> None:
    election = presidential()
    presidential(election=election, rounds=[Round(date(2027, 4, 18), time(19))])
    (window,) = SilenceWindow.objects.filter(areas=[])
    assert (window.begins_at, window.ends_at) == (paris(date(2027, 4, 17), 0), paris(date(2027, 4, 18), 19))


@pytest.mark.parametrize(
    ("rounds", "message"), [([], "on which day"), ([Round(SECOND), Round(FIRST)], "comes after")]
)
def test_rounds_that_cannot_be_are_refused(rounds: list[Round], message: str) -> None:
    with pytest.raises(ElectionRefused, match=message):
        presidential(rounds=rounds)
    assert not Election.objects.exists()


def test_two_elections_of_one_name_are_refused() -> None:
    presidential()
    with pytest.raises(ValidationError):
        presidential()


def test_a_silence_that_has_begun_cannot_be_moved_or_deleted() -> None:
    election = presidential(rounds=[Round(timezone.localdate() + timedelta(days=1))])
    with pytest.raises(ElectionRefused, match="has begun"):
        presidential(election=election, rounds=[Round(timezone.localdate() + timedelta(days=90))])
    with pytest.raises(ElectionRefused, match="has begun"):
        delete_election(election=election, by=None)
    assert Election.objects.exists()


def test_an_election_to_come_can_be_deleted() -> None:
    delete_election(election=presidential(), by=None)
    assert not SilenceWindow.objects.exists()


def test_what_mutes_the_country_and_what_only_a_part_of_it() -> None:
    place = Territory.objects.create(kind="department", code="60", name="Oise")
    presidential(name="Partielle", suffrage=Suffrage.LEGISLATIVE, territory=place, rounds=[Round(FIRST)])
    during, before = paris(FIRST, 9), paris(date(2027, 4, 9), 23)
    partial = silence_of_page(None, during)
    assert partial is not None
    assert not partial.is_everywhere
    presidential()
    whole = silence_of_page(None, during)
    assert whole is not None
    assert (whole.is_everywhere, whole.ends_at) == (True, paris(FIRST, 20))
    assert silence_of_page(None, before) is None
    assert silence_of_page(None, paris(FIRST, 20)) is None
