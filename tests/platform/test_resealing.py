"""A new key: everything sealed goes under it, and the old one may be taken away."""

from __future__ import annotations

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.db import connection

from campaign_crm.platform.crypto import seal, unseal
from campaign_crm.platform.models import User
from campaign_crm.platform.resealing import Resealed, also_reseals, reseal_everything, sealed_columns
from contacts.models import Contact, Note
from messaging.models import ProviderAccount

pytestmark = pytest.mark.django_db
OLD, NEW = b"a" * 32, b"b" * 32


def reseal() -> str:
    out = StringIO()
    call_command("reseal", stdout=out)
    return out.getvalue()


def test_provider_credentials_second_steps_and_notes_open_with_the_new_key_alone(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    user = User.objects.create_user(email="camille@example.org", role="administrator")
    account = ProviderAccount.objects.create(
        name="Way out", kind="smtp", sealed_credentials=seal({"password": "p4ss"})
    )
    Note.objects.create(contact=Contact.objects.create(), body="Calls on Mondays")
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    codes = RecoveryCodes.activate(user).generate_codes()

    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert "contacts_note.body: 1 sealed anew, 0 already" in reseal()
    settings.ENCRYPTION_KEYS = [NEW]
    account.refresh_from_db()
    assert unseal(account.sealed_credentials) == {"password": "p4ss"}
    assert Note.objects.get().body == "Calls on Mondays"
    assert Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes() == codes
    assert unseal(Authenticator.objects.get(type="totp").data["secret"]) == {"secret": secret}
    assert "contacts_note.body: 0 sealed anew, 1 already" in reseal()


def test_every_column_called_sealed_is_found() -> None:
    found = {f"{model._meta.db_table}.{column}" for model, column in sealed_columns()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name LIKE 'sealed%' AND data_type = 'text'"
        )
        kept = {row[0] for row in cursor.fetchall()}
    assert kept <= found
    assert "contacts_note.body" in found


def test_what_no_key_opens_is_named_and_left_as_it_is(settings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    lost = ProviderAccount.objects.create(name="Lost", kind="smtp", sealed_credentials=seal({"a": 1}))
    kept = lost.sealed_credentials
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match=f"sealed_credentials of row {lost.pk}"):
        reseal()
    lost.refresh_from_db()
    assert lost.sealed_credentials == kept


def test_a_place_that_is_no_column_is_sealed_anew_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaign_crm.platform.resealing._others", [])
    also_reseals(lambda: Resealed("files", anew=3))
    assert "files: 3 sealed anew, 0 already" in reseal()


def test_more_rows_than_a_batch_are_all_sealed_anew(settings, monkeypatch) -> None:
    monkeypatch.setattr("campaign_crm.platform.resealing.ROWS_AT_A_TIME", 2)
    settings.ENCRYPTION_KEYS = [OLD]
    contact = Contact.objects.create()
    Note.objects.bulk_create(Note(contact=contact, body=f"Note {n}") for n in range(5))
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    done = {one.place: one.anew for one in reseal_everything()}
    assert done["contacts_note.body"] == 5
