"""The queue and the page of one request, as those see them who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from campaign_crm.platform.models import Notification
from contacts.models import PersonRequest, Suppression
from contacts.requests.service import open_request
from messaging.models import Delivery, Reply
from tests.contacts.requests.conftest import ADDRESS

pytestmark = pytest.mark.django_db


def as_user(user) -> Client:
    found = Client()
    found.force_login(user)
    return found


def act(client: Client, request: PersonRequest, name: str, **data: object) -> str:
    answer = client.post(f"/requests/{request.pk}/{name}/", data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_most_overdue_stands_first(client, lea) -> None:
    today = timezone.now()
    for days in (2, 50, 33):
        open_request(
            kind="access",
            came_by="hand",
            name=f"Day {days}",
            by=None,
            received_at=today - timedelta(days=days),
        )
    page = client.get("/requests/").text
    assert page.index("Day 50") < page.index("Day 33") < page.index("Day 2<")
    assert "2 requests are overdue." in page
    assert "/vos-donnees/" in page


def test_an_officer_writes_down_what_they_may_not_handle(officer, handler, lea) -> None:
    browser = as_user(officer)
    assert browser.get("/requests/").status_code == 403
    assert f"/requests/new/?person={lea.pk}" in browser.get(f"/people/{lea.pk}/").text
    page = browser.get(f"/requests/new/?person={lea.pk}").text
    assert "Léa Martin asks something of their data." in page
    day = timezone.localdate() - timedelta(days=3)
    answer = browser.post(
        f"/requests/new/?person={lea.pk}", {"kind": "erasure", "day": day.isoformat(), "words": "By letter"}
    )
    assert answer["Location"] == f"/people/{lea.pk}/"
    request = PersonRequest.objects.get()
    assert (request.contact, request.came_by, request.created_by) == (lea, "hand", officer)
    assert timezone.localtime(request.received_at).date() == day
    assert [one.user for one in Notification.objects.all()] == [handler]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "access"}, "whose request is it?"),
        ({"kind": "access", "name": "Léa", "day": "2999-01-01"}, "still to come"),
        ({"kind": "love", "name": "Léa"}, "love"),
        ({"kind": "access", "address": "nobody@@"}, "valid email"),
    ],
)
def test_what_cannot_be_written_down_is_said(client, data, words) -> None:
    answer = client.post(
        "/requests/new/", {"day": timezone.localdate().isoformat(), "language": "en", **data}
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert not PersonRequest.objects.exists()


def test_from_nobody_known_to_an_answer(client, handler, lea) -> None:
    client.post(
        "/requests/new/",
        {"kind": "access", "name": "Lea Martin", "day": timezone.localdate().isoformat(), "language": "en"},
    )
    request = PersonRequest.objects.get()
    page = client.get(f"/requests/{request.pk}/").text
    assert "Nobody is chosen yet." in page
    assert "It is this person" in page, "who bears the name is proposed"
    assert "It is about Léa Martin." in act(client, request, "person", person=lea.pk)
    assert "The link is on its way." in act(client, request, "ask-identity")
    assert Delivery.objects.get().address == ADDRESS
    assert "It is yours" in act(client, request, "take")
    said = act(client, request, "answer", answer="We know your address from the member list.")
    assert "We know your address from the member list." in said
    assert "Request answered" in said
    assert "Answered" in client.get("/requests/?show=closed").text


def test_a_search_finds_whoever_is_meant(client, lea) -> None:
    request = open_request(kind="access", came_by="hand", name="Nobody", by=None)
    assert "Nobody found." in client.get(f"/requests/{request.pk}/", {"find": "zzz"}).text
    assert "Léa Martin" in client.get(f"/requests/{request.pk}/", {"find": "martin"}).text


def test_what_is_missing_is_said_and_nothing_happens(client, lea) -> None:
    request = open_request(kind="access", came_by="hand", name="Léa", by=None)
    assert "No e-mail address is known" in act(client, request, "ask-identity")
    assert "no longer in the base" in act(client, request, "person", person="x")
    assert "Your answer" in act(client, request, "answer", answer="")
    assert "Say first which person" in act(client, request, "object", channels=["email"])
    assert client.post(f"/requests/{request.pk}/nothing/").status_code == 404
    assert PersonRequest.objects.get().state == "open"


def test_messages_end_from_the_page(client, lea) -> None:
    request = open_request(kind="objection", came_by="hand", contact=lea, by=None)
    assert "End their messages" in client.get(f"/requests/{request.pk}/").text
    act(client, request, "object", channels=["email", "post"])
    assert {entry.channel for entry in Suppression.objects.all()} == {"email", "post"}


@pytest.fixture
def reply(lea) -> Reply:
    return Reply.objects.create(
        contact=lea, digest=b"1" * 32, at=timezone.now() - timedelta(days=2), from_name="Léa Martin",
        from_address=ADDRESS, subject="Re: Lettre", text="Merci de supprimer toutes mes données.",
    )  # fmt: skip


def test_an_answer_becomes_a_request_in_one_click(client, lea, reply) -> None:
    assert "supprimer toutes mes données" in client.get("/answers/").text
    assert f"/answers/{reply.pk}/" in client.get(f"/people/{lea.pk}/").text
    assert "It asks something of their data" in client.get(f"/answers/{reply.pk}/").text
    for _time in range(2):
        answer = client.post(f"/answers/{reply.pk}/request/")
        request = PersonRequest.objects.get()
        assert answer["Location"] == f"/requests/{request.pk}/"
    assert (request.kind, request.came_by, request.contact) == ("erasure", "email", lea)
    assert request.received_at == reply.at, "the month runs from the day on which they wrote"
    assert "A request was made of it" in client.get(f"/answers/{reply.pk}/").text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Désinscrivez-moi", "objection"),
        ("Where did you get my address?", "access"),
        ("Il y a une erreur dans mon nom", "rectification"),
        ("Please delete everything", "erasure"),
    ],
)
def test_what_they_ask_is_guessed_and_may_be_changed(client, reply, text, kind) -> None:
    Reply.objects.filter(pk=reply.pk).update(text=text)
    client.post(f"/answers/{reply.pk}/request/")
    request = PersonRequest.objects.get()
    assert request.kind == kind
    assert "Saved." in act(client, request, "kind", kind="portability")
    assert PersonRequest.objects.get().kind == "portability"
