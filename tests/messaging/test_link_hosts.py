"""Hosts for links: readers' pages are answered there, the team's are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from campaign_crm.platform.models import User
from messaging import middleware
from messaging.content.tokens import TESTS, UnsubscribeToken, sign_unsubscribe
from messaging.domains.arrival import here, look
from messaging.models.campaign import this_month
from messaging.services.sender_domains import update_domain
from tests.messaging.domains import make_domain

pytestmark = pytest.mark.django_db
LINKS = "links.example.org"


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    middleware.link_hosts.forget()
    yield
    middleware.link_hosts.forget()


@pytest.fixture
def reader() -> Client:
    return Client(headers={"host": LINKS})


def leaving() -> str:
    token = UnsubscribeToken("email", TESTS, 0, 1, this_month(), this_month())
    return f"/u/{sign_unsubscribe(token)}"


def test_readers_pages_are_answered(reader: Client) -> None:
    make_domain(tracking_host=LINKS)
    assert reader.get(leaving()).status_code == 200
    assert reader.post(leaving(), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert reader.get("/here/abc").content.decode() == here("abc")
    assert reader.get("/i/00000000-0000-4000-8000-000000000000.png").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/accounts/login/", "/people/", "/admin/", "/api/v1/people", "/live", "/start/x/", "/media/x"],
)
def test_the_teams_pages_do_not_exist_there(reader: Client, path: str) -> None:
    make_domain(tracking_host=LINKS)
    user = User.objects.create_superuser(email="a@example.org", password="long enough words")
    reader.force_login(user)
    answer = reader.get(path)
    assert (answer.status_code, answer.content) == (404, b"Not found")
    assert reader.post(path).status_code == 404


@pytest.mark.parametrize("host", ["other.example.org", "links.example.org.evil.example", "example.org"])
def test_a_host_that_nobody_named_is_refused(host: str) -> None:
    make_domain(tracking_host=LINKS)
    assert Client(headers={"host": host}).get(leaving()).status_code == 400


def test_a_host_in_messages_that_have_left_is_answered(reader: Client) -> None:
    domain = make_domain(tracking_host=LINKS)
    update_domain(domain=domain, by=None, tracking_host="go.example.org")
    assert reader.get(leaving()).status_code == 200


def test_hosts_are_remembered_while_the_database_is_away(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_domain(tracking_host=LINKS)
    assert LINKS in middleware.link_hosts

    def away(*_args: Any) -> None:
        raise DatabaseError

    monkeypatch.setattr(middleware, "acting_as", away)
    middleware.link_hosts.forget()
    assert LINKS in middleware.link_hosts


def test_the_site_itself_reads_no_hosts(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client.get("/live")


def test_certificates_are_for_hosts_for_links_only(client: Client) -> None:
    make_domain(tracking_host=LINKS)
    inner = {"host": "web:8000"}
    assert client.get("/tls-host", {"domain": LINKS}, headers=inner).status_code == 200
    assert client.get("/tls-host", {"domain": "evil.example"}).status_code == 404
    assert client.get("/tls-host", {"domain": LINKS}, REMOTE_ADDR="203.0.113.9").status_code == 404


def test_a_host_leads_here_only_if_this_installation_answers(live_server: Any) -> None:
    port = int(live_server.url.rpartition(":")[2])
    assert look("127.0.0.1", scheme="http", port=port).came is True
    assert look("127.0.0.1", scheme="https", port=port).came is False
    assert look("127.0.0.1", scheme="http", port=9).came is False
