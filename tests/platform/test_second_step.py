"""Secrets of the second step are sealed at rest, earlier ones too."""

from __future__ import annotations

from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.apps import apps
from django.test import override_settings

from campaign_crm.platform.crypto import SealBroken
from campaign_crm.platform.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user(email="camille@example.org", role="administrator")


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_neither_secret_nor_codes_stand_in_the_database(user: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).generate_codes()
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert [text for text in [secret, *codes] if text in kept] == []
    assert TOTP(Authenticator.objects.get(type="totp")).validate_code(code_of(secret))


def test_secrets_of_before_are_sealed_and_go_on_working(user: User) -> None:
    secret, seed = generate_totp_secret(), RecoveryCodes.generate_seed()
    Authenticator.objects.create(user=user, type="totp", data={"secret": secret})
    Authenticator.objects.create(user=user, type="recovery_codes", data={"seed": seed, "used_mask": 2})
    migration = import_module("campaign_crm.platform.migrations.0005_second_step_sealed")
    migration.seal_secrets(apps, None)
    app, codes = Authenticator.objects.get(type="totp"), Authenticator.objects.get(type="recovery_codes")
    assert secret not in str(app.data)
    assert seed not in str(codes.data)
    assert (TOTP(app).validate_code(code_of(secret)), len(codes.wrap().get_unused_codes())) == (True, 9)
    migration.open_secrets(apps, None)
    assert Authenticator.objects.get(type="totp").data == {"secret": secret}


def test_secret_of_another_installation_opens_nothing(user: User) -> None:
    app = TOTP.activate(user, generate_totp_secret())
    with override_settings(ENCRYPTION_KEYS=[b"k" * 32]), pytest.raises(SealBroken):
        app.validate_code("000000")
