"""Keyed hashes and sealed values."""

import pytest

from campaign_crm.platform.crypto import SealBroken, keyed_hash, seal, unseal
from campaign_crm.platform.keys import new_key


def test_a_keyed_hash_depends_on_its_purpose_and_on_the_key(settings) -> None:
    value = keyed_hash("email", "lea@example.org")
    assert len(value) == 32
    assert value == keyed_hash("email", "lea@example.org")
    assert value != keyed_hash("phone", "lea@example.org")
    settings.HASH_KEY = b"x" * 32
    assert value != keyed_hash("email", "lea@example.org")


def test_a_sealed_value_opens_after_a_rotation_and_not_without_its_key(settings) -> None:
    old, new = b"a" * 32, b"b" * 32
    settings.ENCRYPTION_KEYS = [old]
    sealed = seal({"password": "secret"})
    assert "secret" not in sealed
    settings.ENCRYPTION_KEYS = [new, old]
    assert unseal(sealed) == {"password": "secret"}
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(SealBroken, match="ENCRYPTION_KEYS"):
        unseal(sealed)


def test_new_keys_differ() -> None:
    assert new_key() != new_key()
