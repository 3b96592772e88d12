"""Webhooks are made, tried and ended by administrators; a secret is shown once, acts are in the journal."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client

from campaign_crm.platform.models import AuditEntry, Webhook, WebhookDelivery
from campaign_crm.platform.webhooks.events import WebhookEvent

pytestmark = pytest.mark.django_db
LIST, NEW = "/settings/webhooks/", "/settings/webhooks/new/"
SignedIn = Callable[..., Client]


def asked(**other: object) -> dict[str, object]:
    return {"name": "Website", "url": "https://www.example.org/hook", "events": [WebhookEvent.CAMPAIGN_SENT],
            "is_active": "on"} | other  # fmt: skip


def test_webhook_is_made_tried_changed_and_ended(signed_in: SignedIn) -> None:
    client = signed_in()
    made = client.post(NEW, asked())
    secret, hook = made.context["secret"], Webhook.objects.get()
    assert (secret, "no-store" in made["Cache-Control"]) == (hook.secret, True)
    page = f"{LIST}{hook.pk}/"
    assert secret not in client.get(page).content.decode()
    client.post(f"{page}act/", {"act": "test"})
    tried = WebhookDelivery.objects.get()
    assert (tried.event, "A try" in client.get(page).content.decode()) == ("test", True)
    WebhookDelivery.objects.update(state="failed")
    client.post(f"{page}act/", {"act": "replay", "delivery": tried.pk})
    assert WebhookDelivery.objects.filter(uid=tried.uid).count() == 2
    other = client.post(f"{page}act/", {"act": "rotate"}).context["secret"]
    assert other != secret
    assert client.post(f"{page}edit/", asked(name="Other", is_active="")).status_code == 302
    client.post(f"{page}act/", {"act": "test"})
    assert WebhookDelivery.objects.count() == 2, "one that is not active is told nothing"
    assert "Other" in client.get(LIST).content.decode()
    client.post(f"{page}act/", {"act": "delete"})
    assert not Webhook.objects.exists()
    acts = AuditEntry.objects.filter(object_type="platform.webhook").order_by("pk")
    told = ["create", "replay", "replay", "rotate", "update", "delete"]
    assert [entry.action.removeprefix("webhook.") for entry in acts] == told
    assert "whsec" not in str(list(acts.values()))


@pytest.mark.parametrize("url", ["http://www.example.org/", "https://user:secret@example.org/", "ftp://a.b/"])
def test_address_without_encryption_or_with_a_password_is_refused(
    signed_in: SignedIn, settings: Any, url: str
) -> None:
    settings.PRIVATE_NETWORKS = []
    assert signed_in().post(NEW, asked(url=url)).context["form"].errors
    assert not Webhook.objects.exists()


def test_plain_http_is_for_private_networks_that_the_settings_name(
    signed_in: SignedIn, settings: Any
) -> None:
    settings.PRIVATE_NETWORKS = [ip_network("10.0.0.0/8")]
    assert "secret" in signed_in().post(NEW, asked(url="http://10.1.2.3/hook")).context
