"""The page of what comes back: an address to copy, secrets never shown again, mailboxes tried when saved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from campaign_crm.platform.crypto import unseal
from campaign_crm.platform.models import AuditEntry
from messaging.models import Mailbox, ProviderAccount
from messaging.webhooks.address import hook_path, hook_url
from tests.messaging.people import make_account
from tests.support.imap_server import ImapServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


def page(account: ProviderAccount) -> str:
    return reverse("messaging:provider_returns", args=[account.pk])


def save(client: Client, account: ProviderAccount, part: str, **data: object) -> int:
    url = reverse("messaging:provider_returns_save", args=[account.pk, part])
    status: int = client.post(url, data).status_code
    account.refresh_from_db()
    return status


def test_choosing_who_reports_makes_an_address_to_copy(administrator: Client) -> None:
    account = make_account()
    assert "data-copy" not in administrator.get(page(account)).content.decode()
    assert save(administrator, account, "hook", hook_kind="mailgun") == 302
    shown = administrator.get(page(account))
    assert f'data-copy="{hook_url(account)}"' in shown.content.decode()
    assert shown.context["is_proven"] is False
    save(administrator, account, "hook", hook_kind="mailgun", hook_signing_key="S3cret key")
    shown = administrator.get(page(account))
    assert shown.context["is_proven"] is True
    assert "S3cret" not in shown.content.decode()
    assert unseal(account.sealed_hook_secrets) == {"hook_signing_key": "S3cret key"}
    assert "S3cret" not in str(AuditEntry.objects.values_list("detail", "fields"))


def test_an_empty_secret_keeps_the_one_there_is_and_another_provider_does_not(administrator: Client) -> None:
    account = make_account()
    save(administrator, account, "hook", hook_kind="brevo")
    save(administrator, account, "hook", hook_kind="brevo", hook_password="long", hook_username="crm")
    save(administrator, account, "hook", hook_kind="brevo", hook_password="", hook_username="")
    assert (account.hook_settings, unseal(account.sealed_hook_secrets)) == ({}, {"hook_password": "long"})
    before = hook_path(account)
    save(administrator, account, "hook", hook_kind="mailjet")
    assert account.sealed_hook_secrets == ""
    assert hook_path(account) != before
    save(administrator, account, "hook", hook_kind="")
    assert (account.hook_kind, account.hook_secret) == ("", "")


def test_another_address_can_be_made(administrator: Client) -> None:
    account = make_account()
    save(administrator, account, "hook", hook_kind="ses")
    before = hook_path(account)
    save(administrator, account, "address")
    assert hook_path(account) != before


def test_a_providers_own_account_is_reported_on_by_it_alone(administrator: Client) -> None:
    account = make_account()
    ProviderAccount.objects.update(kind="brevo")
    assert save(administrator, account, "hook", hook_kind="mailgun") == 422
    assert save(administrator, account, "hook", hook_kind="brevo") == 302


@pytest.mark.parametrize(
    ("typed", "status", "kept"),
    [("Returns.Example.org", 302, "returns.example.org"), ("not a domain", 422, ""), ("", 302, "")],
)
def test_the_domain_of_returns_is_checked(administrator: Client, typed: str, status: int, kept: str) -> None:
    account = make_account()
    assert save(administrator, account, "domain", return_domain=typed) == status
    assert account.return_domain == kept


def mailbox_data(server: ImapServer, **changes: object) -> dict[str, object]:
    wanted = {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": "returns",
        "password": "S3cret words",
        "folder": "INBOX",
        "is_active": "on",
    }
    return wanted | changes


def test_a_mailbox_is_tried_when_saved_and_its_password_never_shown(
    administrator: Client, server: ImapServer
) -> None:
    account = make_account()
    url = reverse("messaging:provider_returns_save", args=[account.pk, "returns"])
    shown = administrator.post(url, mailbox_data(server), follow=True).content.decode()
    assert "The mailbox can be read." in shown
    assert "S3cret" not in shown
    shown = administrator.post(
        url, mailbox_data(server, password="", folder="None"), follow=True
    ).content.decode()
    assert "There is no such folder" in shown
    assert unseal(Mailbox.objects.get().sealed_credentials) == {"password": "S3cret words"}
    administrator.post(url, {"remove": "1"})
    assert not Mailbox.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"password": ""}, {"host": "imap.example.org"}, {"port": "0"}, {"username": ""}]
)
def test_a_mailbox_that_cannot_be_read_is_not_saved(
    administrator: Client, server: ImapServer, changes: dict[str, object]
) -> None:
    assert save(administrator, make_account(), "replies", **mailbox_data(server, **changes)) == 422
    assert not Mailbox.objects.exists()


def test_a_token_is_typed_on_the_page_and_never_shown(administrator: Client, server: ImapServer) -> None:
    account = make_account()
    secrets = {"client_id": "S3cret id", "client_secret": "S3cret word", "refresh_token": "S3cret token"}
    data = mailbox_data(server, sign_in="google", password="", **secrets)
    assert save(administrator, account, "replies", **data | {"refresh_token": ""}) == 422
    assert save(administrator, account, "replies", **data | {"token_url": "https://127.0.0.1:9/"}) == 302
    box = Mailbox.objects.get()
    assert (box.sign_in, unseal(box.sealed_credentials)) == ("google", secrets)
    shown = administrator.get(page(account)).content.decode()
    assert "The sign-in service cannot be reached" in shown
    assert "S3cret" not in shown
    assert "https://127.0.0.1:9/" in shown


def test_a_part_that_does_not_exist_is_not_found(administrator: Client, officer: Client) -> None:
    account = make_account()
    assert save(administrator, account, "nothing") == 404
    assert officer.get(page(account)).status_code == 403
