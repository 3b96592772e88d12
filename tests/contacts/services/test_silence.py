"""One question for letters, lists, pages and plans: does a silence hold there, at this moment?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from django.utils import timezone, translation

from campaign_crm.platform.jobs import run_job
from campaign_crm.platform.models import User
from campaign_crm.platform.rights import Role
from contacts.enums import Suffrage
from contacts.exports.errors import ExportRefused
from contacts.letters import LetterChoice
from contacts.models import Contact, Export, Newsletter, PostalAddress, RuleChange, SilenceWindow
from contacts.services.elections import Round, save_election
from contacts.services.export_files import take, token_of
from contacts.services.exports import ask_people, export_letters
from contacts.services.newsletters import NewsletterIsPublic, save_newsletter
from contacts.services.silence import (
    begins_between,
    count_muted,
    silence_anywhere,
    silence_for,
    silence_of_page,
)
from tests.messaging.people import make_people
from tests.support.places import Places, make_places, place

pytestmark = pytest.mark.django_db
SUNDAY = date(2027, 4, 11)


@pytest.fixture
def places(db: None) -> Places:
    return make_places()


@pytest.fixture
def officer(db: None) -> User:
    return User.objects.create_user(email="ada@example.org", role=Role.DATA_OFFICER, language="en")


def paris(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Europe/Paris"))


def mute_now(where: Places) -> None:
    """A vote of the Oise, tomorrow."""
    rounds = [Round(timezone.localdate() + timedelta(days=1))]
    save_election(
        name="Municipale", suffrage=Suffrage.MUNICIPAL, territory=where.oise, rounds=rounds, by=None
    )


def test_a_vote_of_a_part_of_the_country_mutes_what_has_a_place_in_common_with_it(places: Places) -> None:
    save_election(
        name="Municipale",
        suffrage=Suffrage.MUNICIPAL,
        territory=places.beauvais,
        rounds=[Round(SUNDAY)],
        by=None,
    )
    during = paris(SUNDAY, 9)
    for there in (places.beauvais, places.station, places.oise, places.region):
        assert silence_for([there.pk], during), there
    assert silence_for([places.amiens.pk], during) is None
    assert silence_for([places.amiens.pk, places.station.pk], during)
    assert silence_for(None, during) is None, "the country goes on"
    assert silence_anywhere(during)
    assert silence_of_page(None, during), "a page about no place is read there as well"
    assert silence_of_page([places.somme.pk], during) is None
    assert silence_for([places.oise.pk], paris(SUNDAY, 20)) is None


def test_overseas_it_holds_by_the_time_and_the_day_of_the_place(places: Places) -> None:
    guadeloupe = place("department", "971", "Guadeloupe")
    pointe = place("commune", "97120", "Pointe-à-Pitre", guadeloupe)
    save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=[Round(SUNDAY)], by=None)
    friday = paris(SUNDAY - timedelta(days=2), 9)
    for there in (guadeloupe, pointe):
        assert silence_for([there.pk], friday), there
        assert silence_for([there.pk], paris(SUNDAY, 9)) is None, "its polls closed on the Saturday"
    assert silence_for([places.oise.pk], friday) is None
    assert silence_for(None, friday) is None
    assert silence_anywhere(friday)
    assert silence_of_page(None, friday) is None, "pages of the country stay open until its own eve"
    assert silence_for([places.oise.pk], paris(SUNDAY, 9))


def test_nothing_is_muted_while_the_rule_does_not_refuse(places: Places, officer: User) -> None:
    mute_now(places)
    assert silence_for([places.oise.pk], timezone.now())
    RuleChange.objects.create(rule="silence", severity="off", reason="Elsewhere", changed_by=officer)
    assert silence_for([places.oise.pk], timezone.now()) is None
    assert silence_anywhere(timezone.now()) is None
    assert count_muted(Contact.objects.all(), timezone.now()) == 0
    soon = timezone.now() - timedelta(days=3)
    assert not begins_between([places.oise.pk], soon, timezone.now())


def test_people_are_counted_as_the_hand_over_asks_them(places: Places) -> None:
    home, elsewhere, unknown, abroad = make_people(4)
    Contact.objects.filter(pk=home.pk).update(commune=places.beauvais)
    Contact.objects.filter(pk=elsewhere.pk).update(commune=places.amiens)
    PostalAddress.objects.create(contact=abroad, country="Bolivie", city="La Paz")
    people = Contact.objects.all()
    assert count_muted(people, timezone.now()) == 0
    mute_now(places)
    assert count_muted(people, timezone.now()) == 1
    assert count_muted(people.exclude(pk=home.pk), timezone.now()) == 0
    save_election(name="Vote", suffrage=Suffrage.PRESIDENTIAL, rounds=[Round(SUNDAY)], by=None)
    assert count_muted(people.filter(pk=unknown.pk), paris(SUNDAY - timedelta(days=1), 1)) == 1
    assert count_muted(people, paris(SUNDAY - timedelta(days=1), 12)) == 4
    assert count_muted(people, paris(SUNDAY - timedelta(days=2), 20)) == 1, "Bolivia votes on the Saturday"


def test_letters_of_a_place_wait_and_those_of_another_do_not(places: Places, officer: User) -> None:
    mute_now(places)
    with translation.override("en"):
        for there, words in ((places.oise, "wait for the polls to close"), (places.somme, "Nobody fits")):
            choice = LetterChoice(place=there, day=timezone.localdate())
            with pytest.raises(ExportRefused, match=words):
                export_letters(choice=choice, reason="Leaflet", by=officer)


def test_a_list_for_calls_or_doors_waits_when_it_is_asked_and_when_it_is_taken(
    places: Places, officer: User, tmp_path: Path
) -> None:
    home, elsewhere = make_people(2)
    Contact.objects.filter(pk=home.pk).update(commune=places.beauvais)
    Contact.objects.filter(pk=elsewhere.pk).update(commune=places.amiens)
    columns = ["first_name", "phone"]
    with override_settings(MEDIA_ROOT=str(tmp_path), LANGUAGE_CODE="en"), translation.override("en"):
        wanted = {"scope": {"selected": [home.pk, elsewhere.pk]}, "columns": columns, "by": officer}
        asked = ask_people(purpose="doors", **wanted)
        run_job(Export.objects.get(pk=asked.pk).job_id)
        waiting = Export.objects.get(pk=asked.pk)
        assert b"".join(take(export=waiting, token=token_of(waiting), by=officer))
        mute_now(places)
        with pytest.raises(ExportRefused, match="holds for 1 person of this file"):
            take(export=waiting, token=token_of(waiting), by=officer)
        for purpose in ("calls", "doors", "post"):
            with pytest.raises(ExportRefused, match="holds for 1 person of this file"):
                ask_people(purpose=purpose, **wanted)
        assert ask_people(purpose="check", **wanted)
        assert ask_people(purpose="calls", **wanted | {"scope": {"selected": [elsewhere.pk]}})
        SilenceWindow.objects.all().delete()
        assert b"".join(take(export=waiting, token=token_of(waiting), by=officer))


def test_what_forms_say_of_a_newsletter_stays_as_it_is(places: Places, officer: User) -> None:
    local = Newsletter.objects.create(name="Lettre de l’Oise", territory=places.oise)
    other = Newsletter.objects.create(name="Lettre de la Somme", territory=places.somme)
    mute_now(places)
    local.name = "Votez !"
    with translation.override("en"), pytest.raises(NewsletterIsPublic, match="what forms offer stays"):
        save_newsletter(newsletter=local, changed=["name"], by=officer)
    local.refresh_from_db()
    local.is_open = False
    save_newsletter(newsletter=local, changed=["is_open"], by=officer)
    other.name = "Lettre d’Amiens"
    save_newsletter(newsletter=other, changed=["name"], by=officer)
    other.territory = None  # then it is read in the Oise as well
    with pytest.raises(NewsletterIsPublic):
        save_newsletter(newsletter=other, changed=["territory"], by=officer)
