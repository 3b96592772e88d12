from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from campaign_crm.platform.models import User
from campaign_crm.shell import search
from campaign_crm.shell.search import find
from contacts.models import Contact, Segment
from messaging.models import Campaign
from tracking.selectors import NOT_ON_LISTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def finds(
    member: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., dict[str, list[str]]]]:
    """What somebody of a role finds, in English: titles by heading."""
    monkeypatch.setattr(search, "url_of", lambda name, *arguments: f"/{name}/")

    def look(words: str, user: User | None = None) -> dict[str, list[str]]:
        request = RequestFactory().get("/search/")
        request.user = user or member()
        return {str(f.heading): [str(hit.title) for hit in f.hits] for f in find(request, words)}

    with translation.override("en"):
        yield look


def test_people_come_first_and_without_accents(finds: Callable[..., dict[str, list[str]]]) -> None:
    Contact.objects.create(first_name="Hélène", last_name="Équipier")
    found = finds("equip")
    assert next(iter(found.items())) == ("People", ["Hélène Équipier"])


def test_one_letter_asks_the_database_nothing(
    finds: Callable[..., dict[str, list[str]]],
    member: Callable[..., User],
    django_assert_num_queries: Callable[..., object],
) -> None:
    user = member()
    with django_assert_num_queries(0):
        assert "People" not in finds("e", user)


def test_standing_campaigns_are_not_mailings(finds: Callable[..., dict[str, list[str]]]) -> None:
    Campaign.objects.create(name="Rally in Lyon")
    Campaign.objects.create(name="Rally confirmations", standing_for="rsvp")
    assert finds("rally")["Mailings"] == ["Rally in Lyon"]


def test_a_mailing_is_found_without_what_it_holds(finds: Callable[..., dict[str, list[str]]]) -> None:
    Campaign.objects.create(name="Rally in Lyon", blocks=[{"kind": "text"}])
    with CaptureQueriesContext(connection) as asked:
        assert "Mailings" in finds("rally")
    assert not [one["sql"] for one in asked if any(f'"{name}"' in one["sql"] for name in NOT_ON_LISTS)]


def test_segment_that_somebody_keeps_to_themselves_stays_theirs(
    finds: Callable[..., dict[str, list[str]]], member: Callable[..., User]
) -> None:
    owner, other = member(), member("director")
    Segment.objects.create(name="Mine alone", tree={"all": []}, is_shared=False, created_by=owner)
    Segment.objects.create(name="Mine shared", tree={"all": []}, created_by=owner)
    assert finds("mine", other)["Segments"] == ["Mine shared"]
    assert finds("mine", owner)["Segments"] == ["Mine shared", "Mine alone"]


def test_creating_is_found_by_its_name(finds: Callable[..., dict[str, list[str]]]) -> None:
    assert "Person" in finds("new")["New"]


def test_palette_answers_with_people(signed_in: Callable[..., Client]) -> None:
    person = Contact.objects.create(first_name="Astrid", last_name="Gros")
    answer = signed_in().get("/search/", {"q": "gros"}).content.decode()
    assert f"/people/{person.pk}/" in answer
