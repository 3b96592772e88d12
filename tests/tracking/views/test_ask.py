"""Asking about one's data in public: the same answer for everybody, and a link that proves who asks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import Notification, User
from campaign_crm.platform.rights import Role
from contacts.models import PersonRequest, Suppression
from messaging.content.tokens import RequestToken, sign_request
from messaging.models import Delivery
from tests.tracking.conftest import ADDRESS
from tracking.services import sign_up_limits

pytestmark = pytest.mark.django_db
ASKED = {"kind": "access", "name": "Léa Martin", "email": "Lea.Martin@Example.org", "words": "Who told you?"}


@pytest.fixture(autouse=True)
def sender(db) -> None:
    from messaging.services.senders import ensure_local_sender

    ensure_local_sender()


def ask(**data: object):
    return Client(enforce_csrf_checks=True).post("/your-data/", {**ASKED, **data})


def link() -> str:
    return re.search(r"/d/[A-Za-z0-9_-]+", str(Delivery.objects.latest("due_at").context)).group()


def test_the_page_speaks_french_and_english_without_signing_in() -> None:
    for path, words in (("/your-data/", "Your data, your choice"), ("/vos-donnees/", "Vos données")):
        answer = Client().get(path)
        assert answer.status_code == 200
        assert words in answer.text


def test_the_answer_is_the_same_whether_the_address_is_known_or_not(person) -> None:
    known = ask()
    unknown = ask(email="nobody.known@example.org")
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(ADDRESS, "") == unknown.text.replace("nobody.known@example.org", "")
    assert [one.contact for one in PersonRequest.objects.order_by("pk")] == [person, None]
    assert {one.address for one in Delivery.objects.all()} == {ADDRESS, "nobody.known@example.org"}


def test_a_request_is_written_down_and_the_team_told(person) -> None:
    admin = User.objects.create_user(email="dpo@example.org", role=Role.ADMINISTRATOR, language="en")
    User.objects.create_user(email="reader@example.org", role=Role.READ_ONLY, language="en")
    ask()
    request = PersonRequest.objects.get()
    assert (request.kind, request.came_by, request.identity, request.words, request.language) == (
        *("access", "page", "asked", "Who told you?", "en"),
    )
    assert [one.user for one in Notification.objects.all()] == [admin]


def test_asked_twice_it_is_one_request_and_one_link(person) -> None:
    ask()
    ask()
    ask(kind="erasure")
    assert [one.kind for one in PersonRequest.objects.order_by("pk")] == ["access", "erasure"]
    assert Delivery.objects.count() == 2


def test_the_link_proves_who_asks_and_a_scanner_confirms_nothing(person) -> None:
    ask()
    page = Client().get(link())
    assert "Is this request yours?" in page.text
    assert PersonRequest.objects.get().identity == "asked", "a GET proves nothing"
    assert "You have proven that it is you." in Client().post(link()).text
    assert PersonRequest.objects.get().identity == "confirmed"
    assert "You have proven that it is you." in Client().post(link()).text


def test_an_objection_holds_as_soon_as_it_is_confirmed(person) -> None:
    ask(kind="objection", channels=["email"])
    assert not Suppression.objects.exists()
    assert "You will receive no more political messages" in Client().post(link()).text
    assert Suppression.objects.get().channel == "email"


def test_an_address_that_is_nobodys_alone_is_no_longer_written_to(person) -> None:
    ask(kind="objection", email="nobody.known@example.org", channels=["email", "post"])
    said = Client().post(link()).text
    assert "Nothing political leaves to your e-mail address" in said
    assert Suppression.objects.get().channel == "email"
    assert PersonRequest.objects.get().is_open, "letters wait for somebody who looks who it is"


def test_a_link_of_an_address_that_they_no_longer_have_shows_nothing(person) -> None:
    ask()
    opened = link()
    person.emailaddress_set.all().delete()
    answer = Client().post(opened)
    assert answer.status_code == 410
    assert PersonRequest.objects.get().identity == "asked"


def test_old_and_foreign_links_are_refused(person, address_hash) -> None:
    ask()
    request = PersonRequest.objects.get()
    old = sign_request(RequestToken(request.pk, address_hash, timezone.now() - timedelta(days=31)))
    other = sign_request(RequestToken(request.pk, bytes(32), timezone.now()))
    for token in (old, other):
        assert Client().get(f"/d/{token}").status_code == 410
        assert Client().post(f"/d/{token}").status_code == 410
    assert Client().get("/d/nothing").status_code == 404
    assert PersonRequest.objects.get().identity == "asked"


def test_a_robot_fills_the_trap_and_gets_nowhere(person) -> None:
    assert ask(website="https://example.com").status_code == 200
    assert not PersonRequest.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [({"email": "nobody"}, "valid email"), ({"name": ""}, "required"), ({"kind": "x"}, "x is not")],
)
def test_a_wrong_answer_is_said_and_nothing_is_kept(data, words) -> None:
    answer = ask(**data)
    assert answer.status_code == 422
    assert words in answer.text
    assert not PersonRequest.objects.exists()


def test_too_many_from_one_place_are_refused(person, monkeypatch) -> None:
    monkeypatch.setattr(sign_up_limits, "FROM_ONE_PLACE", 2)
    for number in range(2):
        assert ask(email=f"a{number}@example.org").status_code == 200
    answer = ask(email="a3@example.org")
    assert answer.status_code == 429
    assert "Many requests came from your connection" in answer.text
    assert PersonRequest.objects.count() == 2


def test_a_mailbox_gets_no_more_links_than_sign_ups_send_it(person, monkeypatch) -> None:
    monkeypatch.setattr(sign_up_limits, "LINKS_A_MAILBOX", 1)
    ask()
    ask(kind="erasure")
    assert Delivery.objects.count() == 1
    assert PersonRequest.objects.count() == 2, "it is written down all the same"
