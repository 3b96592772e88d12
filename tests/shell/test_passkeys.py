"""Passkeys with a key made of code: what a phone or a security key would answer."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.urls import reverse
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

from campaign_crm.platform.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
HOST = "crm.example.org"


@pytest.fixture(autouse=True)
def with_host(settings) -> None:
    settings.PUBLIC_URL = f"https://{HOST}"


class Key:
    """A security key for one site; `verifies` whether it checks a finger or a PIN."""

    def __init__(self, *, origin: str = f"https://{HOST}", verifies: bool = True) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = b"key-of-a-test-00"
        self.origin, self.verifies = origin, verifies
        self.handle = b""

    def _data(self, *, attested: bool) -> bytes:
        flags = 0x01 | (0x04 if self.verifies else 0) | (0x40 if attested else 0)
        head = hashlib.sha256(HOST.encode()).digest() + bytes([flags]) + struct.pack(">I", 1)
        if not attested:
            return head
        cose = cbor.encode(dict(ES256.from_cryptography_key(self.private.public_key())))
        return head + bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, response: dict[str, str], **results: Any) -> str:
        name = websafe_encode(self.id)
        whole = {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": results}
        return json.dumps(whole | {"response": response})

    def create(self, options: dict[str, Any]) -> str:
        self.handle = websafe_decode(options["user"]["id"])
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(attested=True)}
        response = {
            "clientDataJSON": websafe_encode(self._client("webauthn.create", options["challenge"])),
            "attestationObject": websafe_encode(cbor.encode(attestation)),
        }
        return self._answer(response, credProps={"rk": True})

    def get(self, options: dict[str, Any]) -> str:
        client, data = self._client("webauthn.get", options["challenge"]), self._data(attested=False)
        signed = self.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signed),
            "userHandle": websafe_encode(self.handle),
        }
        return self._answer(response)


def data_of(page: Any) -> dict[str, Any]:
    return json.loads(json.dumps(page.context["js_data"], default=dict))


def add(client: Client, key: Key) -> Any:
    page = client.get(reverse("mfa_add_webauthn"), follow=True)
    if page.redirect_chain:
        page = client.post(page.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)
    options = data_of(page)["creation_options"]["publicKey"]
    assert options["rp"]["id"] == HOST
    form = {"name": "Phone", "passwordless": "on", "credential": key.create(options)}
    return client.post(reverse("mfa_add_webauthn"), form)


@pytest.fixture
def owner(client: Client, member: Callable[..., User]) -> User:
    user = member(email="camille@example.org", password=PASSWORD)
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    return user


def sign_in_alone(key: Key) -> Client:
    client = Client()
    url = reverse("mfa_login_webauthn")
    options = client.get(url, headers={"Accept": "application/json"}).json()["request_options"]["publicKey"]
    client.post(url, {"credential": key.get(options)})
    return client


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def test_a_passkey_signs_in_by_itself_and_is_both_steps(client: Client, owner: User, settings) -> None:
    settings.SECOND_STEP_REQUIRED = True
    key = Key()
    assert add(client, key).status_code == 302
    assert Authenticator.objects.filter(user=owner, type="webauthn").count() == 1
    assert is_in(client), "with it, an administrator has the second step"
    assert is_in(sign_in_alone(key))


def test_with_a_password_the_passkey_is_asked_for(client: Client, owner: User) -> None:
    key = Key()
    add(client, key)
    other = Client()
    answer = other.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert not is_in(other)
    options = data_of(other.get(answer["Location"]))["request_options"]["publicKey"]
    other.post(answer["Location"], {"credential": key.get(options)})
    other.post(reverse("mfa_trust"), {"action": "skip"})
    assert is_in(other)


def test_a_key_that_checks_nobody_does_not_sign_in_alone(client: Client, owner: User) -> None:
    key = Key()
    add(client, key)
    key.verifies = False
    assert not is_in(sign_in_alone(key))


def test_a_page_that_only_looks_like_ours_gets_nothing(client: Client, owner: User) -> None:
    key = Key()
    add(client, key)
    key.origin = "https://crm.example.org.evil.example"
    assert not is_in(sign_in_alone(key))


def test_another_key_opens_nobodys_account(client: Client, owner: User) -> None:
    key, forged = Key(), Key()
    add(client, key)
    forged.handle = key.handle
    assert not is_in(sign_in_alone(forged))


def test_an_answer_is_good_once(client: Client, owner: User) -> None:
    key = Key()
    add(client, key)
    first, url = Client(), reverse("mfa_login_webauthn")
    options = first.get(url, headers={"Accept": "application/json"}).json()["request_options"]["publicKey"]
    answer = key.get(options)
    first.post(url, {"credential": answer})
    first.post("/accounts/logout/")
    first.post(url, {"credential": answer})
    assert not is_in(first)


def test_a_closed_account_is_not_opened_by_its_key(client: Client, owner: User) -> None:
    key = Key()
    add(client, key)
    owner.is_active = False
    owner.save()
    assert not is_in(sign_in_alone(key))


def test_pages_of_passkeys_show(client: Client, owner: User) -> None:
    add(client, Key())
    pk = Authenticator.objects.get(type="webauthn").pk
    for name, arguments in [("list", []), ("edit", [pk]), ("remove", [pk])]:
        page = client.get(reverse(f"mfa_{name}_webauthn", args=arguments))
        assert (page.status_code, "Phone" in page.content.decode()) == (200, True)
    client.post(reverse("mfa_edit_webauthn", args=[pk]), {"name": "Ring"})
    assert Authenticator.objects.get(pk=pk).wrap().name == "Ring"
    client.post(reverse("mfa_remove_webauthn", args=[pk]))
    assert not Authenticator.objects.filter(type="webauthn").exists()


def test_they_are_not_offered_where_no_browser_would_take_them(client: Client, settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert "passkey" not in client.get("/accounts/login/").content.decode()
