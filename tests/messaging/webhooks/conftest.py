"""An account that reports by itself, a mailing whose rows have left, and calls as providers make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from campaign_crm.platform.crypto import keyed_hash, seal
from campaign_crm.platform.database import ensure_partition
from messaging.content.marks import occasion_number
from messaging.content.return_keys import ReturnToken, sign_return
from messaging.enums import CampaignState
from messaging.models import Campaign, Delivery, ProviderAccount
from messaging.providers.ses import events as ses
from messaging.webhooks import receiving
from messaging.webhooks.address import hook_path, new_secret
from tests.messaging.people import make_account, make_campaign, make_people

TOPIC = "arn:aws:sns:eu-west-3:123456789012:ses-events"
CERTIFICATE_URL = "https://sns.eu-west-3.amazonaws.com/SimpleNotificationService-abc.pem"
SIGNING_KEY = "key-0123456789"
SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SNS_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(autouse=True)
def fresh_memory(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.VAR_DIR = tmp_path
    receiving._known.clear()
    ses.CERTIFICATES.forget()
    cache.clear()
    yield
    receiving._known.clear()
    ses.CERTIFICATES.forget()


@pytest.fixture
def hook(db: None) -> Callable[..., ProviderAccount]:
    """Make an account with webhooks: `hook("mailgun")`."""
    secrets = {
        "sendgrid": ({"hook_public_key": public_key()}, {}),
        "mailgun": ({}, {"hook_signing_key": SIGNING_KEY}),
        "brevo": ({}, {"hook_password": "long token"}),
        "mailjet": ({"hook_username": "crm"}, {"hook_password": "long word"}),
        "ses": ({"hook_topic": TOPIC}, {}),
    }

    def make(kind: str) -> ProviderAccount:
        account = make_account()
        plain, secret = secrets[kind]
        account.hook_kind, account.hook_secret = kind, new_secret()
        account.hook_settings, account.sealed_hook_secrets = plain, seal(secret) if secret else ""
        account.save()
        return account

    return make


@pytest.fixture
def mailing(db: None) -> Callable[..., Campaign]:
    """A mailing under way, one row in each of the states: `mailing("accepted", "unknown")`."""

    def make(*states: str, **fields: Any) -> Campaign:
        campaign = make_campaign(state=CampaignState.FREEZING, frozen_at=timezone.now(), **fields)
        Campaign.objects.filter(pk=campaign.pk).update(
            state="sending", audience_count=len(states), freeze_cursor=len(states)
        )
        campaign.refresh_from_db()
        ensure_partition("messaging_delivery", campaign.ledger_month.isoformat())
        for person, state in zip(make_people(len(states)), states, strict=True):
            add_row(campaign, person.pk, state)
        return campaign

    return make


def add_row(campaign: Campaign, contact: int, state: str, occasion: str = "") -> None:
    email = f"person{contact}@example.com"
    with connection.cursor() as found:
        found.execute(
            "SELECT address, address_hash FROM contacts_emailaddress WHERE contact_id = %s", [contact]
        )
        known = found.fetchone()
        address, digest = known if known else (email, keyed_hash("email", email))
        found.execute(
            "INSERT INTO messaging_delivery (ledger_month, campaign_id, contact_id, occasion, state, address,"
            " address_hash, handed_at, lease_until) VALUES (%s, %s, %s, %s, %s, %s, %s, now(), %s)",
            [
                *[campaign.ledger_month, campaign.pk, contact, occasion, state, address, digest],
                timezone.now() + timedelta(minutes=5) if state in ("claimed", "handed") else None,
            ],
        )


def rows(campaign: Campaign) -> list[Delivery]:
    return list(Delivery.objects.of_campaign(campaign).order_by("contact_id", "occasion"))


def states(campaign: Campaign) -> list[str]:
    return [row.state for row in rows(campaign)]


def key(row: Delivery) -> str:
    return sign_return(
        ReturnToken(row.ledger_month, row.campaign_id, row.contact_id, occasion_number(row.occasion))
    )


def public_key() -> str:
    der = SENDGRID_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def sendgrid_call(*reports: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    raw, timestamp = json.dumps(list(reports)).encode(), "1767225600"
    signature = SENDGRID_KEY.sign(timestamp.encode() + raw, ec.ECDSA(hashes.SHA256()))
    return raw, {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }


def mailgun_call(
    report: dict[str, Any], *, once: str = "once", at: datetime | None = None
) -> tuple[bytes, dict[str, str]]:
    timestamp = str(int((at or datetime.now(UTC)).timestamp()))
    signature = hmac.new(SIGNING_KEY.encode(), f"{timestamp}{once}".encode(), hashlib.sha256).hexdigest()
    body = {
        "signature": {"timestamp": timestamp, "token": once, "signature": signature},
        "event-data": report,
    }
    return json.dumps(body).encode(), {}


def brevo_call(report: dict[str, Any], *, bearer: str = "long token") -> tuple[bytes, dict[str, str]]:
    return json.dumps(report).encode(), {"Authorization": f"Bearer {bearer}"}


def mailjet_call(report: Any, *, word: str = "long word") -> tuple[bytes, dict[str, str]]:
    told = base64.b64encode(f"crm:{word}".encode()).decode()
    return json.dumps(report).encode(), {"Authorization": f"Basic {told}"}


def sns_call(message: Any, **changes: str) -> tuple[bytes, dict[str, str]]:
    """A signed envelope; `changes` are made before it is signed, `Signature` after."""
    told = message if isinstance(message, str) else json.dumps(message)
    envelope = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": told,
        "Timestamp": "2026-11-26T12:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
    } | changes
    signature = SNS_KEY.sign(ses._signed_text(envelope), padding.PKCS1v15(), hashes.SHA256())
    envelope["Signature"] = changes.get("Signature") or base64.b64encode(signature).decode()
    return json.dumps(envelope).encode(), {"x-amz-sns-message-type": envelope["Type"]}


def sns_certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(SNS_KEY.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(SNS_KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """SNS's own host as far as it is asked; the addresses it was asked for."""
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return sns_certificate()

    monkeypatch.setattr(ses, "fetch", fetch)
    return asked


def post(client: Any, account: ProviderAccount, call: tuple[bytes, dict[str, str]]) -> int:
    raw, headers = call
    answer = client.post(hook_path(account), raw, content_type="application/json", headers=headers)
    return int(answer.status_code)
