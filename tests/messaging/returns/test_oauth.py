"""Mailboxes that take a token instead of a password: asked for by https, kept sealed, renewed in time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaign_crm.platform.crypto import seal, unseal
from campaign_crm.platform.models import AuditEntry
from messaging.models import Mailbox, ProviderEvent
from messaging.returns import imap, oauth
from messaging.services.returns import set_mailbox
from tests.messaging.people import make_account, make_officer
from tests.support.imap_server import ImapServer
from tests.support.token_server import TokenServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        running.tokens = {"token 1"}
        yield running


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    with TokenServer() as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", running.certificate)
        yield running


@pytest.fixture
def box(server: ImapServer, service: TokenServer) -> Mailbox:
    return Mailbox.objects.create(
        account=make_account(),
        purpose="replies",
        host="127.0.0.1",
        port=server.port,
        security="none",
        username="returns",
        sign_in="oauth",
        token_url=service.url,
        token_scope="mail.read",
        sealed_credentials=seal(service.grant),
    )


def error_of(box: Mailbox) -> str:
    imap.read_mailboxes()
    box.refresh_from_db()
    return box.error


def test_a_mailbox_is_read_with_a_token_and_keeps_it_sealed(
    box: Mailbox, server: ImapServer, service: TokenServer
) -> None:
    server.add(b"Subject: one\r\n\r\ntext")
    assert (imap.read_mailboxes(), error_of(box), ProviderEvent.objects.count()) == (1, "", 1)
    assert service.asked == [{"grant_type": "refresh_token", "scope": "mail.read"} | service.grant]
    assert server.asked == ["token 1", "token 1"]  # the second look asked nobody
    assert unseal(box.sealed_token)["token"] == "token 1"
    kept = json.dumps(list(Mailbox.objects.values()), default=str)
    assert not any(secret in kept for secret in (*service.grant.values(), "token 1"))


@pytest.mark.parametrize(("expires_in", "asked"), [(3_600, 1), (60, 2), ("often", 1), (-5, 2)])
def test_a_token_is_asked_anew_before_it_ends(
    box: Mailbox, service: TokenServer, expires_in: Any, asked: int
) -> None:
    service.expires_in = expires_in
    oauth.access_token(box)
    oauth.access_token(Mailbox.objects.get())
    assert len(service.asked) == asked


def test_another_refresh_token_takes_the_place_of_the_one_before(box: Mailbox, service: TokenServer) -> None:
    service.rotates_to, service.expires_in = "refresh 2", 0
    assert oauth.access_token(box) == "token 1"
    assert unseal(Mailbox.objects.get().sealed_credentials) == service.grant
    assert service.grant["refresh_token"] == "refresh 2"
    assert oauth.access_token(Mailbox.objects.get()) == "token 2"


def test_a_new_refresh_token_does_not_undo_what_somebody_typed_meanwhile(
    box: Mailbox, service: TokenServer
) -> None:
    service.rotates_to = "refresh 2"
    typed = seal(service.grant | {"client_id": "another"})
    Mailbox.objects.update(sealed_credentials=typed)
    oauth.access_token(box)
    found = Mailbox.objects.get()
    assert (found.sealed_credentials, found.sealed_token) == (typed, "")


def test_a_token_that_the_mail_server_refuses_is_not_used_again(
    box: Mailbox, server: ImapServer, service: TokenServer
) -> None:
    server.tokens = {"token 2"}
    assert error_of(box) == imap.TOKEN_REFUSED
    assert error_of(box) == ""
    assert [form["refresh_token"] for form in service.asked] == ["refresh 1", "refresh 1"]


@pytest.mark.parametrize(
    ("says", "error"),
    [
        ((400, '{"error": "invalid_grant"}'), oauth.GRANT_ENDED),
        ((400, '{"error": "interaction_required"}'), oauth.GRANT_ENDED),
        ((401, '{"error": "invalid_client"}'), oauth.CLIENT_REFUSED),
        ((400, '{"error": "invalid_scope"}'), oauth.CLIENT_REFUSED),
        ((400, '{"error": "temporarily_unavailable"}'), oauth.SERVICE_FAILS),
        ((429, ""), oauth.SERVICE_FAILS),
        ((503, "<html>"), oauth.SERVICE_FAILS),
        ((200, "<html>"), oauth.ODD_ANSWER),
        ((200, "[]"), oauth.ODD_ANSWER),
        ((200, "{}"), oauth.ODD_ANSWER),
        ((200, '{"access_token": "x", "token_type": "mac"}'), oauth.ODD_ANSWER),
        ((302, "https://127.0.0.1/elsewhere"), oauth.ODD_ANSWER),
    ],
)
def test_what_the_service_says_is_told_in_plain_words(
    box: Mailbox, server: ImapServer, service: TokenServer, says: tuple[int, str], error: str
) -> None:
    service.says = says
    assert error_of(box) == error
    assert server.asked == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"token_url": "http://127.0.0.1:9/token"}, oauth.NOT_HTTPS),
        ({"token_url": ""}, oauth.NOT_HTTPS),
        ({"token_url": "https://127.0.0.1:9/token"}, oauth.SERVICE_AWAY),
        ({"sealed_credentials": "broken"}, oauth.NOT_OPENED),
    ],
)
def test_what_keeps_a_token_from_being_asked_for_is_said(
    box: Mailbox, service: TokenServer, fields: dict[str, str], error: str
) -> None:
    Mailbox.objects.update(**fields)
    assert error_of(box) == error
    assert service.asked == []


def test_a_certificate_that_nobody_trusts_gets_no_secret(
    box: Mailbox, service: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert error_of(box) == oauth.SERVICE_AWAY
    assert service.asked == []


def put(service: TokenServer, **changes: Any) -> Mailbox:
    account = changes.pop("account", None) or make_account()
    fields: dict[str, Any] = {
        "host": "imap.example.org",
        "port": None,
        "security": "tls",
        "username": "returns",
        "sign_in": "oauth",
        "token_url": service.url,
        "token_scope": "",
        "folder": "INBOX",
        "is_active": True,
        "secrets": service.grant,
    }
    return set_mailbox(account=account, purpose="replies", by=make_officer(), **fields | changes)


@pytest.mark.parametrize(
    ("sign_in", "url"),
    [
        ("microsoft", "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
        ("google", "https://oauth2.googleapis.com/token"),
    ],
)
def test_known_services_need_no_address(service: TokenServer, sign_in: str, url: str) -> None:
    assert put(service, sign_in=sign_in, token_url="").token_url == url
    named = put(service, sign_in=sign_in, token_url="https://login.example.org/tenant/token")
    assert named.token_url == "https://login.example.org/tenant/token"


def test_a_secret_left_empty_stays_and_a_token_of_before_does_not(service: TokenServer) -> None:
    box = put(service)
    Mailbox.objects.update(sealed_token="of before")
    none = dict.fromkeys(service.grant, "")
    kept = put(service, account=box.account, secrets=none)
    assert (unseal(kept.sealed_credentials), kept.sealed_token) == (service.grant, "of before")
    changed = put(service, account=box.account, secrets=none | {"refresh_token": "refresh 9"})
    assert unseal(changed.sealed_credentials) == service.grant | {"refresh_token": "refresh 9"}
    assert changed.sealed_token == ""
    assert "S3cret" not in json.dumps(list(AuditEntry.objects.values("detail", "fields")), default=str)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "imap.example.net"},
        {"username": "other"},
        {"token_url": "https://login.example.org/token"},
        {"sign_in": "google"},
    ],
)
def test_a_secret_is_not_sent_elsewhere_without_being_typed_again(
    service: TokenServer, changes: dict[str, str]
) -> None:
    box = put(service)
    with pytest.raises(ValidationError) as refused:
        put(service, account=box.account, secrets={}, **changes)
    assert set(refused.value.message_dict) == {"client_id", "refresh_token"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"token_url": "http://login.example.org/token"}, "token_url"),
        ({"token_url": "https://user@login.example.org/token"}, "token_url"),
        ({"token_url": "https:///token"}, "token_url"),
        ({"secrets": {"client_id": "client"}}, "refresh_token"),
        ({"sign_in": "password"}, "password"),
        ({"security": "none"}, "security"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(
    service: TokenServer, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        put(service, **changes)
    assert set(refused.value.message_dict) == {field}


def test_a_kept_token_is_asked_anew_when_it_is_about_to_end(box: Mailbox, service: TokenServer) -> None:
    soon = timezone.now() + timedelta(seconds=90)
    Mailbox.objects.update(sealed_token=seal({"token": "old", "ends_at": soon.isoformat()}))
    assert oauth.access_token(Mailbox.objects.get()) == "token 1"
