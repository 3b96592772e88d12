"""A provider's call: proven, kept once, answered; also while the database is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from django.db import InternalError, connection
from django.test import Client

from messaging.models import ProviderAccount, ProviderEvent
from messaging.providers.hooks import CannotVerifyYet
from messaging.providers.ses import events as ses
from messaging.webhooks import receiving
from messaging.webhooks.address import hook_path, hook_url, new_secret
from messaging.webhooks.middleware import LARGEST_BODY
from tests.messaging.webhooks.conftest import (
    CERTIFICATE_URL,
    TOPIC,
    brevo_call,
    mailgun_call,
    mailjet_call,
    post,
    sendgrid_call,
    sns_call,
)

pytestmark = pytest.mark.django_db(transaction=True)
Hook = Callable[[str], ProviderAccount]
REPORT = {"event": "delivered", "email": "a@example.com"}
CALLS = {
    "sendgrid": lambda: sendgrid_call(REPORT),
    "mailgun": lambda: mailgun_call(REPORT),
    "brevo": lambda: brevo_call(REPORT),
    "mailjet": lambda: mailjet_call({"event": "sent"}),
    "ses": lambda: sns_call({"eventType": "Send", "mail": {}}),
}


@pytest.mark.parametrize("kind", CALLS)
def test_a_proven_call_is_kept_once(kind: str, hook: Hook, client: Client, sns: list[str]) -> None:
    account, call = hook(kind), CALLS[kind]()
    assert [post(client, account, call) for _time in range(3)] == [200, 200, 200]
    kept = ProviderEvent.objects.get()
    assert (kept.account_id, kept.form, bytes(kept.body), kept.state) == (
        account.pk,
        kind,
        call[0],
        "waiting",
    )


@pytest.mark.parametrize("kind", ["sendgrid", "ses"])
def test_a_changed_body_is_refused(kind: str, hook: Hook, client: Client, sns: list[str]) -> None:
    raw, headers = CALLS[kind]()
    account = hook(kind)
    assert (
        post(client, account, (raw.replace(b"a@example", b"b@example").replace(b"Send", b"Open"), headers))
        == 403
    )
    assert not ProviderEvent.objects.exists()
    assert receiving.last_refusal(account.pk) is not None


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        ("sendgrid", lambda: (b"[]", {})),
        ("sendgrid", lambda: (b"[]", {"X-Twilio-Email-Event-Webhook-Signature": "no base 64!"})),
        ("mailgun", lambda: (b"not json", {})),
        ("mailgun", lambda: (json.dumps({"signature": {}, "event-data": REPORT}).encode(), {})),
        ("mailgun", lambda: mailgun_call(REPORT, at=datetime.now(UTC) - timedelta(hours=25))),
        ("mailgun", lambda: mailgun_call(REPORT, at=datetime.now(UTC) + timedelta(hours=1))),
        ("brevo", lambda: brevo_call(REPORT, bearer="other")),
        ("brevo", lambda: (b"{}", {})),
        ("mailjet", lambda: mailjet_call(REPORT, word="other")),
        ("mailjet", lambda: (b"{}", {"Authorization": "Bearer long word"})),
        ("ses", lambda: (b"{}", {})),
        ("ses", lambda: sns_call({}, TopicArn=TOPIC + "x")),
        ("ses", lambda: sns_call({}, SignatureVersion="1")),
        ("ses", lambda: sns_call({}, SigningCertURL="https://sns.eu-west-3.amazonaws.com.example.org/a.pem")),
        ("ses", lambda: sns_call({}, SigningCertURL="http://sns.eu-west-3.amazonaws.com/a.pem")),
        ("ses", lambda: sns_call({}, SigningCertURL="https://sns.eu-west-3.amazonaws.com:8443/a.pem")),
        ("ses", lambda: sns_call({}, SigningCertURL="https://sns.eu-west-1.amazonaws.com/a.pem")),
        ("ses", lambda: sns_call({}, SigningCertURL="https://x@sns.eu-west-3.amazonaws.com/a.pem")),
        ("ses", lambda: sns_call({}, Signature="bm90IGl0")),
    ],
)
def test_a_forged_call_is_refused_and_keeps_nothing(
    kind: str, call: Callable[[], Any], hook: Hook, client: Client, sns: list[str]
) -> None:
    assert post(client, hook(kind), call()) == 403
    assert not ProviderEvent.objects.exists()
    assert all(url == CERTIFICATE_URL for url in sns)


def test_the_signature_of_one_call_proves_no_other(hook: Hook, client: Client) -> None:
    """Mailgun signs a token, not the event beside it."""
    account, seen = hook("mailgun"), mailgun_call(REPORT)
    assert post(client, account, seen) == 200
    forged = json.loads(seen[0]) | {"event-data": {"event": "complained"}}
    assert post(client, account, (json.dumps(forged).encode(), {})) == 403
    assert ProviderEvent.objects.count() == 1


def test_another_address_makes_the_old_one_worthless(hook: Hook, client: Client) -> None:
    account = hook("brevo")
    old = hook_path(account)
    account.hook_secret = new_secret()
    account.save()
    raw, headers = brevo_call(REPORT)
    assert client.post(old, raw, content_type="application/json", headers=headers).status_code == 404
    assert client.post("/hooks/guessed/", raw, content_type="application/json").status_code == 404
    assert post(client, account, brevo_call(REPORT)) == 200
    assert client.get(hook_path(account)).status_code == 405


def test_a_body_beyond_the_limit_is_not_read(hook: Hook, client: Client) -> None:
    assert post(client, hook("brevo"), (b" " * (LARGEST_BODY + 1), {})) == 413


def test_a_subscription_is_confirmed_for_the_configured_topic_only(
    hook: Hook, client: Client, sns: list[str]
) -> None:
    account, asks = hook("ses"), {"Type": "SubscriptionConfirmation", "Token": "t"}
    url = f"https://sns.eu-west-3.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t"
    elsewhere = url.replace("sns.eu-west-3.amazonaws.com", "example.org")
    other_topic = url.replace("ses-events", "others")
    for wrong in (elsewhere, other_topic, url.replace("ConfirmSubscription", "Unsubscribe")):
        assert post(client, account, sns_call("", **asks, SubscribeURL=wrong)) == 403
    assert post(client, account, sns_call("", **asks, SubscribeURL=url)) == 200
    assert sns == [CERTIFICATE_URL, url]


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The database is away until `undo`."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    return monkeypatch


@pytest.mark.parametrize("kind", CALLS)
def test_without_the_database_a_call_waits_on_disk_and_is_kept_once(
    kind: str, hook: Hook, client: Client, sns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, call = hook(kind), CALLS[kind]()
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        assert [post(client, account, call) for _time in range(2)] == [200, 200]
    assert receiving.drain_spool() == 2
    assert receiving.drain_spool() == 0
    assert bytes(ProviderEvent.objects.get().body) == call[0]


def test_what_is_kept_on_disk_comes_back_in_its_order(
    hook: Hook, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = hook("brevo")
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        for number in range(5):
            assert post(client, account, brevo_call({"event": "request", "number": number})) == 200
    receiving.drain_spool(batch=2)
    kept = [json.loads(bytes(event.body))["number"] for event in ProviderEvent.objects.waiting()]
    assert kept == [0, 1, 2, 3, 4]


def test_a_forged_call_is_not_even_kept_on_disk_by_who_knows_the_account(
    hook: Hook, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = hook("brevo")
    assert post(client, account, brevo_call(REPORT)) == 200
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        assert post(client, account, brevo_call(REPORT, bearer="other")) == 403
        receiving._known.clear()
        assert post(client, account, brevo_call(REPORT, bearer="other")) == 200
    assert receiving.drain_spool() == 1
    assert ProviderEvent.objects.count() == 1, "what was kept unproven is refused when it can be judged"


@pytest.mark.parametrize(("kind", "status"), [("brevo", 429), ("mailjet", 503), ("sendgrid", 503)])
def test_kept_nowhere_the_provider_is_asked_to_come_back(
    kind: str, status: int, hook: Hook, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = hook(kind)

    def full(_fields: object) -> None:
        raise OSError(28, "No space left on device")

    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", "/nowhere")
        patch.setattr(receiving.SPOOL, "keep", full)
        raw, headers = CALLS[kind]()
        answer = client.post(hook_path(account), raw, content_type="application/json", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (status, "60")


@pytest.mark.parametrize(("kind", "status"), [("brevo", 429), ("mailgun", 503), ("ses", 503)])
def test_before_its_secret_is_typed_the_provider_is_asked_to_come_back(
    kind: str, status: int, hook: Hook, client: Client, sns: list[str]
) -> None:
    account = hook(kind)
    ProviderAccount.objects.update(hook_settings={}, sealed_hook_secrets="")
    raw, headers = CALLS[kind]()
    answer = client.post(hook_path(account), raw, content_type="application/json", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (status, "60")
    assert not ProviderEvent.objects.exists()


def test_a_database_that_takes_no_writes_is_one_that_is_away(
    hook: Hook, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = hook("brevo")

    def read_only(*_arguments: object, **_options: object) -> None:
        raise InternalError("cannot execute INSERT in a read-only transaction")

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "keep", read_only)
        assert post(client, account, CALLS["brevo"]()) == 200
    assert not ProviderEvent.objects.exists()
    assert (receiving.drain_spool(), ProviderEvent.objects.count()) == (1, 1)


def test_a_call_whose_certificate_cannot_be_had_waits_for_it(
    hook: Hook, client: Client, sns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account, call = hook("ses"), CALLS["ses"]()
    with monkeypatch.context() as patch:

        def silent(_url: str) -> bytes:
            raise CannotVerifyYet("no answer")

        patch.setattr(ses, "fetch", silent)
        assert post(client, account, call) == 200
        receiving.drain_spool()
        assert not ProviderEvent.objects.exists()
    receiving.drain_spool()
    assert ProviderEvent.objects.count() == 1


def test_over_real_http(hook: Hook, live_server: Any, settings: Any) -> None:
    settings.PUBLIC_URL = live_server.url
    account = hook("sendgrid")
    raw, headers = sendgrid_call(REPORT)
    sent = headers | {"Content-Type": "application/json"}
    answer = requests.post(hook_url(account), data=raw, headers=sent, timeout=10)
    assert answer.status_code == 200
    assert bytes(ProviderEvent.objects.get().body) == raw
