"""Senders and ways out: made, changed, checked; a password is never shown again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaign_crm.platform.crypto import unseal
from messaging.models import ProviderAccount, SenderIdentity
from messaging.providers import registry
from tests.messaging.people import make_account, make_sender
from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db
NEW_ACCOUNT, NEW_SENDER = reverse("messaging:provider_new"), reverse("messaging:sender_new")
ACCOUNT = {
    "name": "Provider",
    "host": "smtp.example.org",
    "security": "starttls",
    "port": "",
    "username": "campaign",
    "password": "S3cret words",
    "is_active": "on",
}


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as running:
        yield running


def account_url(account: ProviderAccount) -> str:
    return reverse("messaging:provider", args=[account.pk])


def make(client: Client, **changes: str) -> ProviderAccount:
    client.post(NEW_ACCOUNT, ACCOUNT | changes)
    return ProviderAccount.objects.get(name=ACCOUNT["name"])


def test_account_keeps_its_password_sealed_and_never_shows_it(administrator: Client) -> None:
    account = make(administrator)
    assert account.settings == {"host": "smtp.example.org", "security": "starttls"}
    assert unseal(account.sealed_credentials) == {"username": "campaign", "password": "S3cret words"}
    assert "S3cret" not in account.sealed_credentials
    for page in (account_url(account), reverse("messaging:providers")):
        assert "S3cret" not in administrator.get(page).content.decode()
    assert administrator.get(account_url(account)).context["form"]["username"].value() == "campaign"


def test_empty_password_keeps_the_one_there_is(administrator: Client) -> None:
    account = make(administrator)
    administrator.post(account_url(account), ACCOUNT | {"password": "", "connections": "4"})
    account.refresh_from_db()
    assert account.settings["connections"] == 4
    assert unseal(account.sealed_credentials)["password"] == "S3cret words"


def test_another_server_asks_for_the_password_again(administrator: Client) -> None:
    account = make(administrator)
    answer = administrator.post(account_url(account), ACCOUNT | {"password": "", "port": "2525"})
    assert answer.status_code == 422
    assert "password" in answer.context["form"].errors


def test_another_user_name_asks_for_its_password(administrator: Client) -> None:
    account = make(administrator)
    answer = administrator.post(account_url(account), ACCOUNT | {"username": "other", "password": ""})
    assert answer.status_code == 422
    assert "password" in answer.context["form"].errors


KEYS = {
    "brevo": {"api_key": "xkeysib-1"},
    "ses": {"region": "eu-west-3", "access_key_id": "AKID", "secret_access_key": "key of Amazon"},
    "sendgrid": {"api_key": "SG.1", "region": "eu"},
    "mailjet": {"api_key": "public one", "secret_key": "secret one"},
    "mailgun": {"api_key": "key-1", "region": "eu", "domain": "mg.example.org"},
}


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_an_account_of_each_provider_is_made_from_its_form(administrator: Client, kind: str) -> None:
    url = f"{NEW_ACCOUNT}?kind={kind}"
    assert administrator.get(url).context["form"].fields.keys() > KEYS[kind].keys()
    answer = administrator.post(url, {"name": "Theirs", "is_active": "on", **KEYS[kind]})
    assert answer.status_code == 302
    account = ProviderAccount.objects.get()
    secrets = {name: value for name, value in KEYS[kind].items() if name not in ("region", "domain")}
    assert (account.kind, unseal(account.sealed_credentials)) == (kind, secrets)
    assert not any(value in str(account.settings) for value in secrets.values())
    for page in (account_url(account), reverse("messaging:providers")):
        shown = administrator.get(page).content.decode()
        assert account.get_kind_display() in shown or page == account_url(account)
        assert not any(value in shown for value in secrets.values())


def test_one_secret_of_two_can_be_changed_alone(administrator: Client) -> None:
    administrator.post(f"{NEW_ACCOUNT}?kind=mailjet", {"name": "M", "is_active": "on", **KEYS["mailjet"]})
    account = ProviderAccount.objects.get()
    administrator.post(account_url(account), {"name": "M", "is_active": "on", "secret_key": "another"})
    account.refresh_from_db()
    assert unseal(account.sealed_credentials) == {"api_key": "public one", "secret_key": "another"}


def test_every_kind_of_the_model_is_one_of_the_registry() -> None:
    assert set(ProviderAccount.Kind.values) == set(registry.names())
    for value, label in ProviderAccount.Kind.choices:
        assert str(registry.kind(value).label) == str(label)


def test_a_kind_that_does_not_exist_is_smtp(administrator: Client) -> None:
    assert "host" in administrator.get(f"{NEW_ACCOUNT}?kind=pigeon").context["form"].fields


def test_user_name_and_password_can_be_taken_away(administrator: Client) -> None:
    account = make(administrator)
    administrator.post(account_url(account), ACCOUNT | {"username": "", "password": ""})
    account.refresh_from_db()
    assert account.sealed_credentials == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "not a host"}, "host"),
        ({"port": "99999"}, "port"),
        ({"security": "none"}, "security"),
        ({"password": ""}, "password"),
        ({"name": ""}, "name"),
        ({"messages_per_second": "0"}, "messages_per_second"),
    ],
)
def test_setting_that_cannot_work_is_said_beside_it(
    administrator: Client, changes: dict[str, str], field: str
) -> None:
    answer = administrator.post(NEW_ACCOUNT, ACCOUNT | changes)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not ProviderAccount.objects.exists()


def test_name_of_another_account_is_said(administrator: Client) -> None:
    make(administrator)
    answer = administrator.post(NEW_ACCOUNT, ACCOUNT)
    assert (answer.status_code, ProviderAccount.objects.count()) == (422, 1)


def check(client: Client, account: ProviderAccount) -> str:
    shown: str = client.post(reverse("messaging:provider_check", args=[account.pk])).content.decode()
    return shown


def test_check_says_in_words_what_it_found(administrator: Client, sink: SmtpSink) -> None:
    shown = check(administrator, make_account(sink.port))
    assert "Connected and ready in" in shown
    assert "Not encrypted: the server is on this machine." in shown


def test_check_of_a_server_that_is_away_says_so(administrator: Client) -> None:
    assert 'class="bad"' in check(administrator, make_account(9))


def sender_data(account: ProviderAccount, **changes: Any) -> dict[str, Any]:
    wanted = {
        "from_name": "Claude Durand",
        "address": "claude@example.org",
        "reply_to": "answers@example.org",
        "provider_account": account.pk,
        "is_active": "on",
    }
    return wanted | changes


def test_sender_is_made_and_changed_but_keeps_its_address(administrator: Client) -> None:
    account = make_account()
    administrator.post(NEW_SENDER, sender_data(account))
    sender = SenderIdentity.objects.get()
    assert (sender.from_name, sender.address, sender.territory) == (
        "Claude Durand",
        "claude@example.org",
        None,
    )
    changed = sender_data(account, from_name="Camille Martin", address="other@example.org", is_active="")
    administrator.post(reverse("messaging:sender", args=[sender.pk]), changed)
    sender.refresh_from_db()
    assert (sender.from_name, sender.address, sender.is_active) == (
        "Camille Martin",
        "claude@example.org",
        False,
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"address": "nobody"}, "address"), ({"from_name": ""}, "from_name"), ({"reply_to": "x"}, "reply_to")],
)
def test_sender_that_cannot_be_is_said(administrator: Client, changes: dict[str, str], field: str) -> None:
    answer = administrator.post(NEW_SENDER, sender_data(make_account(), **changes))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_sender_that_exists_is_said(administrator: Client) -> None:
    account = make_account()
    administrator.post(NEW_SENDER, sender_data(account))
    answer = administrator.post(NEW_SENDER, sender_data(account))
    assert "This sender exists already." in answer.content.decode()


def test_sender_needs_a_way_out_first(administrator: Client) -> None:
    assert administrator.get(NEW_SENDER)["Location"] == NEW_ACCOUNT


def test_officer_sees_senders_and_changes_none(officer: Client) -> None:
    sender = make_sender(make_account())
    shown = officer.get(reverse("messaging:senders")).content.decode()
    assert sender.from_name in shown
    assert NEW_SENDER not in shown
    for url in (NEW_SENDER, NEW_ACCOUNT, reverse("messaging:sender", args=[sender.pk])):
        assert officer.post(url, {}).status_code == 403


def test_lists_cost_the_same_queries_with_one_and_with_three(administrator: Client) -> None:
    for page in ("messaging:senders", "messaging:providers"):
        administrator.get(reverse(page))
        make_sender(make_account())
        with CaptureQueriesContext(connection) as one:
            administrator.get(reverse(page))
        make_sender(make_account())
        make_sender(make_account())
        with CaptureQueriesContext(connection) as three:
            administrator.get(reverse(page))
        assert len(one) == len(three), page


def test_check_with_an_address_sends_a_message(administrator: Client, sink: SmtpSink) -> None:
    account = make_account(sink.port)
    make_sender(account)
    address = reverse("messaging:provider_check", args=[account.pk])
    shown = administrator.post(address, {"address": "me@example.com"}).content.decode()
    assert "The test message was taken" in shown
    assert [row.recipient for row in sink.received()] == ["me@example.com"]
    assert 'class="bad"' in administrator.post(address, {"address": "nobody"}).content.decode()


def test_signing_and_addresses_are_set_in_the_form(administrator: Client) -> None:
    sources = "192.0.2.1 mail1.example.org bulk\r\n192.0.2.2 mail2.example.org"
    account = make(administrator, sign="on", sources=sources)
    assert (account.settings["sign"], account.signs_here) == (True, True)
    assert account.settings["sources"].splitlines()[1] == "192.0.2.2 mail2.example.org"
    assert administrator.get(account_url(account)).context["form"]["sign"].value() is True
    answer = administrator.post(account_url(account), ACCOUNT | {"sources": "192.0.2.1"})
    assert list(answer.context["form"].errors) == ["sources"]
    administrator.post(account_url(account), ACCOUNT | {"sources": ""})
    account.refresh_from_db()
    assert ("sign" in account.settings, "sources" in account.settings) == (False, False)
